/*
 * pamjwt-fetch: fetches the public keys of one issuer over HTTPS, for processes that must not use the
 * network.
 *
 * It is started as root by a login, or as a user by the command, with an empty environment. It first drops
 * all privileges (sandbox.c), then reads a request from standard input, fetches, and writes one response to
 * standard output (fetchwire.h).
 */
#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "clock.h"
#include "fetchnote.h"
#include "keycache.h"
#include "lock.h"
#include "safefile.h"
#include "sandbox.h"
#include "secret.h"

#define CA_MAX     (2 * 1024 * 1024)
#define BEARER_MAX (16 * 1024)

/* ---- input ---- */

static enum pjwt_reason read_input(char **ret, size_t *retlen, struct pjwt_error *reterr)
{
        char *buf = calloc(1, PJWT_FETCH_REQUEST_MAX + 1);
        size_t have = 0;
        ssize_t n = 1;

        while (buf && n > 0 && have < PJWT_FETCH_REQUEST_MAX) {
                do
                        n = read(STDIN_FILENO, buf + have, PJWT_FETCH_REQUEST_MAX - have);
                while (n < 0 && errno == EINTR);
                have += n > 0 ? (size_t)n : 0;
        }
        if (!buf)
                return pjwt_fail_memory(reterr);
        if (n != 0) {
                pjwt_wipe_free(buf, PJWT_FETCH_REQUEST_MAX + 1);
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "request: too long, or cannot be read");
        }
        *ret = buf;
        *retlen = have;
        return PJWT_OK;
}

/* Reads a file that root opened for us; stays NULL if fd is 0. */
static enum pjwt_reason read_file(int fd, const char *what, size_t max, char **ret, struct pjwt_error *reterr)
{
        size_t len = 0;
        enum pjwt_reason r;

        if (fd == 0)
                return PJWT_OK;
        r = pjwt_file_read_fd(fd, what, PJWT_FILE_ANY_OWNER, max, ret, &len, NULL, reterr);
        if (r == PJWT_OK && strlen(*ret) != len)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: contains a NUL", what);
        return r == PJWT_OK ? r : PJWT_FETCH_FAILED;
}

/* One line of visible characters: it becomes a header (NET-24). */
static enum pjwt_reason check_bearer(char *bearer, struct pjwt_error *reterr)
{
        size_t len = bearer ? strlen(bearer) : 0;

        while (len > 0 && (bearer[len - 1] == '\n' || bearer[len - 1] == '\r'))
                bearer[--len] = '\0';
        for (size_t i = 0; i < len; i++)
                if (bearer[i] <= ' ' || bearer[i] > '~')
                        return pjwt_fail(reterr, PJWT_FETCH_FAILED,
                                         "bearer_file: must contain a token on one line");
        return bearer && len == 0 ? pjwt_fail(reterr, PJWT_FETCH_FAILED, "bearer_file: empty") : PJWT_OK;
}

/* ---- output ---- */

