#include "replay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "b64url.h"

#define SWEEP_EVERY 60   /* seconds between two looks at the whole folder */
#define KEEP        3600 /* seconds that a record outlives its token, for a clock that is set back */
#define SWEPT       ".swept"

/* Field 22 of /proc/1/stat, in clock ticks since the boot. Field 2 is in brackets and may hold anything. */
static bool first_process_start(double *ret)
{
        char text[1024];
        FILE *f = fopen("/proc/1/stat", "re");
        size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
        char *p, *end = NULL;
        unsigned long long ticks = 0;

        if (f)
                (void)fclose(f);
        text[len] = '\0';
        p = strrchr(text, ')');
        for (int field = 2; p && field < 22; field++)
                p = strchr(p + 1, ' ');
        if (p)
                ticks = strtoull(p, &end, 10);
        if (!end || end == p || sysconf(_SC_CLK_TCK) <= 0)
                return false;
        *ret = (double)ticks / (double)sysconf(_SC_CLK_TCK);
        return true;
}

int64_t pjwt_replay_boot(int64_t now)
{
        struct timespec up;
        double start = 0;

        if (clock_gettime(CLOCK_BOOTTIME, &up) != 0 || !first_process_start(&start))
                return 0;
        return now - up.tv_sec + (int64_t)start;
}

static bool digest(EVP_MD_CTX *ctx, const EVP_MD *md, const char *const *pieces, const size_t *lens,
                   size_t count, unsigned char out[32])
{
        unsigned len = 0;
        bool ok = EVP_DigestInit_ex(ctx, md, NULL) == 1;

        for (size_t i = 0; ok && i < count; i++)
                ok = EVP_DigestUpdate(ctx, pieces[i], lens[i]) == 1;
        return ok && EVP_DigestFinal_ex(ctx, out, &len) == 1 && len == 32;
}

/* No piece holds a NUL and the last one stands alone, so different inputs are different bytes. */
enum pjwt_reason pjwt_replay_name(OSSL_LIB_CTX *libctx, const char *issuer, const struct pjwt_token *token,
                                  char ret[PJWT_REPLAY_NAME], struct pjwt_error *reterr)
{
        size_t jti_len = 0;
        const char *jti = pjwt_token_claim(token, "jti", &jti_len);
        bool by_jti = jti && jti_len > 0;
        const char *const pieces[] = {by_jti ? "jti" : "input", issuer, by_jti ? jti : token->text};
        const size_t lens[] = {strlen(pieces[0]) + 1, strlen(issuer) + 1,
                               by_jti ? jti_len : token->signing_input_len};
        EVP_MD *md = EVP_MD_fetch(libctx, "SHA256", NULL);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char out[32];
        bool ok = md && ctx && digest(ctx, md, pieces, lens, 3, out);

        EVP_MD_CTX_free(ctx);
        EVP_MD_free(md);
        if (!ok)
                return pjwt_fail(reterr, PJWT_CRYPTO, "SHA-256 of the token's id failed");
        pjwt_b64url_encode(out, sizeof(out), ret);
        return PJWT_OK;
}

static enum pjwt_reason no_store(const char *folder, const char *why, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_NO_STORE, "%.200s: %s", folder, why);
}

/*
 * Opens a folder of ours below `at`, made first where `make` says so; asked by its descriptor, not by its
 * name.
 */
static int open_folder(int at, const char *name, mode_t mode, bool make, const char **why)
{
        struct stat st;
        bool made = make && mkdirat(at, name, mode) == 0;
        int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        *why = NULL;
        if (fd < 0 || fstat(fd, &st) != 0 ||
            (made && fchmod(fd, mode) != 0)) /* the caller's umask means nothing here */
                *why = errno == ENOENT ? "" : strerror(errno);
        else if (st.st_uid != geteuid())
                *why = "the folder belongs to somebody else";
        else if (!made && (st.st_mode & (S_IWGRP | S_IWOTH)))
                *why = "the folder can be written by others";
        if (*why && fd >= 0) {
                (void)close(fd);
                fd = -1;
        }
        return fd;
}

