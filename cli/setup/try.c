/*
 * Test logins through a second sshd: `sshd -i` with the configuration just written, on a TCP connection that
 * this process makes over 127.0.0.1. It serves only that connection, and the sshd of the host is not
 * involved. The client is the stock ssh, with pamjwt-askpass as users would run it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "out.h"
#include "run.h"
#include "setup.h"
#include "sshdconf.h"

#define SECONDS 60
#define REFUSED 255 /* ssh's own exit status; any other is that of the command */

/* A private directory with the prompts that the client received and the replies. */
struct trial {
        char dir[64];
        char askpass[512];
        char asked[128];
};

/* --- one connection --- */

static int listen_on_loopback(char port[16])
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0 ||
                        getsockname(fd, (struct sockaddr *)&address, &len) != 0)) {
                close(fd);
                return -1;
        }
        snprintf(port, 16, "%u", (unsigned)ntohs(address.sin_port));
        return fd;
}

static int accept_one(int listener)
{
        struct pollfd wait = {.fd = listener, .events = POLLIN};

        return poll(&wait, 1, SECONDS * 1000) == 1 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
}

static pid_t start_client(const char *user, const char *port, const char *const *env)
{
        const char *const argv[] = {"/usr/bin/ssh",
                                    "-F",
                                    "none",
                                    "-p",
                                    port,
                                    "-o",
                                    "StrictHostKeyChecking=no",
                                    "-o",
                                    "UserKnownHostsFile=/dev/null",
                                    "-o",
                                    "LogLevel=ERROR",
                                    "-o",
                                    "PubkeyAuthentication=no",
                                    "-o",
                                    "PreferredAuthentications=keyboard-interactive",
                                    "-o",
                                    "NumberOfPasswordPrompts=1",
                                    "-l",
                                    user,
                                    "127.0.0.1",
                                    "exit 0",
                                    NULL};

        return cli_spawn(argv, env, -1, -1);
}

/* ssh's exit status; -1 if it could not be run. */
static int log_in(const char *user, const char *const *env)
{
        const char *const sshd[] = {CLI_SSHD, "-i", NULL};
        char port[16] = "";
        int listener = listen_on_loopback(port);
        pid_t client = listener >= 0 ? start_client(user, port, env) : -1;
        int fd = client > 0 ? accept_one(listener) : -1;
        pid_t server = fd >= 0 ? cli_spawn(sshd, cli_plain_env, fd, fd) : -1;
        int status;

        if (listener >= 0)
                close(listener);
        if (fd >= 0)
                close(fd);
        status = cli_wait(client, server > 0 ? SECONDS : 1);
        (void)cli_wait(server, 5);
        return server > 0 ? status : -1;
}

/* --- what is answered --- */

static bool write_file(const char *path, const char *text, mode_t mode)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
        FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
        bool good = f && fputs(text, f) >= 0;

        if (f)
                return fclose(f) == 0 && good;
        if (fd >= 0)
                close(fd);
        return false;
}

/* In the same directory as pamjwt-ssh, which it belongs to. */
static void askpass_path(char out[400])
{
        static const char ssh[] = PAMJWT_SSH_PATH;

        snprintf(out, 400, "%.*s/pamjwt-askpass", (int)(strrchr(ssh, '/') - ssh), ssh);
}

static bool begin(struct trial *t)
{
        char path[128];
        char script[1200];

        snprintf(t->dir, sizeof(t->dir), "/tmp/pamjwt-try-XXXXXX");
        if (!mkdtemp(t->dir))
                return false;
        snprintf(t->asked, sizeof(t->asked), "%s/asked", t->dir);
        snprintf(path, sizeof(path), "%s/askpass", t->dir);
        askpass_path(t->askpass);
        /* One line per prompt, so that a stack without any prompt is noticed. */
        snprintf(script, sizeof(script),
                 "#!/bin/sh\necho asked >>%s\n"
                 "if [ -n \"${PAMJWT_TOKEN_FILE-}\" ]; then exec %s \"$1\"; fi\nexec cat %s/answer\n",
                 t->asked, t->askpass, t->dir);
        snprintf(t->askpass, sizeof(t->askpass), "%s", path);
        return write_file(t->askpass, script, 0700);
}

static void finish(struct trial *t)
{
        static const char *const names[] = {"askpass", "asked", "answer", "pamjwt"};
        char path[128];

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
                if (remove(path) != 0 && errno == ENOTEMPTY) {
                        const char *const argv[] = {"/bin/rm", "-rf", "--", path, NULL};

                        (void)cli_wait(cli_spawn(argv, cli_plain_env, -1, -1), 10);
                }
        }
        (void)rmdir(t->dir);
}

