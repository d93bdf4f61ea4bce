/*
 * pamjwt setup: configures this host for token logins; can be undone. The order of the steps, and the
 * dialogue.
 */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "input.h"
#include "keysource.h"
#include "listener.h"
#include "out.h"
#include "policy.h"
#include "scratch.h"

#define WITHIN_DEFAULT 300
#define WITHIN_MIN     10
#define WITHIN_MAX     CLI_WITHIN_MAX

#define CLI_OPTIONS struct cli_setup_options

static const struct cli_option option_rows[] = {
        CLI_OPT("issuer", CLI_STRING, "URL", CLI_ANY, issuer,
                "the iss of the tokens; the keys are found by discovery"),
        CLI_OPT("audience", CLI_LIST, "AUD", CLI_ANY, audience,
                "the aud that tokens must contain; %h is replaced by the host name. May be repeated"),
        CLI_OPT("service", CLI_WORDS, "SERVICE,...", CLI_SERVICE, services,
                "the PAM services that accept tokens; default: sshd,sudo. sudo includes sudo-i, su includes "
                "su-l"),
        CLI_OPT("user", CLI_STRING, "TEMPLATE", CLI_ANY, user,
                "the local user of a token, as for user in pam_jwt.conf; default: %{sub}"),
        CLI_OPT("match", CLI_LIST, "CLAIM=VALUE", CLI_ANY, match,
                "accept only tokens whose claim has this value, as for match. in pam_jwt.conf. May be "
                "given several times"),
        CLI_OPT_CA_FILE(fetching.ca_file),
        CLI_OPT("host-name", CLI_STRING, "NAME", CLI_ANY, host_name,
                "the host name that replaces %h; default: the name of this host"),
        CLI_OPT("stack", CLI_STRING, "NAME", CLI_ANY, stack,
                "token-or-password or token-only, for every service; default: token-only for sshd if "
                "PasswordAuthentication is no, else token-or-password"),
        CLI_OPT("token", CLI_STRING, "TOKEN|-|@FILE", CLI_FILE, token, "test a login with this token"),
        CLI_OPT("login", CLI_STRING, "USER", CLI_USER, login, "the user that --token must allow to log in"),
        CLI_OPT("dry-run", CLI_FLAG, NULL, CLI_ANY, dry_run, "show what would change, and change nothing"),
        CLI_OPT("yes", CLI_FLAG, NULL, CLI_ANY, yes,
                "do not ask before making changes; they still have to be confirmed"),
        CLI_OPT("within", CLI_SECONDS, "TIME", CLI_ANY, within,
                "roll everything back unless it is confirmed within this time; default: 5m"),
        CLI_OPT("confirm", CLI_FLAG, NULL, CLI_ANY, confirm, "keep the last set-up"),
        CLI_OPT("undo", CLI_FLAG, NULL, CLI_ANY, undo, "roll back the last set-up"),
        CLI_OPT("expired", CLI_FLAG, NULL, CLI_ANY, expired,
                "with --undo: only if it is unconfirmed and its time has expired, as the timer does"),
        CLI_OPT("root", CLI_STRING, "DIR", CLI_FILE, root,
                "set up the system below this directory instead of this host; no login is tested there"),
        CLI_OPT_FETCH(fetching.program),
        CLI_OPT_HELP,
        CLI_OPT_END,
};

static int failed(const struct pjwt_error *err)
{
        cli_complain("setup", "%s: %s", pjwt_reason_name(err->reason), err->detail);
        return CLI_NO;
}

/* --- usage --- */

static bool is_one_line(const char *text)
{
        for (; text && *text; text++)
                if ((unsigned char)*text < ' ' || *text == 127)
                        return false;
        return true;
}

/* A value written to a line of a file must not begin another line. */
static int check_texts(const struct cli_setup_options *options)
{
        bool good = is_one_line(options->issuer) && is_one_line(options->user) &&
                    is_one_line(options->fetching.ca_file) && is_one_line(options->host_name);

        for (size_t i = 0; i < options->audience.count; i++)
                good = good && is_one_line(options->audience.items[i]);
        for (size_t i = 0; i < options->match.count; i++) {
                good = good && is_one_line(options->match.items[i]);
                if (*options->match.items[i] == '=' || !strchr(options->match.items[i], '='))
                        return cli_usage("--match requires CLAIM=VALUE, not \"%s\"", options->match.items[i]);
        }
        return good ? CLI_YES : cli_usage("an argument contains a control character");
}

