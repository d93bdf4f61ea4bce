/* pamjwt check: checks the configuration, or decides about a token as a login would. */
#include "cmd.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "decide.h"
#include "doctor.h"
#include "input.h"
#include "keysource.h"
#include "out.h"
#include "policy.h"
#include "reply.h"
#include "sshkey.h"

struct check_options {
        struct cli_args args;
        const char *config;
        const char *service;
        const char *user;
        struct cli_fetching fetching;
        const char *revoked;
        const char *ssh_key;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct check_options

static const struct cli_option option_rows[] = {
        CLI_OPT_CONFIG,
        CLI_OPT("service", CLI_STRING, "SERVICE", CLI_SERVICE, service,
                "the PAM service to check for; default sshd"),
        CLI_OPT("user", CLI_STRING, "USER", CLI_USER, user,
                "the user to check for; default: the user who runs this command"),
        CLI_OPT("offline", CLI_FLAG, NULL, CLI_ANY, fetching.offline,
                "never start the fetch helper; use only cached keys"),
        CLI_OPT_FETCH(fetching.program),
        CLI_OPT_CACHE(fetching.cache),
        CLI_OPT("revoked", CLI_STRING, "FILE", CLI_FILE, revoked,
                "read this revocation list instead of /etc/security/pam_jwt.revoked"),
        CLI_OPT("ssh-key", CLI_STRING, "FILE", CLI_FILE, ssh_key,
                "for a token bound to an ssh key: the public key (id_ed25519.pub) that sshd would have "
                "verified in this login; for sudo, the key of the ssh login"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

static const char *revoked_path(const struct check_options *options)
{
        return options->revoked ? options->revoked : PJWT_REVOKED_FILE;
}

/* --- a token --- */

static void put_origin(const struct pjwt_origin *origin)
{
        if (!origin->file)
                return;
        fputs("  ", stdout);
        cli_put_str(stdout, origin->file);
        printf(":%u", origin->line);
}

/* If the signature was not verified, everything shown is only claimed by the token. */
static void print_stage(const struct pjwt_stage_note *stage, bool verified)
{
        printf("%-8s %-16s %s", pjwt_stage_name(stage->stage), pjwt_reason_name(stage->outcome),
               verified ? "" : "UNVERIFIED ");
        cli_put_str(stdout, stage->value);
        put_origin(&stage->origin);
        putchar('\n');
}

static void print_stages(const struct pjwt_decision *decision)
{
        printf("%-8s %-16s %s\n", "STAGE", "OUTCOME", "SEEN, AND THE LINE THAT DECIDED");
        for (size_t i = 0; i < decision->stage_count; i++)
                print_stage(&decision->stages[i], decision->verified);
}

static struct json_object *stage_object(const struct pjwt_stage_note *stage)
{
        struct json_object *o = json_object_new_object();

        cli_json_add_string(o, "stage", pjwt_stage_name(stage->stage));
        cli_json_add_string(o, "outcome", pjwt_reason_name(stage->outcome));
        cli_json_add_string(o, "value", stage->value);
        cli_json_add_string(o, "file", stage->origin.file);
        cli_json_add(o, "line", stage->origin.file ? json_object_new_int64(stage->origin.line) : NULL);
        return o;
}

static int print_decision_json(const struct pjwt_request *request, const struct pjwt_decision *decision)
{
        bool accepted = decision->error.reason == PJWT_OK;
        struct json_object *object = cli_json_begin(accepted);
        struct json_object *stages = json_object_new_array();

        for (size_t i = 0; stages && i < decision->stage_count; i++)
                json_object_array_add(stages, stage_object(&decision->stages[i]));
        cli_json_add_string(object, "reason", pjwt_reason_name(decision->error.reason));
        if (!accepted)
                cli_json_add_string(object, "detail", decision->error.detail);
        cli_json_add(object, "verified", json_object_new_boolean(decision->verified));
        cli_json_add_string(object, "user", request->user.name);
        cli_json_add_string(object, "service", request->service);
        cli_json_add_string(object, "grant", decision->grant ? decision->grant->name : NULL);
        cli_json_add(object, "steps", stages);
        return cli_print_json(object, cli_exit_status(decision->error.reason));
}

static int print_decision(const struct check_options *options, const struct pjwt_request *request,
                          const struct pjwt_decision *decision)
{
        if (options->json)
                return print_decision_json(request, decision);
        print_stages(decision);
        if (decision->error.reason != PJWT_OK)
                return cli_refused(options->json, &decision->error);
        fputs("accepted: ", stdout);
        cli_put_str(stdout, request->user.name);
        fputs(" may use ", stdout);
        cli_put_str(stdout, request->service);
        if (decision->grant) {
                fputs(" by grant ", stdout);
                cli_put_str(stdout, decision->grant->name);
        }
        putchar('\n');
        return CLI_YES;
}

/* The key of --ssh-key, as a login would prove it: in sshd by its line, elsewhere by a login record. */
struct proof {
        char *line;
        struct pjwt_sshkey key;
        struct pjwt_record record;
};

static char login_service[] = "sshd"; /* never written to */

static int read_proof(const struct check_options *options, struct proof *ret)
{
        struct cli_input input = {0};
        struct pjwt_error err = {0};
        int len, r = CLI_YES;

        if (!options->ssh_key)
                return CLI_YES;
        if (cli_input_file(options->ssh_key, &input, &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        len = (int)pjwt_sshkey_words(input.bytes);
        if (pjwt_sshkey_parse(input.bytes, (size_t)len, &ret->key, &err) != PJWT_OK)
                r = cli_refused(options->json, &err);
        else if (asprintf(&ret->line, "publickey %.*s\n", len, input.bytes) < 0)
                r = cli_unusable(options->json, &(struct pjwt_error){.reason = PJWT_NO_MEMORY});
        ret->record = (struct pjwt_record){
                .service = login_service, .bound_key = ret->key.thumbprint, .until = INT64_MAX};
        cli_input_clear(&input);
        return r;
}

static int decide(const struct check_options *options, const struct pjwt_conf *conf,
                  const struct pjwt_reply *reply, struct proof *proof)
{
        struct pjwt_lookups *lookups = pjwt_lookups_new();
        struct pjwt_request request = {
                .token = reply->token,
                .token_len = reply->len,
                .service = options->service ? options->service : "sshd",
                .now = cli_now(&options->now),
                .keys = cli_keycache(&options->fetching, cli_now(&options->now)),
                .revoked_file = revoked_path(options),
                .accounts = pjwt_lookups_accounts(lookups),
                .auth_info = proof->line,
                .login = proof->line ? &proof->record : NULL,
                .replay = {.run_dir = PJWT_RUN_DIR,
                           .boot = pjwt_replay_boot(cli_now(&options->now)),
                           .look_only = true},
        };
        struct pjwt_decision decision;
        int r = cli_user_find(options->user, &request.user);

        if (r != CLI_YES) {
                pjwt_lookups_free(lookups);
                return r;
        }
        request.keys.socket_path = options->fetching.offline ? NULL : PJWT_REFRESH_SOCKET;
        pjwt_decide(conf, &request, &decision);
        pjwt_reply_name_truncated(reply, &decision.error);
        r = print_decision(options, &request, &decision);
        pjwt_decision_clear(&decision);
        cli_user_clear(&request.user);
        pjwt_lookups_free(lookups);
        return r;
}

/* As a login does, from the first byte: the token is the only reply to the prompt. */
static int judge(const struct check_options *options, const struct cli_input *input)
{
        const struct pjwt_span typed = {input->bytes, input->len};
        struct pjwt_reply reply = {.prompts = 1};
        struct pjwt_error err = {0};
        struct pjwt_conf *conf = NULL;
        struct proof proof = {0};
        int r;

        if (pjwt_reply_read(&typed, 1, &reply, &err) != PJWT_OK)
                return cli_refused(options->json, &err);
        r = read_proof(options, &proof);
        if (r == CLI_YES)
                r = cli_conf_load(options->config, options->json, &conf);
        if (r == CLI_YES)
                r = decide(options, conf, &reply, &proof);
        pjwt_conf_free(conf);
        free(proof.line);
        pjwt_reply_clear(&reply);
        return r;
}

static int check_token(const struct check_options *options)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        int r;

        if (cli_input_read(options->args.words.items[0], CLI_INPUT_CHOMP, &input, &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        cli_input_warn(&input, "token");
        r = judge(options, &input);
        cli_input_clear(&input);
        return r;
}

/* --- the configuration alone --- */

/* Where the problems of a configuration go: printed as they are found, or collected in JSON lists. */
struct problems {
        bool json;
        size_t errors;
        size_t warnings;
        struct json_object *error_list;
        struct json_object *warning_list;
        size_t around; /* errors outside of the configuration */
        struct json_object *findings;
        struct json_object *accounts; /* of the revocation list */
};

static struct json_object *problem_object(const struct pjwt_conf_problem *problem)
{
        struct json_object *o = json_object_new_object();

        cli_json_add_string(o, "file", problem->origin.file);
        cli_json_add(o, "line", json_object_new_int64(problem->origin.line));
        cli_json_add_string(o, "key", problem->key);
        cli_json_add_string(o, "text", problem->text);
        return o;
}

static void print_problem(const struct pjwt_conf_problem *problem)
{
        fprintf(stderr, "pamjwt: %s: ", problem->warning ? "warning" : pjwt_reason_name(PJWT_CONFIG));
        if (problem->origin.file)
                cli_put_str(stderr, problem->origin.file);
        if (problem->origin.line)
                fprintf(stderr, ":%u", problem->origin.line);
        fputs(": ", stderr);
        if (problem->key) {
                cli_put_str(stderr, problem->key);
                fputs(": ", stderr);
        }
        cli_put_str(stderr, problem->text);
        fputc('\n', stderr);
}

static void report(void *arg, const struct pjwt_conf_problem *problem)
{
        struct problems *problems = arg;

        if (problem->warning)
                problems->warnings++;
        else
                problems->errors++;
        if (!problems->json)
                print_problem(problem);
        else
                json_object_array_add(problem->warning ? problems->warning_list : problems->error_list,
                                      problem_object(problem));
}

static int print_conf_json(const struct check_options *options, struct problems *problems,
                           const struct pjwt_error *err)
{
        bool good = err->reason == PJWT_UNDECIDED && problems->around == 0;
        struct json_object *object = cli_json_begin(good);

        cli_json_add_string(object, "config", cli_conf_path(options->config));
        if (err->reason != PJWT_UNDECIDED) {
                cli_json_add_string(object, "reason", pjwt_reason_name(err->reason));
                cli_json_add_string(object, "detail", err->detail);
        }
        cli_json_add(object, "errors", json_object_get(problems->error_list));
        cli_json_add(object, "warnings", json_object_get(problems->warning_list));
        cli_json_add(object, "findings", json_object_get(problems->findings));
        cli_json_add(object, "revoked_accounts", json_object_get(problems->accounts));
        return cli_print_json(object, good ? CLI_YES : CLI_ERROR);
}

/* Each error was reported when it was found, except that a file could not be read. */
static int print_conf(const struct check_options *options, const struct problems *problems,
                      const struct pjwt_conf *conf, const struct pjwt_error *err)
{
        if (err->reason != PJWT_UNDECIDED)
                return problems->errors ? CLI_ERROR : cli_unusable(options->json, err);
        cli_put_str(stdout, cli_conf_path(options->config));
        printf(": good; issuers: %zu, grants: %zu, services: %zu\n", conf->issuer_count, conf->grant_count,
               conf->service_count);
        return problems->around ? CLI_ERROR : CLI_YES;
}

/* Splits "PATH:LINE: TEXT" or "PATH: TEXT" of an error. */
static struct pjwt_conf_problem revoked_problem(const char *path, const struct pjwt_error *err)
{
        struct pjwt_conf_problem problem = {.origin = {.file = path}, .text = err->detail};
        size_t len = strlen(path);
        char *end;

        if (strncmp(err->detail, path, len) != 0 || err->detail[len] != ':')
                return problem;
        problem.text += len + 1;
        if (*problem.text >= '0' && *problem.text <= '9') {
                problem.origin.line = (unsigned)strtoul(problem.text, &end, 10);
                problem.text = *end == ':' ? end + 1 : end;
        }
        problem.text += strspn(problem.text, " ");
        return problem;
}

static struct json_object *account_object(const struct pjwt_revoked_account *line, const char *name,
                                          uid_t uid)
{
        struct json_object *o = json_object_new_object();

        cli_json_add_string(o, "file", line->file);
        cli_json_add(o, "line", json_object_new_int64(line->line));
        cli_json_add_string(o, "user", name);
        cli_json_add(o, "uid", json_object_new_int64(uid));
        return o;
}

/* The account that a line shuts out, as NSS has it now. */
static void show_account(const struct pjwt_revoked_account *line, const char *name, uid_t uid,
                         struct problems *problems)
{
        if (problems->json) {
                json_object_array_add(problems->accounts, account_object(line, name, uid));
                return;
        }
        cli_put_str(stdout, line->file);
        printf(":%u: refuses uid %lu", line->line, (unsigned long)uid);
        if (name) {
                fputs(", ", stdout);
                cli_put_str(stdout, name);
        }
        putchar('\n');
}

/* A line without an account is not an error: accounts come and go. But a misspelt name shuts no one out. */
static void list_accounts(const struct pjwt_revoked *list, struct problems *problems)
{
        struct pjwt_lookups *lookups = pjwt_lookups_new();
        struct pjwt_accounts accounts = pjwt_lookups_accounts(lookups);
        struct pjwt_revoked_account line;

        for (size_t i = 0; accounts.find && pjwt_revoked_account_at(list, i, &line); i++) {
                char text[512];
                struct pjwt_conf_problem problem = {
                        .origin = {line.file, line.line}, .text = text, .warning = true};
                const struct passwd *passwd = line.name ? NULL : getpwuid(line.uid);
                enum pjwt_account found =
                        line.name ? accounts.find(accounts.arg, line.name, &line.uid) : PJWT_ACCOUNT_FOUND;

                if (found == PJWT_ACCOUNT_FOUND) {
                        show_account(&line, passwd ? passwd->pw_name : line.name, line.uid, problems);
                        continue;
                }
                (void)snprintf(text, sizeof(text), "user %.200s: %s", line.name,
                               found == PJWT_ACCOUNT_ABSENT
                                       ? "there is no such account on this host"
                                       : "the account could not be looked up: logins are refused");
                report(problems, &problem);
        }
        pjwt_lookups_free(lookups);
}

/*
 * The revocation list too: a login whose list cannot be read is refused, and a misspelt line revokes
 * nothing. Issuer names can be looked up only in a valid configuration.
 */
static void check_revoked(const struct check_options *options, const struct pjwt_conf *conf,
                          struct problems *problems, struct pjwt_error *err)
{
        struct pjwt_revoked *list = NULL;
        struct pjwt_error own = {0};
        struct pjwt_conf_problem problem;

        if (pjwt_revoked_load(revoked_path(options), conf, &list, &own) != PJWT_OK) {
                problem = revoked_problem(revoked_path(options), &own);
                report(problems, &problem);
                if (err->reason == PJWT_UNDECIDED)
                        *err = own;
        } else {
                list_accounts(list, problems);
        }
        pjwt_revoked_free(list);
}

/*
 * On the host itself: the settings for bound tokens that are outside of this file. Without them a policy
 * lets strangers in, or lets no one in.
 */
static struct cli_doctor look_around(const struct check_options *options, struct pjwt_conf *conf)
{
        struct cli_doctor d = {.root = "", .conf = conf};

        if (options->json)
                d.list = json_object_new_array();
        if (!options->config && conf)
                cli_doctor_bound(&d);
        return d;
}

static int check_conf(const struct check_options *options)
{
        struct problems problems = {.json = options->json};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};
        struct cli_doctor around;
        char hostname[256];
        int r;

        problems.error_list = json_object_new_array();
        problems.warning_list = json_object_new_array();
        problems.accounts = json_object_new_array();
        pjwt_conf_load_check(cli_conf_path(options->config), cli_hostname(hostname), report, &problems, &conf,
                             &err);
        if (err.reason == PJWT_UNDECIDED || problems.errors > 0)
                check_revoked(options, conf, &problems, &err);
        around = look_around(options, conf);
        problems.findings = around.list;
        problems.around = around.errors;
        r = options->json ? print_conf_json(options, &problems, &err)
                          : print_conf(options, &problems, conf, &err);
        json_object_put(problems.error_list);
        json_object_put(problems.warning_list);
        json_object_put(problems.accounts);
        json_object_put(around.list);
        pjwt_conf_free(conf);
        return r;
}

static int run(const void *arg)
{
        const struct check_options *options = arg;

        return options->args.words.count ? check_token(options) : check_conf(options);
}

const struct cli_body cli_check_body = {option_rows, sizeof(struct check_options), run};