/*
 * Logs in with this reply, through pamjwt-askpass if it is a token, which may be long. retasked: whether
 * there was a prompt.
 */
static int answer(struct trial *t, const char *user, const char *text, bool is_token, bool *retasked)
{
        char path[128];
        char askpass[600];
        char runtime[128];
        char file[200];
        const char *env[10] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                               "LC_ALL=C.UTF-8",
                               "SSH_ASKPASS_REQUIRE=force",
                               "PAMJWT_HOST=127.0.0.1",
                               askpass,
                               runtime,
                               is_token ? file : NULL,
                               NULL};
        int status;

        snprintf(path, sizeof(path), "%s/answer", t->dir);
        snprintf(askpass, sizeof(askpass), "SSH_ASKPASS=%s", t->askpass);
        snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", t->dir);
        snprintf(file, sizeof(file), "PAMJWT_TOKEN_FILE=%s", path);
        (void)unlink(t->asked);
        if (!write_file(path, text, 0600))
                return -1;
        status = log_in(user, env);
        *retasked = access(t->asked, F_OK) == 0;
        (void)unlink(path);
        return status;
}

/* --- the three trials --- */

static int says(const char *what)
{
        cli_complain("setup", "test login: %s", what);
        return CLI_NO;
}

/* In the form of a token of this issuer, but not signed. */
static void wrong_token(const struct cli_setup *s, struct cli_buf *out)
{
        static const char head[] = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
        static const unsigned char signature[64] = {1};
        struct cli_buf claims = {0};

        cli_buf_str(&claims, "{");
        cli_buf_member_string(&claims, "sub", "pamjwt-setup");
        cli_buf_member_number(&claims, "exp", 4102444800);
        cli_buf_member_string(&claims, "iss", s->options->issuer);
        cli_buf_member_string(&claims, "aud", s->options->audience.items[0]);
        cli_buf_str(&claims, "}");
        cli_buf_b64url(out, head, sizeof(head) - 1);
        cli_buf_str(out, ".");
        cli_buf_b64url(out, claims.bytes, claims.len);
        cli_buf_str(out, ".");
        cli_buf_b64url(out, signature, sizeof(signature));
        cli_buf_clear(&claims);
}

/* An existing account that no one uses: pam_faillock counting its failures locks no one out. */
static const char *somebody(void)
{
        return getpwnam("nobody") ? "nobody" : "root";
}

static int must_be_refused(struct trial *t, const char *text, const char *what)
{
        char line[160];
        bool asked = false;
        int status = answer(t, somebody(), text, false, &asked);

        if (status < 0)
                return says("the second sshd could not be started, or did not respond in time");
        if (!asked)
                return says("sshd did not prompt: the stack was not reached");
        if (status != REFUSED) {
                snprintf(line, sizeof(line), "%s was accepted", what);
                return says(line);
        }
        printf("  %s: refused, as expected\n", what);
        fflush(stdout);
        return CLI_YES;
}

static int must_get_in(struct trial *t, const char *user, const char *token)
{
        bool asked = false;
        int status = answer(t, user, token, true, &asked);

        if (status < 0 || status == REFUSED) {
                fprintf(stderr,
                        "pamjwt: setup: test login: the token was refused for %s; for the reason see the "
                        "line of pam_jwt in the log, or run pamjwt check --user %s --service sshd -\n",
                        user, user);
                return CLI_NO;
        }
        printf("  the token for %s: accepted\n", user);
        fflush(stdout);
        return CLI_YES;
}

static int try_all(const struct cli_setup *s, struct trial *t, const char *token)
{
        struct cli_buf wrong = {0};
        int r;

        puts("Testing logins through a second sshd on 127.0.0.1:");
        fflush(stdout);
        wrong_token(s, &wrong);
        r = must_be_refused(t, wrong.bytes, "a wrong token");
        cli_buf_clear(&wrong);
        if (r == CLI_YES)
                r = must_be_refused(t, "not the password", "a wrong password");
        return r == CLI_YES && token ? must_get_in(t, s->options->login, token) : r;
}

int cli_setup_try(const struct cli_setup *s, const char *token)
{
        struct trial t;
        int r;

        if (!cli_setup_wants(s, "sshd") || *s->root) {
                puts("No login is tested: sshd is not among the services, or --root was given. Test one by "
                     "hand.");
                return CLI_YES;
        }
        if (strcmp(s->sshd_methods, "any") != 0 &&
            strncmp(s->sshd_methods, "keyboard-interactive", 20) != 0) {
                puts("No login is tested: AuthenticationMethods requires more than a token. Test one by "
                     "hand.");
                return CLI_YES;
        }
        r = begin(&t) ? try_all(s, &t, token) : says("cannot make a directory in /tmp");
        finish(&t);
        return r;
}