static int check_usage(const struct cli_setup_options *options)
{
        if (options->confirm && options->undo)
                return cli_usage("--confirm and --undo cannot be combined");
        if (options->expired && !options->undo)
                return cli_usage("--expired requires --undo");
        if ((options->confirm || options->undo) &&
            (options->issuer || options->audience.count || options->dry_run || options->token))
                return cli_usage("--%s can be combined only with --root",
                                 options->confirm ? "confirm" : "undo");
        if (options->confirm || options->undo)
                return CLI_YES;
        if (!options->issuer || !options->audience.count)
                return cli_usage("setup requires --issuer URL and --audience AUD; see pamjwt setup --help");
        if (options->stack && strcmp(options->stack, "token-only") != 0 &&
            strcmp(options->stack, "token-or-password") != 0)
                return cli_usage("--stack requires token-or-password or token-only, not \"%s\"",
                                 options->stack);
        if (!options->token != !options->login)
                return cli_usage(
                        "--token and --login require each other: the token must allow that user to log in");
        if (options->within.given &&
            (options->within.value < WITHIN_MIN || options->within.value > WITHIN_MAX))
                return cli_usage("--within requires a time from 10s to 1d");
        return check_texts(options);
}

/* --- questions --- */

/* The terminal, also if standard input is the token. -1: there is none. */
static int open_terminal(void)
{
        return open("/dev/tty", O_RDWR | O_CLOEXEC);
}

/*
 * Waits at most `seconds` for a line: 'y', 'n', or 0 when none came. What was typed before the question was
 * there answers nothing.
 */
static char ask(int tty, const char *question, int64_t seconds)
{
        struct pollfd wait = {.fd = tty, .events = POLLIN};
        char line[64];
        ssize_t n;

        (void)tcflush(tty, TCIFLUSH);
        if (write(tty, question, strlen(question)) < 0 || poll(&wait, 1, (int)(seconds * 1000)) != 1)
                return 0;
        n = read(tty, line, sizeof(line) - 1);
        if (n <= 0)
                return 0;
        line[n] = '\0';
        line[strcspn(line, "\r\n")] = '\0';
        return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0 ? 'y' : 'n';
}

/* --- steps --- */

/*
 * Discovery and the keys, by pamjwt-fetch as in the refresh of a login; a wrong clock shows here first.
 */
static int ask_issuer(const struct cli_setup *s)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        printf("Fetching the keys of %s ... ", s->options->issuer);
        fflush(stdout);
        if (cli_keys_fetch(&s->options->fetching, cli_now(NULL), s->options->issuer, NULL, &set, &err) !=
            PJWT_OK) {
                puts("no");
                return failed(&err);
        }
        printf("%zu\n", set->usable);
        pjwt_keyset_free(set);
        return CLI_YES;
}

static int take_back(const struct cli_setup *s)
{
        struct pjwt_error err = {0};

        if (cli_setup_undo(s->root, &err) != PJWT_OK)
                return failed(&err);
        puts("All changes have been rolled back.");
        return CLI_YES;
}

/* After a failure that has been reported. */
static int give_up(const struct cli_setup *s)
{
        (void)take_back(s);
        return CLI_NO;
}

/*
 * Puts the keys into the cache of this host, so that no login has to wait. A failure is reported, no more.
 */
static void fill_cache(const struct cli_setup *s)
{
        struct pjwt_keycache cache = cli_keycache(&s->options->fetching, cli_now(NULL));
        const struct pjwt_issuer *issuer;
        struct pjwt_conf *conf = NULL;
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        char hostname[256];

        if (*s->root || pjwt_conf_load(PJWT_CONF_FILE, cli_hostname(hostname), &conf, &err) != PJWT_OK)
                return;
        issuer = cli_issuer_find(conf, s->issuer_name);
        if (issuer && pjwt_keycache_get(&cache, issuer, PJWT_KEYS_FORCE, &set, NULL, &err) != PJWT_OK)
                (void)failed(&err);
        pjwt_keyset_free(set);
        pjwt_conf_free(conf);
}

static bool changes_sshd(const struct cli_setup *s)
{
        for (size_t i = 0; i < s->change_count; i++)
                if (strncmp(s->changes[i].path, "/etc/ssh/", 9) == 0)
                        return true;
        return false;
}

/*
 * sshd goes by the new configuration. If it does not, that is reported: no one is let in who was not before.
 */
static void reload(const struct cli_setup *s)
{
        struct cli_listener_watch watch;
        struct pjwt_error err = {0};

        if (!changes_sshd(s) || *s->root)
                return;
        if (cli_listener_ready(&watch, &err) != PJWT_OK || cli_listener_settle(&watch, &err) != PJWT_OK)
                (void)failed(&err);
        else if (watch.count == 0)
                puts("No sshd is running; it reads the new configuration when it is started.");
}

