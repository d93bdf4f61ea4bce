/*
 * Test logins through a second sshd: `sshd -i` with the configuration that has just been written, started by
 * the client as its ProxyCommand, so that the two are connected by pipes and no one else can connect. The
 * sshd that serves the host knows nothing of it. The client is the stock ssh: a wrong answer is typed at a
 * terminal of its own, a token is handed over by pamjwt-askpass, because it may be longer than a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "out.h"
#include "run.h"
#include "scratch.h"
#include "setup.h"
#include "sshdconf.h"

#define SECONDS 60
#define REFUSED 255 /* ssh's own exit status; any other is that of the command */
#define PROMPTS 3   /* that a wrong answer is given to; ssh tries once, but a stack may ask more than once */

/* --- the client --- */

#define CLIENT(user)                                                                                         \
        {                                                                                                    \
                "/usr/bin/ssh", "-F", "none", "-o", ("ProxyCommand=" CLI_SSHD " -i"), "-o",                  \
                        "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",              \
                        "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o",                      \
                        "PubkeyAuthentication=no", "-o", "PreferredAuthentications=keyboard-interactive",    \
                        "-o", "NumberOfPasswordPrompts=1", "-l", user, "127.0.0.1", "exit 0", NULL           \
        }

/* --- at a terminal --- */

/* The client with a new terminal as its own. Does not return. */
static void __attribute__((noreturn)) run_at_terminal(const char *terminal, const char *user)
{
        static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                                          "SHELL=/bin/sh", "SSH_ASKPASS_REQUIRE=never", NULL};
        const char *const argv[] = CLIENT(user);
        int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        int tty;

        setsid();
        tty = open(terminal, O_RDWR | O_CLOEXEC); /* the first terminal of a session becomes its own */
        (void)dup2(tty, STDIN_FILENO); /* while no one has it open, the other side reads an error */
        (void)dup2(null_fd, STDOUT_FILENO);
        (void)dup2(null_fd, STDERR_FILENO);
        if (tty >= 0 && null_fd >= 0)
                (void)execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
        _exit(127);
}

/* A new terminal; retname: the name of the client's side. */
static int open_terminal(char retname[64])
{
        int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

        if (fd >= 0 && (grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, retname, 64) != 0)) {
                close(fd);
                return -1;
        }
        return fd;
}

static void type_line(int fd, const char *text)
{
        if (write(fd, text, strlen(text)) < 0 || write(fd, "\n", 1) < 0)
                return; /* the client has gone; its status says so */
}

/* Answers each prompt until the client closes its side or time runs out. Returns the number of prompts. */
static int answer_prompts(int fd, const char *text)
{
        int64_t until = pjwt_boot_ms() + SECONDS * 1000;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        char seen[512];
        int prompts = 0;

        while (pjwt_boot_ms() < until && poll(&wait, 1, 1000) >= 0) {
                ssize_t n = wait.revents & (POLLIN | POLLHUP) ? read(fd, seen, sizeof(seen)) : 0;

                if (n < 0)
                        break;
                for (ssize_t i = 0; i < n; i++) /* a prompt ends in a colon; the echo of an answer is off */
                        if (seen[i] == ':' && (i + 1 == n || seen[i + 1] == ' ') && prompts < PROMPTS) {
                                prompts++;
                                type_line(fd, text);
                                break;
                        }
        }
        return prompts;
}

/* ssh's exit status; -1 if it could not be run. retasked: whether there was a prompt. */
static int log_in_at_terminal(const char *user, const char *text, bool *retasked)
{
        char name[64];
        int fd = open_terminal(name);
        pid_t pid;

        fflush(NULL);
        pid = fd >= 0 ? fork() : -1;
        if (pid == 0)
                run_at_terminal(name, user);
        *retasked = pid > 0 && answer_prompts(fd, text) > 0;
        if (fd >= 0)
                close(fd);
        return cli_wait(pid, 5);
}

/* --- with pamjwt-askpass --- */

/* A part of pamjwt-ssh, installed beside it. */
static void askpass_setting(char out[400])
{
        static const char ssh[] = PAMJWT_SSH_PATH;

        snprintf(out, 400, "SSH_ASKPASS=%.*s/pamjwt-askpass", (int)(strrchr(ssh, '/') - ssh), ssh);
}

/* A file that has no name and ends with this process, whatever ends it. -1: it could not be made. */
static int token_file(const char *token)
{
        int fd = memfd_create("token", MFD_CLOEXEC);
        size_t len = strlen(token);

        if (fd >= 0 && write(fd, token, len) != (ssize_t)len) {
                close(fd);
                return -1;
        }
        return fd;
}

/* ssh's exit status; -1 if it could not be run. pamjwt-askpass keeps what is left of a long token in dir. */
static int log_in_with_token(const char *user, const char *token, const char *dir)
{
        char askpass[400];
        char runtime[100];
        char file[80];
        const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                   "LC_ALL=C.UTF-8",
                                   "SHELL=/bin/sh",
                                   "SSH_ASKPASS_REQUIRE=force",
                                   "PAMJWT_HOST=127.0.0.1",
                                   askpass,
                                   runtime,
                                   file,
                                   NULL};
        const char *const argv[] = CLIENT(user);
        int fd = token_file(token);
        int status;

        if (fd < 0)
                return -1;
        askpass_setting(askpass);
        snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", dir);
        snprintf(file, sizeof(file), "PAMJWT_TOKEN_FILE=/proc/%d/fd/%d", (int)getpid(), fd);
        status = cli_wait(cli_spawn(argv, env, -1, -1), SECONDS);
        close(fd);
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
static const char *unused_account(void)
{
        return getpwnam("nobody") ? "nobody" : "root";
}

static int must_be_refused(const char *text, const char *what)
{
        char line[160];
        bool asked = false;
        int status = log_in_at_terminal(unused_account(), text, &asked);

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

static int must_get_in(const char *user, const char *token)
{
        struct cli_scratch scratch;
        int status = -1;

        if (cli_scratch_make(&scratch)) {
                status = log_in_with_token(user, token, scratch.path);
                cli_scratch_remove(&scratch);
        }

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

static int try_all(const struct cli_setup *s, const char *token)
{
        struct cli_buf wrong = {0};
        int r;

        puts("Testing logins through a second sshd, which serves only these:");
        fflush(stdout);
        wrong_token(s, &wrong);
        r = must_be_refused(wrong.bytes, "a wrong token");
        cli_buf_clear(&wrong);
        if (r == CLI_YES)
                r = must_be_refused("not the password", "a wrong password");
        return r == CLI_YES && token ? must_get_in(s->options->login, token) : r;
}

int cli_setup_try(const struct cli_setup *s, const char *token)
{
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
        return try_all(s, token);
}
