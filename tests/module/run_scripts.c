/*
 * Runs the module in a real libpam as described by a script, tests/module/scripts/AREA/NAME. One TAP line for
 * each script.
 *
 *   # the rule that this script tests, with the id of the attack
 *   [options]  auth, account, session = arguments of that line; `conf=` is added unless noconf is set;
 *              auth2 = those of a second auth line
 *   [set]      user, service, rhost, authtok (before authenticate), noconf, root (skipped without), systemd
 *   [conf]     another configuration, %d is the directory
 *   [run]      the calls and their expected results, in order:
 *              authenticate [silent] = PAM_AUTH_ERR  (also setcred, acct_mgmt, open_session, close_session)
 *              authtok = none | text                 (as seen by the next module)
 *              delay = yes | no                      (of the last authenticate)
 *              putenv NAME = VALUE                   (before it)
 *              user = NAME                           (changes PAM_USER)
 *              ruser = NAME                          (sets PAM_RUSER, as su and sudo do)
 *              revoke = LINE                         (the revocation list, one line; needs `root`)
 *              sleep = SECONDS
 *   [prompts]  the expected prompts and messages, in order, and the replies:
 *              ask PROMPT|REPLY   (tokens.h; `|@fail` fails the conversation, `|@null` replies nothing,
 *                                 `|@again` gives the last reply once more)
 *              error TEXT, info TEXT   (patterns of fnmatch(3))
 *   [output]   every log line except DEBUG, in order: patterns of fnmatch(3); a line that begins with DEBUG
 *              must appear somewhere with `debug`
 *
 * Each script runs twice, the second time with `debug`, and in both cases no 16 consecutive bytes of a
 * reply that contains a token may appear in any line of the log or any message (attacks USR-13).
 */
#include "probe.h"
#include "script.h"
#include "tokens.h"
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One run of one script. */
static struct run {
        const struct script *script;
        size_t prompt;            /* the next line of [prompts] */
        char *secrets[LINES_MAX]; /* replies given so far */
        size_t secret_count;
        char *messages[LINES_MAX]; /* messages shown to the user */
        size_t message_count;
        const char *first_pass; /* PAM_AUTHTOK before authenticate */
        int result;
        char *authtok;
        unsigned delay;
        char *data; /* systemd.runtime_max_sec after the last call */
        bool failed;
} run;

static char *module_path;
static char *probe_path;

void complain(const char *fmt, ...)
{
        va_list ap;

        run.failed = true;
        (void)printf("#   ");
        va_start(ap, fmt);
        (void)vprintf(fmt, ap);
        va_end(ap);
        (void)printf("\n");
}

void probe_before(pam_handle_t *pamh, const char *entry)
{
        if (run.first_pass && strcmp(entry, "pam_sm_authenticate") == 0)
                (void)pam_set_item(pamh, PAM_AUTHTOK, run.first_pass);
}

void probe_after(pam_handle_t *pamh, const char *entry, int result, const char *authtok)
{
        const void *data = NULL;

        (void)entry;
        run.result = result;
        free(run.data);
        run.data = pam_get_data(pamh, "systemd.runtime_max_sec", &data) == PAM_SUCCESS && data ? strdup(data)
                                                                                               : NULL;
        free(run.authtok);
        run.authtok = authtok ? strdup(authtok) : NULL;
}

static void delay_fn(int status, unsigned usec, void *appdata)
{
        (void)status;
        (void)appdata;
        run.delay = usec;
}

/* The next line of [prompts], without `kind `; NULL if another kind was expected. */
static const char *next_prompt(const char *kind, const char *seen)
{
        const struct section *prompts = &run.script->prompts;
        const char *line = run.prompt < prompts->count ? prompts->lines[run.prompt] : "(nothing)";

        run.prompt++;
        if (strncmp(line, kind, strlen(kind)) == 0 && line[strlen(kind)] == ' ')
                return line + strlen(kind) + 1;
        complain("the user saw: %s %s, expected: %s", kind, seen, line);
        return NULL;
}

