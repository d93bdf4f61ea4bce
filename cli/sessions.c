/*
 * pamjwt sessions: lists sessions opened by a token and when the token expires; ends those of a sub, jti or
 * issuer.
 */
#include "cmd.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "endsession.h"
#include "out.h"
#include "recordstore.h"

struct sessions_options {
        struct cli_args args;
        const char *subject;
        const char *jti;
        const char *issuer;
        bool end;
        bool all;
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
        CLI_OPT("all", CLI_FLAG, NULL, CLI_ANY, all,
                "with --end: also end daemons that the user restarted as another user"),
        CLI_OPT("dry-run", CLI_FLAG, NULL, CLI_ANY, dry_run,
                "with --end: list what would be ended, and end nothing"),
        CLI_OPT("run-dir", CLI_STRING, "DIR", CLI_FILE, run_dir,
                "look for session records here instead of /run/pam_jwt"),
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

/* --- records --- */

static const char *run_dir_of(const struct sessions_options *options)
{
        return options->run_dir ? options->run_dir : PJWT_RUN_DIR;
}

/*
 * A value matches as it is, and as this command prints it, so that it can be copied from the list even if it
 * contains characters that a terminal cannot show.
 */
static bool equal(const char *wanted, const char *value)
{
        char *shown = NULL;
        size_t len = 0;
        FILE *f;
        bool same;

        if (!wanted || (value && strcmp(wanted, value) == 0))
                return true;
        f = value ? open_memstream(&shown, &len) : NULL;
        if (!f)
                return false;
        cli_put_str(f, value);
        same = fclose(f) == 0 && strcmp(wanted, shown) == 0;
        free(shown);
        return same;
}

static bool is_meant(const struct sessions_options *options, const struct pjwt_record *record)
{
        return equal(options->subject, record->sub) && equal(options->jti, record->jti) &&
               (equal(options->issuer, record->iss) || equal(options->issuer, record->issuer));
}

/*
 * The value of `ended`. A session whose sshd had to be killed leaves its record; the record is removed as
 * well.
 */
static const char *end_and_forget(struct walk *walk, const struct cli_session *session)
{
        if (walk->options->dry_run)
                return "dry-run";
        if (!cli_session_end(session)) {
                walk->failed = true;
                return "no";
        }
        pjwt_record_drop_session(run_dir_of(walk->options), session->id);
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

/* One line for each process, below the line of its session. */
static void print_processes(const struct cli_processes *processes)
{
        for (size_t i = 0; i < processes->count; i++) {
                const struct cli_process *p = &processes->items[i];

                printf("  %s %d ", p->left ? "leave" : "end", (int)p->pid);
                cli_put_str(stdout, p->name);
                if (p->left)
                        fputs(p->of_manager ? " (the user's systemd, which serves other sessions too)"
                                            : " (another user's daemon; --all ends it)",
                              stdout);
                putchar('\n');
        }
}

static void print_session(const struct walk *walk, unsigned id, const struct pjwt_record *record,
                          const struct cli_processes *processes, const char *ended)
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
        if (ended)
                print_processes(processes);
}

/* The number of those ended, and those left as a list. */
static size_t add_processes(struct json_object *o, const struct cli_processes *processes)
{
        struct json_object *left = json_object_new_array();
        size_t count = 0;

        for (size_t i = 0; i < processes->count; i++) {
                const struct cli_process *p = &processes->items[i];
                struct json_object *one;

                count += !p->left;
                if (!p->left)
                        continue;
                one = json_object_new_object();
                cli_json_add(one, "pid", json_object_new_int64(p->pid));
                cli_json_add_string(one, "name", p->name);
                json_object_array_add(left, one);
        }
        cli_json_add(o, "left", left);
        return count;
}

static struct json_object *session_object(unsigned id, const struct pjwt_record *record,
                                          const struct cli_processes *processes, const char *ended)
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
        cli_json_add(o, "processes", json_object_new_int64((int64_t)add_processes(o, processes)));
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
        struct cli_processes processes = {0};
        struct cli_session session = {.id = id, .all = walk->options->all};
        const char *ended = NULL;

        if (!record) {
                show_unreadable(walk, id, error);
                return;
        }
        if (!is_meant(walk->options, record))
                return;
        session.uid = record->uid;
        session.since = record->since;
        if (!cli_processes_find(&session, &processes)) {
                cli_complain("no-memory", "session %u: its processes cannot be listed", id);
                walk->failed = true;
                return;
        }
        if (walk->options->end)
                ended = end_and_forget(walk, &session);
        walk->shown++;
        if (walk->list)
                json_object_array_add(walk->list, session_object(id, record, &processes, ended));
        else
                print_session(walk, id, record, &processes, ended);
        cli_processes_clear(&processes);
}

/* With --end, it is a failure if there was nothing to end. */
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
                return cli_usage("--end requires --sub, --jti or --issuer to select sessions");
        if (options->dry_run && !options->end)
                return cli_usage("--dry-run requires --end");
        if (options->all && !options->end)
                return cli_usage("--all requires --end");
        return CLI_YES;
}

/* If the caller's own session is among them, the others are ended first. */
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
