/* pamjwt doctor: what would stop a login on this host, or let too much in, and the line to change. */
#include "doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "keysource.h"
#include "policy.h"
#include "revoked.h"

struct doctor_options {
        struct cli_args args;
        const char *config;
        struct cli_fetching fetching; /* the cache only: nothing is fetched */
        const char *root;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct doctor_options

static const struct cli_option option_rows[] = {
        CLI_OPT_CONFIG,
        CLI_OPT_CACHE(fetching),
        CLI_OPT("root", CLI_STRING, "DIR", CLI_FILE, root,
                "look at the system below this folder instead of this host"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* One row a finding. */
struct row {
        const char *id;
        bool error; /* stops a login or lets too much in; else a warning */
        const char *why;
        const char *fix;
};

static const struct row rows[CLI_FIND_COUNT] = {
        [CLI_FIND_CONFIG] = {"config", true,
                             "a configuration that is not understood whole refuses every token",
                             "correct the line that is named"},
        [CLI_FIND_CONFIG_WARNING] = {"config-warning", false,
                                     "it works as written, but may let in more than was meant",
                                     "see pam_jwt.conf(5) for this key"},
        [CLI_FIND_REVOKED] = {"revoked", true,
                              "a revocation list that is not understood whole refuses every token",
                              "correct the line that is named"},
        [CLI_FIND_CLONE] =
                {"clone", true,
                 "host_name came along with the copied disk, so this host takes the tokens that are meant "
                 "for another",
                 "host_name and machine_id of this host in [host]: see /etc/machine-id"},
        [CLI_FIND_UNCONFIRMED] =
                {"setup-unconfirmed", false,
                 "a set-up that nobody has confirmed is taken back when its time is over, but not after a "
                 "restart of the host",
                 "run: pamjwt setup --confirm, or: pamjwt setup --undo"},
        [CLI_FIND_KEYS_NONE] = {"keys-none", true,
                                "the first login would have to wait for the network, or fail",
                                "run: pamjwt refresh"},
        [CLI_FIND_KEYS_FILE] = {"keys-file", true, "without its keys no token of this issuer can be verified",
                                "correct jwks = file:... of the issuer, or the file"},
        [CLI_FIND_KEYS_STALE] = {"keys-stale", true,
                                 "keys older than max_stale are not used, so every token is refused",
                                 "run: pamjwt refresh; then see why the timer did not: systemctl status "
                                 "pamjwt-refresh.timer"},
        [CLI_FIND_KEYS_OLD] =
                {"keys-old", false, "nothing refreshes the keys; at max_stale every token will be refused",
                 "systemctl enable --now pamjwt-refresh.timer, or a line in cron for: pamjwt refresh"},
        [CLI_FIND_KEYS_CACHE] =
                {"keys-cache", true,
                 "a cache that others could have written is not trusted, so it counts as empty",
                 "chown root: /var/cache/pam_jwt; chmod 0755 /var/cache/pam_jwt; pamjwt refresh"},
        [CLI_FIND_KEYS_ERROR] = {"keys-error", false,
                                 "the last refresh failed; cached keys serve until max_stale",
                                 "run: pamjwt refresh --force"},
        [CLI_FIND_FETCH_USER] = {"fetch-user", true, "root fetches nothing without the user _pamjwt",
                                 "systemd-sysusers, or: adduser --system --group --no-create-home _pamjwt"},
        [CLI_FIND_FETCH_PROGRAM] =
                {"fetch-program", true,
                 "without the helper no key can be fetched; who can change it runs as root",
                 "install pamjwt-fetch again"},
        [CLI_FIND_FETCH_FILE] = {"fetch-file", true, "without this file the keys cannot be fetched",
                                 "correct ca_file or bearer_file of the issuer"},
        [CLI_FIND_CLOCK] = {"clock", true,
                            "a clock that is behind refuses fresh tokens and accepts expired ones",
                            "timedatectl set-ntp true"},
        [CLI_FIND_PAM_NONE] = {"pam-none", true, "no service asks pam_jwt, so no token opens anything",
                               CLI_LINE_AUTH " in /etc/pam.d/sshd"},
        [CLI_FIND_PAM_MODULE] =
                {"pam-module", true,
                 "a module that is missing lets no token in, and can shut everybody out; who can change it "
                 "is root at the next login",
                 "install the package again, or take the lines with pam_jwt.so out"},
        [CLI_FIND_PAM_FAULT] = {"pam-fault", true,
                                "PAM refuses every login of a service whose stack it cannot read",
                                "correct the line that is named"},
        [CLI_FIND_PAM_MODE] = {"pam-mode", true, "who can write the stack can let himself in",
                               "chown root: FILE; chmod 0644 FILE"},
        [CLI_FIND_PAM_ARGUMENT] = {"pam-argument", true,
                                   "a line with an argument that is not understood refuses tokens",
                                   "correct the argument; see pam_jwt(8)"},
        [CLI_FIND_PAM_NO_DENY] =
                {"pam-no-deny", true,
                 "with cred_unavail=ignore the stack goes on when something is typed that is no token; "
                 "without pam_deny at its end whoever gets there can be let in",
                 "auth requisite pam_deny.so   as the last auth line"},
        [CLI_FIND_PAM_REFUSAL_IGNORED] =
                {"pam-refusal-ignored", true,
                 "a token that was refused goes on to the other modules: they see it, and one that says yes "
                 "lets it in",
                 CLI_LINE_AUTH},
        [CLI_FIND_PAM_UNKNOWN_MODULE] =
                {"pam-module-unknown", false,
                 "when the module's file is missing, during an upgrade for instance, passwords and keys are "
                 "refused too",
                 "add module_unknown=ignore to the control of this line"},
        [CLI_FIND_PAM_SKIPPED] = {"pam-skipped", true,
                                  "a token ends the stack here, so this module is never asked",
                                  "put the module before pam_jwt.so, or take success=done away"},
        [CLI_FIND_PAM_SUBSTACK] =
                {"pam-substack", true,
                 "success=done ends the substack alone: behind it the other auth lines ask again, and "
                 "whoever has a token only is refused",
                 "auth include FILE   instead of substack, or pam_jwt.so in the service's own file"},
        [CLI_FIND_PAM_BEFORE] =
                {"pam-before", false,
                 "it stands before pam_jwt and asks for the password first, so it is given the token, and "
                 "may log or send it",
                 "move the line behind pam_jwt.so"},
        [CLI_FIND_PAM_NO_ACCOUNT] = {"pam-no-account", false,
                                     "whether the token has expired meanwhile is not asked again",
                                     CLI_LINE_ACCOUNT},
        [CLI_FIND_PAM_TOKEN_ONLY] =
                {"pam-token-only", true,
                 "the auth lines take tokens only, but a public key never reaches them: it logs in alone",
                 CLI_LINE_ACCOUNT_SSHD},
        [CLI_FIND_PAM_LOGINUID] =
                {"pam-loginuid", false,
                 "the session gets no number before pam_jwt runs, so sudo's reuse_login and pamjwt sessions "
                 "do not find it",
                 "session required pam_loginuid.so   before the session line of pam_jwt.so"},
        [CLI_FIND_PAM_SYSTEMD] = {"pam-systemd", true,
                                  "session_until_exp is handed to logind by pam_systemd, behind the session "
                                  "line of pam_jwt: without both, the session goes on when the token is over",
                                  CLI_LINE_SESSION "   and behind it: session optional pam_systemd.so"},
        [CLI_FIND_REQUIRE_TOKEN] = {"require-token", true,
                                    "the account line is asked also where nobody is authenticated: by sudo "
                                    "within its timestamp and under NOPASSWD, by su when root calls it; "
                                    "require_token refuses that",
                                    CLI_LINE_ACCOUNT_ONLY
                                    "   without require_token; the auth lines take tokens only as it is"},
        [CLI_FIND_PAM_SIBLING] = {"pam-sibling", false,
                                  "the same command reaches another service, where no token is asked for",
                                  "the same lines in the other file"},
        [CLI_FIND_SERVICE_UNNAMED] =
                {"service-unnamed", true,
                 "no grant and no service section names it, so every token is refused there",
                 "services = ...   in a grant of pam_jwt.conf"},
        [CLI_FIND_SERVICE_UNUSED] = {"service-unused", false,
                                     "a grant names the service, but its stack never asks pam_jwt",
                                     CLI_LINE_AUTH},
        [CLI_FIND_SSHD_BROKEN] = {"sshd-broken", true, "sshd will not start again with this configuration",
                                  "run: sshd -t"},
        [CLI_FIND_SSHD_NO_PAM] = {"sshd-usepam", true, "without PAM sshd never asks pam_jwt", "UsePAM yes"},
        [CLI_FIND_SSHD_NO_METHOD] = {"sshd-method", true, "no method is on that could carry a token",
                                     "KbdInteractiveAuthentication yes"},
        [CLI_FIND_SSHD_NO_KBDINT] =
                {"sshd-kbdint", false,
                 "method password carries 1024 bytes, no parts and no messages; longer tokens are refused "
                 "before pam_jwt sees them",
                 "KbdInteractiveAuthentication yes"},
        [CLI_FIND_SSHD_PASSWORDS] =
                {"sshd-passwords", false,
                 "PasswordAuthentication no shuts one method only; with pam_unix in the stack the "
                 "keyboard-interactive method takes passwords",
                 "auth required pam_jwt.so   as the only auth line, if passwords are not wanted"},
        [CLI_FIND_SSHD_METHODS] = {"sshd-methods", true,
                                   "the methods that are demanded never ask PAM for a token",
                                   "AuthenticationMethods publickey,keyboard-interactive:pam"},
        [CLI_FIND_SSHD_ROOT] = {"sshd-root", true,
                                "a grant names root, but sshd hands rubbish instead of root's token to PAM",
                                "take root out of the grant and use sudo, or: PermitRootLogin yes"},
        [CLI_FIND_BIND_METHODS] = {"bind-methods", true,
                                   "a bound token needs a key that sshd has verified before it asks: "
                                   "without that every login is refused",
                                   "AuthenticationMethods publickey,keyboard-interactive:pam"},
        [CLI_FIND_BIND_KEYS] =
                {"bind-keys", true,
                 "a bound token needs a key that sshd accepts, and there is no file, no command and no "
                 "authority of such keys: every login is refused",
                 "AuthorizedKeysCommand /usr/bin/pamjwt offer-key %u %t %k   or AuthorizedKeysFile "
                 ".ssh/authorized_keys"},
        [CLI_FIND_OFFER_OVERRIDDEN] =
                {"offer-overridden", true,
                 "of several Match blocks the first one wins, keyword by keyword, and it is another one here",
                 "move the Match block of pam_jwt in front of it, or narrow the other one"},
        [CLI_FIND_OFFER_METHODS] =
                {"offer-methods", true,
                 "pamjwt offer-key takes the key of any stranger: without a second method he is in",
                 "AuthenticationMethods publickey,keyboard-interactive:pam   in the same Match block"},
        [CLI_FIND_OFFER_USER] =
                {"offer-user", true,
                 "sshd runs the command only as a user that exists, and root is too much for it",
                 "AuthorizedKeysCommandUser _pamjwt-keys   (systemd-sysusers makes it)"},
        [CLI_FIND_OFFER_PASSWORDS] =
                {"offer-passwords", true,
                 "any key is taken, so a password alone would open the door that a token and its key shall "
                 "open",
                 "the token-only stack for sshd: see /usr/share/doc/pam_jwt/examples/bound/pam.d/sshd"},
        [CLI_FIND_OFFER_ACCOUNT] =
                {"offer-account", true,
                 "only require_token refuses a login by public key alone, and any public key is taken",
                 "account required pam_jwt.so require_token"},
        [CLI_FIND_OFFER_BIND] =
                {"offer-bind", true,
                 "no key is given back where no grant demands a bound token, so every login fails",
                 "bind = ssh-key   in [service/sshd]"},
        [CLI_FIND_OFFER_CONFIG] =
                {"offer-config", true,
                 "pamjwt offer-key does not run as root and cannot read it, so every login fails",
                 "chmod 0644 /etc/security/pam_jwt.conf"},
        [CLI_FIND_SSHD_GRACE] = {"sshd-grace", false,
                                 "sshd ends the login while the keys are still being fetched",
                                 "LoginGraceTime 120"},
        [CLI_FIND_SSHD_STARTUPS] = {"sshd-startups", false,
                                    "a few logins that wait for a token keep everybody else out",
                                    "MaxStartups 10:30:100"},
        [CLI_FIND_SUDO_PROMPT] =
                {"sudo-prompt", true,
                 "sudo's own prompt hides the one of pam_jwt: a token in parts cannot be asked for",
                 "Defaults !passprompt_override"},
        [CLI_FIND_SUDO_OTHER_USER] =
                {"sudo-other-user", true,
                 "sudo then asks for the other user's token, and nobody's grant says root",
                 "take the word out of the Defaults line"},
        [CLI_FIND_SUDO_TIMESTAMP] =
                {"sudo-timestamp", false,
                 "sudo does not ask again for a while after a success, so the demands of the service are "
                 "not met by every command",
                 "Defaults timestamp_timeout=0"},
        [CLI_FIND_SUDO_NOPASSWD] = {"sudo-nopasswd", false,
                                    "sudo does not ask PAM for these commands, so no token is needed",
                                    "take NOPASSWD: out of the line"},
        [CLI_FIND_SUDO_NONINTERACTIVE] =
                {"sudo-noninteractive", false,
                 "with reuse_login sudo -n could go on without a prompt, but sudo never asks PAM",
                 "Defaults noninteractive_auth"},
        [CLI_FIND_DENIAL] = {"denial", true,
                             "SELinux or AppArmor forbids what a login or a refresh has to do",
                             "allow it: audit2allow, or aa-logprof; see the policy that is shipped"},
};

bool cli_doctor_row(size_t i, const char **retid, const char **retwhy)
{
        if (i >= CLI_FIND_COUNT)
                return false;
        *retid = rows[i].id;
        *retwhy = rows[i].why;
        return true;
}

const char *cli_root_path(const struct cli_doctor *d, const char *path, char out[512])
{
        snprintf(out, 512, "%s%s", d->root, path);
        return out;
}

static void print_finding(const struct row *row, const char *what, const char *fix)
{
        printf("%s %s: ", row->error ? "error  " : "warning", row->id);
        cli_put_str(stdout, what);
        printf("\n        why: %s\n        fix: ", row->why);
        cli_put_str(stdout, fix);
        putchar('\n');
}

static struct json_object *finding_object(const struct row *row, const char *what, const char *fix)
{
        struct json_object *o = json_object_new_object();

        cli_json_add_string(o, "id", row->id);
        cli_json_add_string(o, "severity", row->error ? "error" : "warning");
        cli_json_add_string(o, "what", what);
        cli_json_add_string(o, "why", row->why);
        cli_json_add_string(o, "fix", fix);
        return o;
}

void cli_found(struct cli_doctor *d, enum cli_finding finding, const char *fix, const char *fmt, ...)
{
        const struct row *row = &rows[finding];
        char what[1024];
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(what, sizeof(what), fmt, ap);
        va_end(ap);
        if (row->error)
                d->errors++;
        else
                d->warnings++;
        if (d->list)
                json_object_array_add(d->list, finding_object(row, what, fix ? fix : row->fix));
        else
                print_finding(row, what, fix ? fix : row->fix);
}

/* --- the configuration --- */

static void report(void *arg, const struct pjwt_conf_problem *problem)
{
        struct cli_doctor *d = arg;

        cli_found(d, problem->warning ? CLI_FIND_CONFIG_WARNING : CLI_FIND_CONFIG, NULL, "%s:%u: %s%s%s",
                  problem->origin.file ? problem->origin.file : "", problem->origin.line,
                  problem->key ? problem->key : "", problem->key ? ": " : "", problem->text);
}

void cli_doctor_conf(struct cli_doctor *d)
{
        struct pjwt_error err = {0};
        char hostname[256];
        char path[512];
        size_t before = d->errors;

        cli_root_path(d, PJWT_CONF_FILE, path);
        (void)pjwt_conf_load_check(d->config ? d->config : path, cli_hostname(hostname), report, d, &d->conf,
                                   &err);
        if (err.reason && d->errors == before)
                cli_found(d, CLI_FIND_CONFIG, NULL, "%s: %s", pjwt_reason_name(err.reason), err.detail);
}

static void look_at_revoked(struct cli_doctor *d)
{
        struct pjwt_error err = {0};
        struct pjwt_revoked *list = NULL;
        char path[512];

        if (pjwt_revoked_load(cli_root_path(d, PJWT_REVOKED_FILE, path), d->conf, &list, &err) != PJWT_OK)
                cli_found(d, CLI_FIND_REVOKED, NULL, "%s: %s", pjwt_reason_name(err.reason), err.detail);
        pjwt_revoked_free(list);
}

static int finish(const struct cli_doctor *d)
{
        int status = d->errors ? CLI_NO : CLI_YES;
        struct json_object *object;

        if (!d->list) {
                if (d->errors + d->warnings == 0)
                        puts("nothing found");
                else
                        printf("errors: %zu, warnings: %zu\n", d->errors, d->warnings);
                return status;
        }
        object = cli_json_begin(d->errors == 0);
        cli_json_add(object, "findings", json_object_get(d->list));
        return cli_print_json(object, status);
}

static int run(const void *arg)
{
        const struct doctor_options *options = arg;
        struct cli_doctor d = {.config = options->config,
                               .cache = options->fetching.cache,
                               .root = options->root ? options->root : "",
                               .now = cli_now(&options->now)};
        int r;

        if (strlen(d.root) > 200)
                return cli_usage("--root: the name is too long");
        if (options->json)
                d.list = json_object_new_array();
        cli_doctor_conf(&d);
        look_at_revoked(&d);
        cli_doctor_host(&d);
        cli_doctor_keys(&d);
        cli_doctor_pam(&d);
        cli_doctor_sshd(&d);
        cli_doctor_sudo(&d);
        cli_doctor_log(&d);
        r = finish(&d);
        json_object_put(d.list);
        pjwt_conf_free(d.conf);
        return r;
}

const struct cli_body cli_doctor_body = {option_rows, sizeof(struct doctor_options), run};