static int answer_prompt(const char *prompt, char **ret)
{
        const char *line = next_prompt("ask", prompt);
        const char *bar = line ? strchr(line, '|') : NULL;

        if (!bar)
                return PAM_CONV_ERR;
        if (strlen(prompt) != (size_t)(bar - line) || strncmp(prompt, line, strlen(prompt)) != 0)
                complain("prompt: \"%s\", expected: %s", prompt, line);
        if (strcmp(bar + 1, "@fail") == 0)
                return PAM_CONV_ERR;
        if (strcmp(bar + 1, "@null") == 0)
                return PAM_SUCCESS;
        if (strcmp(bar + 1, "@again") == 0 && run.secret_count > 0)
                *ret = strdup(run.secrets[run.secret_count - 1]);
        else
                *ret = tokens_answer(bar + 1);
        run.secrets[run.secret_count++] = strdup(*ret);
        return PAM_SUCCESS;
}

static void show_message(const char *kind, const char *text)
{
        const char *pattern = next_prompt(kind, text);

        if (pattern && fnmatch(pattern, text, 0) != 0)
                complain("%s: \"%s\", expected: %s", kind, text, pattern);
        run.messages[run.message_count++] = strdup(text);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *appdata)
{
        int result = PAM_SUCCESS;

        (void)appdata;
        *ret = calloc((size_t)count, sizeof(**ret));
        for (int i = 0; i < count && *ret; i++)
                if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
                        result = answer_prompt(messages[i]->msg, &(*ret)[i].resp);
                else
                        show_message(messages[i]->msg_style == PAM_ERROR_MSG ? "error" : "info",
                                     messages[i]->msg);
        if (result != PAM_SUCCESS) {
                free(*ret);
                *ret = NULL;
        }
        return result;
}

static void write_stack(const struct script *script, const char *service, bool debug)
{
        static const char *const lines[] = {"auth", "account", "session", "auth2"};
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        bool conf = !value_of(&script->set, "noconf");

        for (size_t i = 0; f && i < 4; i++) {
                const char *arguments = value_of(&script->options, lines[i]);

                if (i == 3 && !arguments)
                        continue;
                (void)fprintf(f, "%s required %s %s%s%s %s\n", i == 3 ? lines[0] : lines[i], probe_path,
                              module_path, conf ? " config=%d/pam_jwt.conf cache=%d" : "",
                              debug ? " debug" : "", arguments ? arguments : "");
        }
        if (!f || fclose(f) != 0)
                abort();
        world_stack(service, text);
        free(text);
}

static int code_of(const char *name)
{
        static const struct {
                const char *name;
                int code;
        } codes[] = {{"PAM_SUCCESS", PAM_SUCCESS},
                     {"PAM_AUTH_ERR", PAM_AUTH_ERR},
                     {"PAM_CRED_UNAVAIL", PAM_CRED_UNAVAIL},
                     {"PAM_AUTHINFO_UNAVAIL", PAM_AUTHINFO_UNAVAIL},
                     {"PAM_SERVICE_ERR", PAM_SERVICE_ERR},
                     {"PAM_SYSTEM_ERR", PAM_SYSTEM_ERR},
                     {"PAM_IGNORE", PAM_IGNORE},
                     {"PAM_PERM_DENIED", PAM_PERM_DENIED}};

        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
                if (strcmp(codes[i].name, name) == 0)
                        return codes[i].code;
        complain("no such PAM code: %s", name);
        return -1;
}

static int call(pam_handle_t *pamh, const char *what, int flags)
{
        run.result = -1;
        if (strcmp(what, "authenticate") == 0)
                return pam_authenticate(pamh, flags);
        if (strcmp(what, "setcred") == 0)
                return pam_setcred(pamh, (int)((unsigned)PAM_ESTABLISH_CRED | (unsigned)flags));
        if (strcmp(what, "acct_mgmt") == 0)
                return pam_acct_mgmt(pamh, flags);
        if (strcmp(what, "open_session") == 0)
                return pam_open_session(pamh, flags);
        if (strcmp(what, "close_session") == 0)
                return pam_close_session(pamh, flags);
        complain("no such step: %s", what);
        return -1;
}

