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

#define SWEEP_EVERY 60   /* seconds between two sweeps */
#define KEEP        3600 /* seconds to keep a record after expiry, in case the clock is set back */
#define SWEPT       ".swept"

static bool digest(EVP_MD_CTX *ctx, const EVP_MD *md, const char *const *pieces, const size_t *lens,
                   size_t count, unsigned char out[32])
{
        unsigned len = 0;
        bool ok = EVP_DigestInit_ex(ctx, md, NULL) == 1;

        for (size_t i = 0; ok && i < count; i++)
                ok = EVP_DigestUpdate(ctx, pieces[i], lens[i]) == 1;
        return ok && EVP_DigestFinal_ex(ctx, out, &len) == 1 && len == 32;
}

/* The pieces contain no NUL and the last one is separate, so different inputs result in different bytes. */
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
                return pjwt_fail(reterr, PJWT_CRYPTO, "computing SHA-256 of the token's id failed");
        pjwt_b64url_encode(out, sizeof(out), ret);
        return PJWT_OK;
}

static enum pjwt_reason no_store(const char *dir, const char *why, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_NO_STORE, "%.200s: %s", dir, why);
}

/*
 * Opens one of our directories below `at`, and creates it first if `make` is set; checked through its
 * descriptor, not its name.
 */
static int open_dir(int at, const char *name, mode_t mode, bool make, const char **why)
{
        struct stat st;
        bool made = make && mkdirat(at, name, mode) == 0;
        int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        *why = NULL;
        if (fd < 0 || fstat(fd, &st) != 0 ||
            (made && fchmod(fd, mode) != 0)) /* the caller's umask has no effect */
                *why = errno == ENOENT ? "" : strerror(errno);
        else if (st.st_uid != geteuid())
                *why = "the directory is owned by another user";
        else if (!made && (st.st_mode & (S_IWGRP | S_IWOTH)))
                *why = "the directory is writable by other users";
        if (*why && fd >= 0) {
                (void)close(fd);
                fd = -1;
        }
        return fd;
}

/* The directory of records, or -1; *why is then "" if it does not exist. */
static int open_store(const struct pjwt_replay *replay, const char **why)
{
        bool make = !replay->look_only;
        int run = open_dir(AT_FDCWD, replay->run_dir, 0755, make, why);
        int used = run >= 0 ? open_dir(run, "used", 0700, make, why) : -1;

        if (run >= 0)
                (void)close(run);
        return used;
}

/*
 * A single system call, so that only one of several processes succeeds, and the record is complete from the
 * start.
 */
static int create(int dir, const char *name, int64_t until)
{
        char target[32];

        (void)snprintf(target, sizeof(target), "%" PRId64, until);
        return symlinkat(target, dir, name) == 0 ? 0 : errno;
}

/* The time in a record; false if there is none. */
static bool read_record(int dir, const char *name, int64_t *ret)
{
        char target[32];
        ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);

        if (len < 0)
                return false;
        target[len] = '\0';
        *ret = strtoll(target, NULL, 10);
        return true;
}

static void sweep_dir(int dir_fd, int64_t now)
{
        int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
        struct dirent *entry;
        int64_t until;

        if (!dir && copy >= 0)
                (void)close(copy);
        while (dir && (entry = readdir(dir)))
                if (read_record(dir_fd, entry->d_name, &until) && until < now - KEEP)
                        (void)unlinkat(dir_fd, entry->d_name, 0);
        if (dir)
                (void)closedir(dir);
}

/* At most once a minute, so that a busy host does not read all records at every login. */
static void sweep(int dir, int64_t now)
{
        int64_t swept;

        if (read_record(dir, SWEPT, &swept)) {
                if (swept <= now && now - swept < SWEEP_EVERY)
                        return;
                (void)unlinkat(dir, SWEPT, 0);
        }
        if (create(dir, SWEPT, now) == 0)
                sweep_dir(dir, now);
}

static enum pjwt_reason look(int dir, const char *name, struct pjwt_error *reterr)
{
        int64_t until;

        return read_record(dir, name, &until)
                       ? pjwt_fail(reterr, PJWT_REPLAYED, "the token has already been used on this host")
                       : PJWT_OK;
}

static enum pjwt_reason record(int dir, const char *run_dir, const char *name, int64_t until, int64_t now,
                               struct pjwt_error *reterr)
{
        int failed;

        sweep(dir, now);
        failed = create(dir, name, until);
        if (failed == EEXIST)
                return pjwt_fail(reterr, PJWT_REPLAYED, "the token has already been used on this host");
        return failed == 0 ? PJWT_OK : no_store(run_dir, strerror(failed), reterr);
}

static enum pjwt_reason look_or_record(const struct pjwt_replay *replay, const char *name, int64_t until,
                                       int64_t now, struct pjwt_error *reterr)
{
        const char *why = NULL;
        enum pjwt_reason reason;
        int dir = open_store(replay, &why);

        if (dir < 0)
                return replay->look_only && why[0] == '\0'
                               ? PJWT_OK
                               : no_store(replay->run_dir, why[0] ? why : "does not exist", reterr);
        reason = replay->look_only ? look(dir, name, reterr)
                                   : record(dir, replay->run_dir, name, until, now, reterr);
        (void)close(dir);
        return reason;
}

enum pjwt_reason pjwt_replay_use(const struct pjwt_replay *replay, const char *name, int64_t issued,
                                 int64_t until, int64_t leeway, int64_t now, struct pjwt_error *reterr)
{
        if (!replay->run_dir)
                return pjwt_fail(reterr, PJWT_NO_STORE, "no directory for used tokens is set");
        if (replay->boot == 0)
                return pjwt_fail(reterr, PJWT_NO_STORE, "the boot time cannot be read from /proc");
        if (issued == 0)
                return pjwt_fail(reterr, PJWT_CLAIM_MISSING, "the token has no iat, which one_use requires");
        /* REV-12: records from before the boot are gone, so such a token may have been used. */
        if (issued - leeway < replay->boot)
                return pjwt_fail(reterr, PJWT_REPLAYED,
                                 "iat %" PRId64 " is not after the boot of this host, %" PRId64, issued,
                                 replay->boot);
        return look_or_record(replay, name, until, now, reterr);
}
