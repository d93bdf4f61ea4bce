#include "keep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "jsonwrite.h"
#include "safefile.h"
#include "secret.h"
#include "strictjson.h"
#include "token.h"

#define KEPT_MAX (4 * PJWT_TOKEN_MAX)
#define PREFIX   "kept-"

static bool is_ours(const char *path)
{
        struct stat st;

        return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
               (st.st_mode & 022) == 0;
}

/*
 * The directory that pamjwt-askpass also uses. XDG_RUNTIME_DIR must belong to the user: after `sudo -s` it
 * may be that of another user.
 */
static bool find_dir(char *out, size_t size)
{
        const char *runtime = getenv("XDG_RUNTIME_DIR");
        int n;

        if (!runtime || runtime[0] != '/' || !is_ours(runtime))
                return false;
        n = snprintf(out, size, "%s/pamjwt", runtime);
        if (n < 0 || n >= (int)size - 128)
                return false;
        (void)mkdir(out, 0700);
        return is_ours(out);
}

static bool make_name(const char *const *words, char *out, size_t size)
{
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        unsigned char digest[32];
        bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
        int n = snprintf(out, size, "%s", PREFIX);

        for (; good && *words; words++)
                good = EVP_DigestUpdate(md, *words, strlen(*words) + 1) == 1;
        good = good && EVP_DigestFinal_ex(md, digest, NULL) == 1;
        EVP_MD_CTX_free(md);
        for (size_t i = 0; good && i < 16; i++)
                n += snprintf(out + n, size - (size_t)n, "%02x", digest[i]);
        return good;
}

void keep_open(const char *const *words, struct keep *ret)
{
        struct keep keep = {.lock = -1};
        char path[sizeof(keep.dir) + sizeof(keep.name) + 8];

        if (!find_dir(keep.dir, sizeof(keep.dir)) || !make_name(words, keep.name, sizeof(keep.name)))
                keep.dir[0] = '\0';
        if (keep.dir[0]) {
                (void)snprintf(path, sizeof(path), "%s/%s.lock", keep.dir, keep.name);
                keep.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
        }
        if (keep.lock >= 0)
                (void)flock(keep.lock, LOCK_EX);
        *ret = keep;
}

void keep_close(struct keep *keep)
{
        if (keep->lock >= 0)
                close(keep->lock);
        keep->lock = -1;
}

static void take(struct json_object *o, int64_t now, struct kept *ret)
{
        const char *access = pjwt_json_string(pjwt_json_member(o, "access_token"), NULL);
        const char *refresh = pjwt_json_string(pjwt_json_member(o, "refresh_token"), NULL);
        int64_t exp = 0;

        if (refresh)
                ret->refresh_token = pjwt_secret_dup(refresh, strlen(refresh));
        if (!access || !pjwt_json_numericdate(pjwt_json_member(o, "exp"), &exp, NULL) ||
            exp - KEEP_MARGIN <= now)
                return;
        ret->access_token = pjwt_secret_dup(access, strlen(access));
        ret->exp = exp;
}

void keep_read(const struct keep *keep, int64_t now, struct kept *ret)
{
        char path[sizeof(keep->dir) + sizeof(keep->name)];
        struct json_object *o = NULL;
        char *text = NULL;
        size_t len = 0;

        *ret = (struct kept){0};
        if (!keep->dir[0])
                return;
        (void)snprintf(path, sizeof(path), "%s/%s", keep->dir, keep->name);
        if (pjwt_file_read(path, PJWT_FILE_SECRET, KEPT_MAX, &text, &len, NULL, NULL) != PJWT_OK)
                return;
        if (pjwt_json_parse_object(text, len, "kept", &o, NULL) == PJWT_OK)
                take(o, now, ret);
        json_object_put(o);
        pjwt_wipe_free(text, len + 1);
}

enum pjwt_reason keep_write(const struct keep *keep, const struct kept *kept, struct pjwt_error *reterr)
{
        struct json_object *o;
        const char *text = NULL;
        enum pjwt_reason r;

        if (!keep->dir[0])
                return PJWT_OK;
        o = json_object_new_object();
        if (pjwt_json_add(o, "exp", json_object_new_int64(kept->exp)) &&
            pjwt_json_add_string(o, "access_token", kept->access_token) &&
            pjwt_json_add_string(o, "refresh_token", kept->refresh_token))
                text = pjwt_json_text(o);
        r = text ? pjwt_file_replace(keep->dir, keep->name, text, strlen(text), 0600, reterr)
                 : pjwt_fail_memory(reterr);
        json_object_put(o);
        return r;
}

int keep_forget_all(void)
{
        char path[4096];
        struct dirent *entry;
        DIR *dir = find_dir(path, sizeof(path)) ? opendir(path) : NULL;
        int count = 0;

        if (!dir)
                return -1;
        while ((entry = readdir(dir)) != NULL)
                if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
                    unlinkat(dirfd(dir), entry->d_name, 0) == 0)
                        count += strchr(entry->d_name, '.') == NULL;
        closedir(dir);
        return count;
}

void kept_clear(struct kept *kept)
{
        pjwt_wipe_free_str(kept->access_token);
        pjwt_wipe_free_str(kept->refresh_token);
        *kept = (struct kept){0};
}