/* Asks at the terminal; without one, waits for `pamjwt setup --confirm`. */
static int wait_for_confirmation(const struct cli_setup *s, int tty, int64_t within)
{
        struct pjwt_error err = {0};
        char answer = 0;

        printf("\nNow log in from another terminal, and keep this one open. Unless you confirm the changes,\n"
               "they will be rolled back "
               "in %lld seconds. To keep them:  pamjwt setup --confirm%s%s\n",
               (long long)within, *s->root ? " --root " : "", s->root);
        fflush(stdout);
        if (tty >= 0)
                answer = ask(tty, "Keep the changes? [y/N] ", within);
        if (answer == 0)
                return CLI_YES;
        if (answer == 'n')
                return give_up(s);
        if (cli_setup_confirm(s->root, &err) != PJWT_OK)
                return failed(&err);
        puts("The changes are kept. Run pamjwt doctor to check the host, or pamjwt setup --undo to roll "
             "back.");
        return CLI_YES;
}

static int apply(const struct cli_setup *s, const char *token, int tty)
{
        int64_t within = s->options->within.given ? s->options->within.value : WITHIN_DEFAULT;
        int64_t deadline = pjwt_boot_ms() + within * 1000;
        struct pjwt_error err = {0};

        if (cli_setup_record(s, deadline, &err) != PJWT_OK)
                return failed(&err);
        if (!cli_setup_timer(s->root, deadline)) { /* schedule the rollback before the first change */
                fputs("pamjwt: setup: the rollback could not be scheduled, so nothing was "
                      "changed\n",
                      stderr);
                return give_up(s);
        }
        if (cli_setup_apply(s, &err) != PJWT_OK) {
                (void)failed(&err);
                return give_up(s);
        }
        fill_cache(s);
        if (cli_setup_try(s, token) != CLI_YES)
                return give_up(s);
        reload(s);
        return wait_for_confirmation(s, tty, within);
}

static int look_and_show(struct cli_setup *s)
{
        int r = cli_setup_look(s);

        if (r == CLI_YES && s->change_count > 0)
                r = cli_setup_check(s);
        if (r != CLI_YES)
                return r;
        r = ask_issuer(s);
        if (r == CLI_YES && s->change_count > 0)
                cli_setup_diff(s);
        fflush(stdout);
        return r;
}

static void tell_what_it_means(const struct cli_setup *s)
{
        for (size_t i = 0; i < s->change_count; i++)
                if (strcmp(s->changes[i].path, "/etc/pam.d/sshd") == 0 &&
                    strstr(s->changes[i].text, "require_token"))
                        puts("\n"
                             "The stack of sshd accepts only tokens: neither a password nor a public key "
                             "alone is enough.");
}

static int set_up(struct cli_setup *s, const char *token)
{
        int tty = open_terminal();
        int r = look_and_show(s);

        if (r == CLI_YES && s->change_count == 0) {
                puts("Nothing to do: everything is set up already.");
        } else if (r == CLI_YES) {
                tell_what_it_means(s);
                if (!s->options->dry_run && !s->options->yes && tty < 0)
                        r = cli_usage(
                                "cannot ask for confirmation: there is no terminal, and --yes was not given");
                else if (!s->options->dry_run && !s->options->yes &&
                         ask(tty, "Make these changes? [y/N] ", 3600) != 'y')
                        r = CLI_NO;
                else if (!s->options->dry_run)
                        r = apply(s, token, tty);
        }
        if (tty >= 0)
                close(tty);
        return r;
}

static int set_up_with_token(struct cli_setup *s)
{
        struct cli_input token = {0};
        bool expired;
        int r;

        if (cli_setup_state(s->root, &expired) == CLI_SETUP_UNCONFIRMED)
                return cli_setup_in_the_way(
                        "the last set-up has not been confirmed: first run pamjwt setup --confirm or --undo");
        if (s->options->token && cli_input_token(s->options->token, false, &token) != CLI_YES)
                return CLI_ERROR;
        r = set_up(s, s->options->token ? token.bytes : NULL);
        cli_input_clear(&token);
        cli_setup_clear(s);
        return r;
}

static int keep(const struct cli_setup *s)
{
        struct pjwt_error err = {0};

        if (cli_setup_confirm(s->root, &err) != PJWT_OK)
                return failed(&err);
        puts("Kept.");
        return CLI_YES;
}

static int run(const void *arg)
{
        const struct cli_setup_options *options = arg;
        struct cli_setup s = {.options = options, .root = ""};
        char root[PATH_MAX];
        int r = check_usage(options);

        if (r != CLI_YES)
                return r;
        if (options->root && (!realpath(options->root, root) || strlen(root) > 200))
                return cli_usage("--root: %s: %s", options->root, strerror(errno));
        if (options->root && strcmp(root, "/") != 0)
                s.root = root;
        if (!*s.root && !options->dry_run && geteuid() != 0)
                return cli_usage("setup changes /etc, so it needs root; --dry-run shows what it would do");
        (void)umask(022); /* the modes of new files are decided here, not by the caller's */
        if (options->expired)
                return cli_setup_expire(s.root);
        cli_scratch_sweep();
        if (options->undo)
                return take_back(&s);
        return options->confirm ? keep(&s) : set_up_with_token(&s);
}

const struct cli_body cli_setup_body = {option_rows, sizeof(struct cli_setup_options), run};