/* Exits by _exit, since exit() would wait for a hanging resolver thread. */
static void __attribute__((noreturn)) respond_and_exit(const char *text, size_t len)
{
        while (len > 0) {
                ssize_t n = write(STDOUT_FILENO, text, len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        _exit(1);
                text += n;
                len -= (size_t)n;
        }
        _exit(0);
}

/*
 * The text of a response; if memory is too short even for that, the process ends without one, which also
 * counts as a failure.
 */
static char *make_text(const struct pjwt_fetch_response *response, size_t *retlen)
{
        char *text = NULL;

        if (pjwt_fetch_response_write(response, &text, retlen, NULL) != PJWT_OK)
                _exit(1);
        return text;
}

static char *make_failure(const struct pjwt_fetch_request *request, const struct pjwt_error *err,
                          int64_t asked_boot_ms, size_t *retlen)
{
        const struct pjwt_fetch_response response = {.reason = err->reason == PJWT_NO_FETCH_USER ||
                                                                               err->reason == PJWT_BAD_KEYSET
                                                                       ? err->reason
                                                                       : PJWT_FETCH_FAILED,

                                                     .detail = err->detail,
                                                     .issuer = request->issuer,
                                                     .jwks = request->jwks,
                                                     .asked_boot_ms = asked_boot_ms,
                                                     .max_age = -1};

        return make_text(&response, retlen);
}

static void __attribute__((noreturn)) fail_and_exit(const struct pjwt_error *err)
{
        const struct pjwt_fetch_request none = {0};
        size_t len = 0;
        char *text = make_failure(&none, err, 0, &len);

        respond_and_exit(text, len);
}

static void __attribute__((noreturn)) not_asked(const char *detail)
{
        const struct pjwt_fetch_response response = {.reason = PJWT_NO_KEYS, .detail = detail, .max_age = -1};
        size_t len = 0;
        char *text = make_text(&response, &len);

        respond_and_exit(text, len);
}

/* ---- in between ---- */

static void __attribute__((noreturn))
too_early(const struct pjwt_fetch_request *request, const struct pjwt_fetch_response *note, int64_t now)
{
        struct pjwt_error err = {0};

        if (pjwt_fetchnote_too_early(request, note, now, &err) == PJWT_NO_KEYS)
                not_asked(err.detail);
        fail_and_exit(&err);
}

/* Exits with the noted response if it answers the request. */
static void share(const struct pjwt_fetch_request *request, const struct fetch_lock *lock, int64_t started)
{
        struct pjwt_fetch_response note = {0};
        int64_t now = pjwt_boot_ms();
        size_t len = 0;
        char *text = fetch_lock_note_read(lock, &len);

        if (text && pjwt_fetch_response_parse(text, len, &note, NULL) == PJWT_OK) {
                enum pjwt_note what = pjwt_fetchnote_judge(request, &note, started, now);

                if (what == PJWT_NOTE_SHARE)
                        respond_and_exit(text, len);
                if (what == PJWT_NOTE_WAIT)
                        too_early(request, &note, now);
        }
        pjwt_fetch_response_clear(&note);
        free(text);
}

/* Noted before the network is used, so that a helper that is killed also counts as an attempt. */
static void note_start(const struct pjwt_fetch_request *request, const struct fetch_lock *lock)
{
        const struct pjwt_error err = {PJWT_FETCH_FAILED, "the last attempt was interrupted"};
        size_t len = 0;
        char *text = make_failure(request, &err, pjwt_boot_ms(), &len);

        fetch_lock_note_write(lock, text, len);
        free(text);
}

static char *make_response(const struct pjwt_fetch_request *request, const struct fetch_result *result,
                           size_t *retlen)
{
        const struct pjwt_fetch_response response = {.ok = true,
                                                     .issuer = request->issuer,
                                                     .jwks = request->jwks,
                                                     .source = result->source,
                                                     .etag = result->etag[0] ? result->etag : NULL,
                                                     .asked_boot_ms = result->asked_boot_ms,
                                                     .max_age = result->max_age,
                                                     .server_date = result->server_date,
                                                     .not_modified = result->not_modified,
                                                     .keys = result->keys,
                                                     .keys_len = result->keys ? strlen(result->keys) : 0};

        return make_text(&response, retlen);
}

static void __attribute__((noreturn))
ask_and_exit(const struct pjwt_fetch_request *request, struct fetch_lock *lock, const char *ca,
             const char *bearer, int64_t deadline)
{
        struct fetch_result result = {0};
        struct pjwt_error err = {0};
        size_t len = 0;
        char *text;

        note_start(request, lock);
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                (void)pjwt_fail(&err, PJWT_FETCH_FAILED, "cannot initialise libcurl");
        else
                (void)fetch_ask(request, ca, bearer, deadline, &result, &err);
        text = err.reason == PJWT_UNDECIDED ? make_response(request, &result, &len)
                                            : make_failure(request, &err, result.asked_boot_ms, &len);
        fetch_lock_note_write(lock, text, len);
        fetch_lock_release(lock); /* before the output: a stopped caller would not read it */
        respond_and_exit(text, len);
}

static void __attribute__((noreturn)) serve(const char *lock_dir)
{
        int64_t started = pjwt_boot_ms();
        struct pjwt_fetch_request request = {0};
        struct pjwt_error err = {0};
        struct fetch_lock lock = {-1};
        char *input = NULL, *ca = NULL, *bearer = NULL;
        size_t len = 0;

        if (read_input(&input, &len, &err) != PJWT_OK ||
            pjwt_fetch_request_read(input, len, &request, &err) != PJWT_OK ||
            read_file(request.ca_fd, "ca_file", CA_MAX, &ca, &err) != PJWT_OK ||
            read_file(request.bearer_fd, "bearer_file", BEARER_MAX, &bearer, &err) != PJWT_OK ||
            check_bearer(bearer, &err) != PJWT_OK)
                fail_and_exit(&err);
        (void)alarm((unsigned)(request.timeout_ms / 1000) + 2); /* in case everything else hangs */
        switch (fetch_lock_take(lock_dir, &request, started + request.timeout_ms, &lock)) {
        case FETCH_LOCK_BUSY:
                not_asked("another login is already fetching the keys");
        case FETCH_LOCK_HELD:
                share(&request, &lock, started);
                break;
        case FETCH_LOCK_NONE:
                break;
        }
        ask_and_exit(&request, &lock, ca, bearer, started + request.timeout_ms);
}

int main(int argc, char **argv)
{
        const char *lock_dir = argc == 2 ? argv[1] : PJWT_LOCK_DIR; /* tests use another one */
        struct pjwt_error err = {0};

        /* ignore all variables: proxies, CA files, OpenSSL's settings (NET-21, PAM-01) */
        (void)clearenv();
        if (argc > 2)
                return 2;
        if (fetch_sandbox(lock_dir, &err) != PJWT_OK)
                fail_and_exit(&err);
        serve(lock_dir);
}
