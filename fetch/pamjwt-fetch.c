/*
 * pamjwt-fetch: fetches the public keys of one issuer over HTTPS, for processes that must not use the
 * network.
 *
 * It is started as root by a login, or as a user by the command, with an empty environment. It first
 * drops all privileges (sandbox.c), then reads a request from standard input, fetches, and writes one
 * response to standard output (fetchwire.h). It notes the end of the request in the lock that its
 * caller has opened for it.
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
#include "fetchlock.h"
#include "fetchwire.h"
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

/* ---- in between ---- */

static void note_end(const struct pjwt_fetch_request *request, int64_t asked_boot_ms,
                     const struct pjwt_error *err)
{
        const struct pjwt_note note = {.end = err->reason == PJWT_UNDECIDED ? PJWT_NOTE_KEYS
                                                                            : PJWT_NOTE_FAILED,
                                       .issuer = request->issuer,
                                       .jwks = request->jwks,
                                       .asked_boot_ms = asked_boot_ms,
                                       .ends_boot_ms = pjwt_boot_ms(),
                                       .reason = err->reason,
                                       .detail = err->detail};

        if (request->note_fd == 0)
                return;
        pjwt_fetchlock_put(request->note_fd, &note);
        close(request->note_fd); /* before the output: a stopped caller would not read it */
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
ask_and_exit(const struct pjwt_fetch_request *request, const char *ca, const char *bearer, int64_t deadline)
{
        struct fetch_result result = {.asked_boot_ms = pjwt_boot_ms()};
        struct pjwt_error err = {0};
        size_t len = 0;
        char *text;

        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                (void)pjwt_fail(&err, PJWT_FETCH_FAILED, "cannot initialise libcurl");
        else
                (void)fetch_ask(request, ca, bearer, deadline, &result, &err);
        text = err.reason == PJWT_UNDECIDED ? make_response(request, &result, &len)
                                            : make_failure(request, &err, result.asked_boot_ms, &len);
        note_end(request, result.asked_boot_ms, &err);
        respond_and_exit(text, len);
}

static void __attribute__((noreturn)) serve(void)
{
        int64_t started = pjwt_boot_ms();
        struct pjwt_fetch_request request = {0};
        struct pjwt_error err = {0};
        char *input = NULL, *ca = NULL, *bearer = NULL;
        size_t len = 0;

        if (read_input(&input, &len, &err) != PJWT_OK ||
            pjwt_fetch_request_read(input, len, &request, &err) != PJWT_OK ||
            read_file(request.ca_fd, "ca_file", CA_MAX, &ca, &err) != PJWT_OK ||
            read_file(request.bearer_fd, "bearer_file", BEARER_MAX, &bearer, &err) != PJWT_OK ||
            check_bearer(bearer, &err) != PJWT_OK)
                fail_and_exit(&err);
        (void)alarm((unsigned)(request.timeout_ms / 1000) + 2); /* in case everything else hangs */
        ask_and_exit(&request, ca, bearer, started + request.timeout_ms);
}

int main(int argc, char **argv)
{
        struct pjwt_error err = {0};

        (void)argv;
        /* ignore all variables: proxies, CA files, OpenSSL's settings (NET-21, PAM-01) */
        (void)clearenv();
        if (argc > 1)
                return 2;
        if (fetch_sandbox(&err) != PJWT_OK)
                fail_and_exit(&err);
        serve();
}
