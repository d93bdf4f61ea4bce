/*
 * pamjwt sessions: who is logged in by which token, until when; and the end of those of a sub, jti or issuer.
 */
#include "cmd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "out.h"
#include "recordstore.h"

#define GRACE_STEPS 20 /* of 100 ms, between asking a process to end and ending it */

struct sessions_options {
        struct cli_args args;
        const char *subject;
        const char *jti;
        const char *issuer;
        bool end;
        bool dry_run;
        const char *run_dir;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct sessions_options

static const struct cli_option option_rows[] = {
        CLI_OPT("sub", CLI_STRING, "SUB", CLI_ANY, subject, "only sessions of this sub"),
        CLI_OPT("jti", CLI_STRING, "JTI", CLI_ANY, jti, "only sessions of the token with this jti"),
        CLI_OPT("issuer", CLI_STRING, "ISSUER", CLI_ANY, issuer,
                "only sessions of this issuer: its iss, or the name of its section"),
        CLI_OPT("end", CLI_FLAG, NULL, CLI_ANY, end, "end them"),
        CLI_OPT("dry-run", CLI_FLAG, NULL, CLI_ANY, dry_run, "with --end: say which, and end none"),
        CLI_OPT("run-dir", CLI_STRING, "DIR", CLI_FILE, run_dir,
                "where the records are instead of /run/pam_jwt"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* What is done with each record. */
struct walk {
        const struct sessions_options *options;
        int64_t now;
        struct json_object *list; /* NULL: text */
        size_t shown;
        size_t unreadable;
        bool failed; /* a process did not end */
};

/* --- processes of a session --- */

/* The audit session id of a process, which its user cannot change. */
static bool session_of(pid_t pid, unsigned *ret)
{
        char path[64];
        char text[32];
        char *end;
        ssize_t n;
        int fd;

        snprintf(path, sizeof(path), "/proc/%d/sessionid", (int)pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
        if (n <= 0)
                return false;
        text[n] = '\0';
        errno = 0;
        *ret = (unsigned)strtoul(text, &end, 10);
        return errno == 0 && end != text;
}

/* A process that nobody has waited for yet is still in /proc. */
static bool has_ended(int pidfd)
{
        struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};

        return poll(&poll_fd, 1, 0) > 0;
}

/*
 * Sends a signal to one process, if it is of the session. The descriptor comes first and the question second:
 * so it is this very process that is asked and signalled, whatever becomes of its number.
 */
static bool signal_process(pid_t pid, unsigned id, int signum)
{
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        unsigned session = 0;
        bool ours;

        if (fd < 0)
                return false;
        ours = !has_ended(fd) && session_of(pid, &session) && session == id;
        if (ours && signum != 0)
                (void)syscall(SYS_pidfd_send_signal, fd, signum, NULL, 0);
        close(fd);
        return ours;
}

/* Signals every process of a session but this one. Returns how many there are. */
static size_t signal_session(unsigned id, int signum)
{
        DIR *proc = opendir("/proc");
        const struct dirent *entry;
        size_t count = 0;

        while (proc && (entry = readdir(proc))) {
                int64_t pid = 0;

                if (cli_number(entry->d_name, &pid) && pid > 0 && pid <= INT32_MAX && pid != getpid())
                        count += signal_process((pid_t)pid, id, signum);
        }
        if (proc)
                closedir(proc);
        return count;
}

/* Shells go at SIGHUP, sshd at SIGTERM; who stays is killed. */
static bool end_session(unsigned id)
{
        const struct timespec step = {0, 100000000};

        signal_session(id, SIGHUP);
        signal_session(id, SIGTERM);
        for (int i = 0; i < GRACE_STEPS; i++) {
                if (signal_session(id, 0) == 0)
                        return true;
                nanosleep(&step, NULL);
        }
        signal_session(id, SIGKILL);
        nanosleep(&step, NULL);
        return signal_session(id, 0) == 0;
}

/* --- records --- */

static const char *run_dir_of(const struct sessions_options *options)
{
        return options->run_dir ? options->run_dir : PJWT_RUN_DIR;
}

static bool equal(const char *wanted, const char *value)
{
        return !wanted || (value && strcmp(wanted, value) == 0);
}

static bool is_meant(const struct sessions_options *options, const struct pjwt_record *record)
{
        return equal(options->subject, record->sub) && equal(options->jti, record->jti) &&
               (equal(options->issuer, record->iss) || equal(options->issuer, record->issuer));
}

/*
 * What is written behind `ended`. A session whose sshd had to be killed leaves its record; the record goes
 * too.
 */
static const char *end_and_forget(struct walk *walk, unsigned id)
{
        if (walk->options->dry_run)
                return "dry-run";
        if (!end_session(id)) {
                walk->failed = true;
                return "no";
        }
        pjwt_record_drop_session(run_dir_of(walk->options), id);
        return "yes";
}

static void put_field(const char *name, const char *value)
{
        if (!value)
                return;
        printf(" %s='", name);
        cli_put_str(stdout, value);
        putchar('\'');
}

static void print_session(const struct walk *walk, unsigned id, const struct pjwt_record *record,
                          const char *ended)
{
        char since[48];
        char until[48];

        printf("%u", id);
        put_field("user", record->user);
        put_field("service", record->service);
        put_field("rhost", record->rhost);
        put_field("issuer", record->issuer);
        put_field("grant", record->grant);
        put_field("sub", record->sub);
        put_field("jti", record->jti);
        printf(" since='%s' token_ends='%s'", cli_away(record->since, walk->now, since),
               cli_away(record->until, walk->now, until));
        if (record->session_until_exp)
                fputs(" session_until_exp='yes'", stdout);
        if (ended)
                printf(" ended='%s'", ended);
        putchar('\n');
}

static struct json_object *session_object(unsigned id, const struct pjwt_record *record, const char *ended)
{
        struct json_object *o = json_object_new_object();

        cli_json_add(o, "session", json_object_new_int64(id));
        cli_json_add_string(o, "user", record->user);
        cli_json_add_string(o, "service", record->service);
        cli_json_add_string(o, "rhost", record->rhost);
        cli_json_add_string(o, "issuer", record->issuer);
        cli_json_add_string(o, "grant", record->grant);
        cli_json_add_string(o, "iss", record->iss);
        cli_json_add_string(o, "sub", record->sub);
        cli_json_add_string(o, "jti", record->jti);
        cli_json_add(o, "since", json_object_new_int64(record->since));
        cli_json_add(o, "exp", json_object_new_int64(record->exp));
        cli_json_add(o, "session_until_exp", json_object_new_boolean(record->session_until_exp));
        cli_json_add(o, "processes", json_object_new_int64((int64_t)signal_session(id, 0)));
        if (ended)
                cli_json_add_string(o, "ended", ended);
        return o;
}

static void show_unreadable(struct walk *walk, unsigned id, const struct pjwt_error *error)
{
        walk->unreadable++;
        cli_complain(pjwt_reason_name(error->reason), "session %u: %s", id, error->detail);
}

static void visit(void *arg, unsigned id, const struct pjwt_record *record, const struct pjwt_error *error)
{
        struct walk *walk = arg;
        const char *ended = NULL;

        if (!record) {
                show_unreadable(walk, id, error);
                return;
        }
        if (!is_meant(walk->options, record))
                return;
        if (walk->options->end)
                ended = end_and_forget(walk, id);
        walk->shown++;
        if (walk->list)
                json_object_array_add(walk->list, session_object(id, record, ended));
        else
                print_session(walk, id, record, ended);
}

/* Ending nothing where something was to be ended is a no. */
static int finish(const struct walk *walk)
{
        bool good = walk->unreadable == 0 && !walk->failed && (walk->shown > 0 || !walk->options->end);
        struct json_object *object;

        if (!walk->list) {
                if (walk->shown == 0 && walk->options->end)
                        cli_complain("no-record", "no such session");
                return good ? CLI_YES : CLI_NO;
        }
        object = cli_json_begin(good);
        cli_json_add(object, "sessions", json_object_get(walk->list));
        return cli_print_json(object, good ? CLI_YES : CLI_NO);
}

static int check_options(const struct sessions_options *options)
{
        if (options->end && !options->subject && !options->jti && !options->issuer)
                return cli_usage("--end needs --sub, --jti or --issuer: whose sessions?");
        if (options->dry_run && !options->end)
                return cli_usage("--dry-run goes with --end");
        return CLI_YES;
}

/* Who ends the session that he works in ends the others as well before he goes. */
static void outlive_own_session(void)
{
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGPIPE, SIG_IGN);
}

static int run(const void *arg)
{
        const struct sessions_options *options = arg;
        struct walk walk = {.options = options, .now = cli_now(&options->now)};
        struct pjwt_error err = {0};
        int r = check_options(options);

        if (r != CLI_YES)
                return r;
        if (options->end && !options->dry_run)
                outlive_own_session();
        if (options->json)
                walk.list = json_object_new_array();
        if (pjwt_record_list(run_dir_of(options), visit, &walk, &err) != PJWT_OK)
                r = cli_unusable(options->json, &err);
        else
                r = finish(&walk);
        json_object_put(walk.list);
        return r;
}

const struct cli_body cli_sessions_body = {option_rows, sizeof(struct sessions_options), run};