static void check_authtok(const char *expected)
{
        char *wanted = strcmp(expected, "none") == 0 ? NULL : tokens_answer(expected);

        if ((wanted == NULL) != (run.authtok == NULL) || (wanted && strcmp(wanted, run.authtok) != 0))
                complain("authtok: %s, expected: %s", run.authtok ? run.authtok : "(none)", expected);
        free(wanted);
}

static int is_script(const struct dirent *entry)
{
        return entry->d_name[0] != '.';
}

static size_t count_files(const char *directory)
{
        struct dirent **names = NULL;
        int count = scandir(directory, &names, is_script, NULL);

        for (int i = 0; i < count; i++)
                free(names[i]);
        free(names);
        return count < 0 ? 0 : (size_t)count;
}

static void check_count(const char *what, const char *directory, const char *expected)
{
        if (count_files(directory) != strtoul(expected, NULL, 10))
                complain("%s: %zu, expected: %s", what, count_files(directory), expected);
}

static void check_text(const char *what, const char *seen, const char *expected)
{
        if (strcmp(expected, "soon") == 0 && seen && atoi(seen) > 0 && atoi(seen) < 300)
                return;
        if (strcmp(seen ? seen : "none", expected) != 0)
                complain("%s: %s, expected: %s", what, seen ? seen : "none", expected);
}

/* Starts a new audit session for this process; the kernel chooses its number. */
static void new_login(void)
{
        FILE *f = fopen("/proc/self/loginuid", "we");

        if (!f || fputs("1500", f) < 0 || fclose(f) != 0)
                complain("no audit session: %s", strerror(errno));
}

/*
 * `putenv NAME = VALUE`: a variable that the application set in the PAM environment, with `\n` and other
 * escapes decoded.
 */
static void put_env(pam_handle_t *pamh, const char *line, const char *expected)
{
        char name[64] = "";
        char text[4096];
        char *value = tokens_answer(expected);

        (void)sscanf(line, "%*s %63s", name);
        (void)snprintf(text, sizeof(text), "%s=%s", name, value);
        (void)pam_putenv(pamh, text);
        free(value);
}

/* Steps that require root and a kernel with audit support. */
static bool root_step(pam_handle_t *pamh, const char *line, const char *what, const char *expected)
{
        char name[64] = "";

        (void)sscanf(line, "%*s %63s", name);
        if (strcmp(what, "euid") == 0 && seteuid((uid_t)atoi(expected)) != 0)
                complain("seteuid: %s", strerror(errno));
        else if (strcmp(what, "uid") == 0 && setreuid((uid_t)atoi(expected), 0) != 0)
                complain("setreuid: %s", strerror(errno));
        else if (strcmp(what, "login") == 0)
                new_login();
        else if (strcmp(what, "pending") == 0)
                check_count(what, "/run/pam_jwt/pending", expected);
        else if (strcmp(what, "sessions") == 0)
                check_count(what, "/run/pam_jwt/session", expected);
        else if (strcmp(what, "env") == 0)
                check_text(name, pam_getenv(pamh, name), expected);
        else if (strcmp(what, "data") == 0)
                check_text(name, run.data, expected);
        else
                return strcmp(what, "uid") == 0 || strcmp(what, "euid") == 0;
        return true;
}

/* PAM passes a function as an object pointer; C has no conversion between them. */
static const union {
        void (*fn)(int status, unsigned usec, void *appdata);
        const void *object;
} delay_item = {delay_fn};

static pam_handle_t *start(const struct script *script, const char *service, bool debug)
{
        static const struct pam_conv conv = {converse, NULL};
        const char *user = value_of(&script->set, "user");
        pam_handle_t *pamh;

        write_stack(script, service, debug);
        pamh = world_start(service, user ? user : "alice", &conv);
        (void)pam_set_item(pamh, PAM_FAIL_DELAY, delay_item.object);
        return pamh;
}