/* The folder of records, or -1; then *why is "" when it is not there. */
static int open_store(const struct pjwt_replay *replay, const char **why)
{
        bool make = !replay->look_only;
        int run = open_folder(AT_FDCWD, replay->run_dir, 0755, make, why);
        int used = run >= 0 ? open_folder(run, "used", 0700, make, why) : -1;

        if (run >= 0)
                (void)close(run);
        return used;
}

/*
 * One system call, so that of any number of processes one succeeds, and the record is whole from the first
 * moment.
 */
static int create(int folder, const char *name, int64_t until)
{
        char target[32];

        (void)snprintf(target, sizeof(target), "%" PRId64, until);
        return symlinkat(target, folder, name) == 0 ? 0 : errno;
}

/* The moment in a record; false when there is none. */
static bool read_record(int folder, const char *name, int64_t *ret)
{
        char target[32];
        ssize_t len = readlinkat(folder, name, target, sizeof(target) - 1);

        if (len < 0)
                return false;
        target[len] = '\0';
        *ret = strtoll(target, NULL, 10);
        return true;
}

static void sweep_folder(int folder, int64_t now)
{
        int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
        struct dirent *entry;
        int64_t until;

        if (!dir && copy >= 0)
                (void)close(copy);
        while (dir && (entry = readdir(dir)))
                if (read_record(folder, entry->d_name, &until) && until < now - KEEP)
                        (void)unlinkat(folder, entry->d_name, 0);
        if (dir)
                (void)closedir(dir);
}

/* At most once a minute, so that a busy host does not look at every record at every login. */
static void sweep(int folder, int64_t now)
{
        int64_t swept;

        if (read_record(folder, SWEPT, &swept)) {
                if (swept <= now && now - swept < SWEEP_EVERY)
                        return;
                (void)unlinkat(folder, SWEPT, 0);
        }
        if (create(folder, SWEPT, now) == 0)
                sweep_folder(folder, now);
}

static enum pjwt_reason look(int folder, const char *name, struct pjwt_error *reterr)
{
        int64_t until;

        return read_record(folder, name, &until)
                       ? pjwt_fail(reterr, PJWT_REPLAYED, "the token was used before on this host")
                       : PJWT_OK;
}

static enum pjwt_reason record(int folder, const char *run_dir, const char *name, int64_t until, int64_t now,
                               struct pjwt_error *reterr)
{
        int failed;

        sweep(folder, now);
        failed = create(folder, name, until);
        if (failed == EEXIST)
                return pjwt_fail(reterr, PJWT_REPLAYED, "the token was used before on this host");
        return failed == 0 ? PJWT_OK : no_store(run_dir, strerror(failed), reterr);
}

static enum pjwt_reason look_or_record(const struct pjwt_replay *replay, const char *name, int64_t until,
                                       int64_t now, struct pjwt_error *reterr)
{
        const char *why = NULL;
        enum pjwt_reason reason;
        int folder = open_store(replay, &why);

        if (folder < 0)
                return replay->look_only && why[0] == '\0'
                               ? PJWT_OK
                               : no_store(replay->run_dir, why[0] ? why : "not there", reterr);
        reason = replay->look_only ? look(folder, name, reterr)
                                   : record(folder, replay->run_dir, name, until, now, reterr);
        (void)close(folder);
        return reason;
}

enum pjwt_reason pjwt_replay_use(const struct pjwt_replay *replay, const char *name, int64_t issued,
                                 int64_t until, int64_t leeway, int64_t now, struct pjwt_error *reterr)
{
        if (!replay->run_dir)
                return pjwt_fail(reterr, PJWT_NO_STORE, "the caller has no folder for what was used");
        if (replay->boot == 0)
                return pjwt_fail(reterr, PJWT_NO_STORE, "/proc does not say when this system started");
        if (issued == 0)
                return pjwt_fail(reterr, PJWT_CLAIM_MISSING, "the token has no iat, which one_use needs");
        /* REV-12: what was recorded before the boot is gone, so such a token may have been used. */
        if (issued - leeway < replay->boot)
                return pjwt_fail(reterr, PJWT_REPLAYED,
                                 "iat %" PRId64 " is not after the start of this system, %" PRId64, issued,
                                 replay->boot);
        return look_or_record(replay, name, until, now, reterr);
}