static void revoke_line(const char *line)
{
        char text[256];

        (void)snprintf(text, sizeof(text), "%s\n", line);
        world_revoke(text);
}

static void step(pam_handle_t *pamh, const char *line)
{
        char what[64] = "";
        const char *expected = strstr(line, " = ");

        (void)sscanf(line, "%63s", what);
        if (!expected) {
                complain("no expectation: %s", line);
                return;
        }
        expected += 3;
        if (root_step(pamh, line, what, expected))
                return;
        if (strcmp(what, "authtok") == 0)
                check_authtok(expected);
        else if (strcmp(what, "delay") == 0 && geteuid() != 0 && !value_of(&run.script->set, "root"))
                return; /* not this process's user: see answers/delay-by-process */
        else if (strcmp(what, "delay") == 0 && (run.delay > 1000000) != (strcmp(expected, "yes") == 0))
                complain("delay: %u us, expected: %s", run.delay, expected);
        else if (strcmp(what, "putenv") == 0)
                put_env(pamh, line, expected);
        else if (strcmp(what, "user") == 0)
                (void)pam_set_item(pamh, PAM_USER, expected);
        else if (strcmp(what, "ruser") == 0)
                (void)pam_set_item(pamh, PAM_RUSER, expected);
        else if (strcmp(what, "revoke") == 0)
                revoke_line(expected);
        else if (strcmp(what, "sleep") == 0)
                (void)sleep((unsigned)strtoul(expected, NULL, 10));
        else if (strcmp(what, "delay") != 0) {
                (void)call(pamh, what, strstr(line, " silent ") ? PAM_SILENT : 0);
                if (run.result != code_of(expected))
                        complain("%s answered %d (%s), expected: %s", what, run.result,
                                 run.result < 0 ? "not called" : pam_strerror(pamh, run.result), expected);
        }
}

static void check_log(const struct section *output, bool debug)
{
        size_t expected = 0;

        for (size_t i = 0; i < world_log_count; i++) {
                const char *seen = world_log[i];
                const char *pattern;

                if (strncmp(seen, "DEBUG", 5) == 0 && debug)
                        continue;
                while (expected < output->count && strncmp(output->lines[expected], "DEBUG", 5) == 0)
                        expected++;
                pattern = expected < output->count ? output->lines[expected++] : "(nothing)";
                if (fnmatch(pattern, seen, 0) != 0)
                        complain("logged:   %s\n#   expected: %s", seen, pattern);
        }
        for (; expected < output->count; expected++)
                if (strncmp(output->lines[expected], "DEBUG", 5) != 0)
                        complain("not logged: %s", output->lines[expected]);
}

static void check_debug_log(const struct section *output)
{
        for (size_t i = 0; i < output->count; i++) {
                bool seen = strncmp(output->lines[i], "DEBUG", 5) != 0;

                for (size_t j = 0; j < world_log_count; j++)
                        seen = seen || fnmatch(output->lines[i], world_log[j], 0) == 0;
                if (!seen)
                        complain("not logged: %s", output->lines[i]);
        }
}

#define PIECE 16

static void check_piece(const char *piece)
{
        for (size_t i = 0; i < world_log_count; i++)
                if (strstr(world_log[i], piece))
                        complain("a piece of the answer is in the log: %s", world_log[i]);
        for (size_t i = 0; i < run.message_count; i++)
                if (strstr(run.messages[i], piece))
                        complain("a piece of the answer is in a message: %s", run.messages[i]);
}

static void check_no_leak(void)
{
        char piece[PIECE + 1] = "";

        for (size_t i = 0; i < run.secret_count; i++)
                for (size_t at = 0; strlen(run.secrets[i]) >= PIECE && at + PIECE <= strlen(run.secrets[i]);
                     at += PIECE / 2) {
                        memcpy(piece, run.secrets[i] + at, PIECE);
                        check_piece(piece);
                }
}

static void run_once(const struct script *script, bool debug)
{
        const char *service = value_of(&script->set, "service");
        const char *first_pass = value_of(&script->set, "authtok");
        const char *rhost = value_of(&script->set, "rhost");
        char *conf = script->conf.count > 0 ? conf_text(script) : NULL;
        char *owned = first_pass ? tokens_answer(first_pass) : NULL;
        pam_handle_t *pamh;

        run = (struct run){.script = script, .first_pass = owned, .failed = run.failed};
        world_forget();
        (void)world_folder(conf);
        if (value_of(&script->set, "systemd"))
                (void)mkdir("/run/systemd", 0755), (void)mkdir("/run/systemd/system", 0755);
        pamh = start(script, service ? service : "sshd", debug);
        if (rhost)
                (void)pam_set_item(pamh, PAM_RHOST, rhost);
        for (size_t i = 0; i < script->run.count; i++)
                if (strncmp(script->run.lines[i], "service = ", 10) == 0) {
                        (void)pam_end(pamh, PAM_SUCCESS);
                        pamh = start(script, script->run.lines[i] + 10, debug);
                } else {
                        step(pamh, script->run.lines[i]);
                }
        if (value_of(&script->set, "root") && seteuid(0) != 0)
                complain("seteuid: %s", strerror(errno));
        (void)pam_end(pamh, PAM_SUCCESS);
        if (geteuid() == 0 && setreuid(0, 0) != 0)
                complain("setreuid: %s", strerror(errno));
        (void)rmdir("/run/systemd/system");
        if (value_of(&script->set, "root"))
                check_count("pending records at the end", "/run/pam_jwt/pending", "0");
        if (run.prompt != script->prompts.count)
                complain("%zu prompts and messages, expected: %zu", run.prompt, script->prompts.count);
        check_log(&script->output, debug);
        if (debug)
                check_debug_log(&script->output);
        check_no_leak();
        world_remove();
        for (size_t i = 0; i < run.secret_count; i++)
                free(run.secrets[i]);
        for (size_t i = 0; i < run.message_count; i++)
                free(run.messages[i]);
        free(run.authtok);
        free(run.data);
        free(owned);
        free(conf);
}

/* TAP's reason to skip; NULL: none. */
static const char *skipped(const struct script *script)
{
        return value_of(&script->set, "root") && geteuid() != 0 ? " # SKIP needs root" : NULL;
}

static bool run_script(const char *path, const char **skip)
{
        struct script script = {0};

        run.failed = false;
        read_script(path, &script);
        *skip = skipped(&script);
        if (*skip) {
                free_script(&script);
                return true;
        }
        if (script.run.count == 0)
                complain("nothing to run");
        run_once(&script, false);
        run_once(&script, true);
        free_script(&script);
        return !run.failed;
}

/* run_scripts MODULE PROBE DIRECTORY [NAME]: runs every script of a directory, or one. */
int main(int argc, char **argv)
{
        struct dirent **names = NULL;
        int count;
        int failed = 0;
        int done = 0;

        if (argc < 4)
                return 99;
        module_path = realpath(argv[1], NULL); /* libpam resolves a relative path in its own directory */
        probe_path = realpath(argv[2], NULL);
        if (!module_path || !probe_path)
                return 99;
        count = scandir(argv[3], &names, is_script, alphasort);
        for (int i = 0; i < count; i++) {
                char path[4096];
                const char *skip = NULL;
                bool ok;

                (void)snprintf(path, sizeof(path), "%s/%s", argv[3], names[i]->d_name);
                if (argc > 4 && strcmp(argv[4], names[i]->d_name) != 0)
                        continue;
                ok = run_script(path, &skip);
                (void)printf("%sok %d - %s%s\n", ok ? "" : "not ", ++done, names[i]->d_name,
                             skip ? skip : "");
                failed += !ok;
        }
        for (int i = 0; i < count; i++)
                free(names[i]);
        free(names);
        free(module_path);
        free(probe_path);
        (void)printf("1..%d\n", done);
        world_forget();
        return failed || done == 0;
}
