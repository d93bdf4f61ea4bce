/* pamjwt doctor: finds what would prevent a login on this host, or allow too much, and the line to change. */
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keysource.h"
#include "policy.h"
#include "revoked.h"

struct doctor_options {
        struct cli_args args;
        const char *config;
        struct cli_fetching fetching; /* the cache only: nothing is fetched */
        const char *root;
        bool if_removed;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct doctor_options

static const struct cli_option option_rows[] = {
        CLI_OPT_CONFIG,
        CLI_OPT_CACHE(fetching.cache),
        CLI_OPT("root", CLI_STRING, "DIR", CLI_FILE, root,
                "check the system below this directory instead of this host"),
        CLI_OPT("if-removed", CLI_FLAG, NULL, CLI_ANY, if_removed,
                "only: who could log in if pam_jwt.so were removed now? For package scripts"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* One row per finding. */
struct row {
        const char *id;
        bool error; /* prevents logins or allows too much; else a warning */
        const char *why;
        const char *fix;
};

static const struct row rows[CLI_FIND_COUNT] = {
        [CLI_FIND_CONFIG] = {"config", true, "with an error in the configuration, every token is refused",
                             "correct the line reported"},
        [CLI_FIND_CONFIG_WARNING] = {"config-warning", false,
                                     "the setting is valid, but may allow more than intended",
                                     "see pam_jwt.conf(5) for this key"},
        [CLI_FIND_REVOKED] = {"revoked", true, "with an error in the revocation list, every token is refused",
                              "correct the line reported"},
        [CLI_FIND_REVOKED_MISSING] =
                {"revoked-missing", false,
                 "a list that was moved away or never installed revokes nothing, and nothing else reports it",
                 "install -m 0644 /dev/null /etc/security/pam_jwt.revoked   for an empty list"},
        [CLI_FIND_LOOPBACK_PORT] =
                {"loopback-port", true,
                 "any local user can listen on this port and answer as the issuer, with keys of their own",
                 "sysctl net.ipv4.ip_unprivileged_port_start=1024   or a lower port, or https"},
        [CLI_FIND_CLONE] =
                {"clone", true,
                 "host_name was copied with the disk, so this host accepts tokens that are meant for "
                 "another host",
                 "set host_name and machine_id in [host] to those of this host: see /etc/machine-id"},
        [CLI_FIND_UNCONFIRMED] =
                {"setup-unconfirmed", false,
                 "an unconfirmed set-up is rolled back when its time has expired, but not after a reboot of "
                 "the host",
                 "run: pamjwt setup --confirm, or: pamjwt setup --undo"},
        [CLI_FIND_KEYS_NONE] = {"keys-none", true,
                                "the first login would have to wait for the network, or would fail",
                                "run: pamjwt refresh"},
        [CLI_FIND_KEYS_FILE] = {"keys-file", true, "without its keys no token of this issuer can be verified",
                                "correct jwks = file:... of the issuer, or the file"},
        [CLI_FIND_KEYS_STALE] =
                {"keys-stale", true, "keys older than max_stale are not used: every token is refused",
                 "run: pamjwt refresh; then find out why the timer did not: systemctl status  "
                 "pamjwt-refresh.timer"},
        [CLI_FIND_KEYS_OLD] =
                {"keys-old", false, "nothing refreshes the keys; after max_stale every token will be refused",
                 "systemctl enable --now pamjwt-refresh.timer, or run from cron: pamjwt refresh"},
        [CLI_FIND_KEYS_CACHE] =
                {"keys-cache", true,
                 "a cache that other users could have written is not trusted and treated as empty",
                 "chown root: /var/cache/pam_jwt; chmod 0755 /var/cache/pam_jwt; pamjwt refresh"},
        [CLI_FIND_KEYS_ERROR] = {"keys-error", false,
                                 "the last refresh failed; cached keys are used until max_stale",
                                 "run: pamjwt refresh --force"},
        [CLI_FIND_FETCH_USER] = {"fetch-user", true,
                                 "keys are not fetched as root, so the user _pamjwt is required",
                                 "systemd-sysusers, or: adduser --system --group --no-create-home _pamjwt"},
        [CLI_FIND_FETCH_PROGRAM] =
                {"fetch-program", true,
                 "without the helper no keys can be fetched; a user who can change it can run programs as "
                 "root",
                 "reinstall pamjwt-fetch"},
        [CLI_FIND_FETCH_FILE] = {"fetch-file", true, "without this file the keys cannot be fetched",
                                 "correct ca_file or bearer_file of the issuer"},
        [CLI_FIND_CLOCK] = {"clock", true,
                            "with a slow clock, new tokens are refused and expired ones accepted",
                            "timedatectl set-ntp true"},
        [CLI_FIND_PAM_NONE] = {"pam-none", true,
                               "no service uses pam_jwt, so tokens are not accepted anywhere",
                               CLI_LINE_AUTH " in /etc/pam.d/sshd"},
        [CLI_FIND_PAM_MODULE] =
                {"pam-module", true,
                 "without the module no token is accepted, and logins may fail altogether; a user who can "
                 "change it can run code as root at the next login",
                 "reinstall the package, or remove the lines with pam_jwt.so"},
        [CLI_FIND_PAM_FAULT] = {"pam-fault", true,
                                "PAM refuses every login to a service whose stack it cannot read",
                                "correct the line reported"},
        [CLI_FIND_PAM_MISSING] =
                {"pam-missing", true,
                 "a module that is missing fails its line; a dash before the type only keeps that out "
                 "of the log",
                 "install the module, or remove the line"},
        [CLI_FIND_PAM_CAPITALS] = {"pam-capitals", true,
                                   "libpam looks for a service in lower case and never reads this file",
                                   "rename the file in lower case"},
        [CLI_FIND_PAM_MODE] = {"pam-mode", true, "a user who can write the stack can log in without a token",
                               "chown root: FILE; chmod 0644 FILE"},
        [CLI_FIND_PAM_ARGUMENT] = {"pam-argument", true,
                                   "with an invalid argument, the module refuses tokens",
                                   "correct the argument; see pam_jwt(8)"},
        [CLI_FIND_PAM_NO_DENY] =
                {"pam-no-deny", true,
                 "with cred_unavail=ignore the stack continues if the reply is not a token; without "
                 "pam_deny at the end the login may then succeed",
                 "auth requisite pam_deny.so   as the last auth line"},
        [CLI_FIND_PAM_OPEN] = {"pam-open", true,
                               "a login without token, password or any other proof is let in",
                               "auth requisite pam_deny.so   after the lines that check a proof"},
        [CLI_FIND_REMOVED_OPEN] =
                {"removed-open", true, "without pam_jwt.so a login without any proof is let in",
                 "remove the line from the stack; a line that checks a proof has to be left in it"},
        [CLI_FIND_REMOVED_LOCKED] = {"removed-locked-out", true,
                                     "without pam_jwt.so this service refuses every login",
                                     "remove the line, or add module_unknown=ignore to its control"},
        [CLI_FIND_PAM_REFUSAL_IGNORED] =
                {"pam-refusal-ignored", true,
                 "a refused token is passed on to the other modules, which see it and may accept it",
                 CLI_LINE_AUTH},
        [CLI_FIND_PAM_UNKNOWN_MODULE] =
                {"pam-module-unknown", false,
                 "if the module's file is missing, for example during an upgrade, passwords and keys are "
                 "refused as well",
                 "add module_unknown=ignore to the control of this line"},
        [CLI_FIND_PAM_SKIPPED] = {"pam-skipped", true,
                                  "an accepted token ends the stack, so this module does not run",
                                  "move the module before pam_jwt.so, or remove success=done"},
        [CLI_FIND_PAM_SUBSTACK] =
                {"pam-substack", true,
                 "success=done ends only the substack: the auth lines after it prompt again, and a user who "
                 "only has a token is refused",
                 "auth include FILE   instead of substack, or pam_jwt.so in the service's own file"},
        [CLI_FIND_PAM_NOT_ENOUGH] =
                {"pam-not-enough", true,
                 "every login with an accepted token is refused unless the password follows",
                 CLI_LINE_AUTH "   before the line that refuses"},
        [CLI_FIND_PAM_BEFORE] =
                {"pam-before", false,
                 "it runs before pam_jwt and prompts for the password, so it receives the token, and may "
                 "log or send it",
                 "move the line after pam_jwt.so"},
        [CLI_FIND_PAM_NO_ACCOUNT] = {"pam-no-account", false,
                                     "a token that has expired in the meantime is not refused",
                                     CLI_LINE_ACCOUNT},
        [CLI_FIND_PAM_TOKEN_ONLY] =
                {"pam-token-only", true,
                 "the auth lines accept only tokens, but a public key bypasses them: it is enough to log in",
                 CLI_LINE_ACCOUNT_SSHD},
        [CLI_FIND_PAM_BYPASS] = {"pam-bypass", true,
                                 "account ends before require_token is asked, so a public key logs in alone",
                                 "move the line of pam_jwt.so before the one that ends account"},
        [CLI_FIND_PAM_LOGINUID] =
                {"pam-loginuid", false,
                 "the session has no audit session id when pam_jwt runs, so sudo's reuse_login and pamjwt "
                 "sessions do not find it",
                 "session required pam_loginuid.so   before the session line of pam_jwt.so"},
        [CLI_FIND_PAM_SYSTEMD] =
                {"pam-systemd", true,
                 "pam_systemd, after the session line of pam_jwt, passes session_until_exp to "
                 "logind: without both lines the session continues after the token has expired",
                 CLI_LINE_SESSION "   followed by: session optional pam_systemd.so"},
        [CLI_FIND_LISTENER_SESSION] =
                {"listener-session", false,
                 "it was started from a login, so sessions that it opens may belong to that login's audit "
                 "session; they have no login record, so reuse_login and pamjwt sessions do not know them",
                 "restart it from the init system: systemctl restart ssh, or reboot"},
        [CLI_FIND_REQUIRE_TOKEN] = {"require-token", true,
                                    "the account line also runs where the user is not authenticated: in sudo "
                                    "within its timestamp and with NOPASSWD, in su when called by root; "
                                    "require_token refuses that",
                                    CLI_LINE_ACCOUNT_ONLY
                                    "   without require_token; the auth lines already accept only tokens"},
        [CLI_FIND_PAM_SIBLING] =
                {"pam-sibling", false,
                 "the same command also uses another service, which does not require a token",
                 "add the same lines to the other file"},
        [CLI_FIND_SERVICE_UNNAMED] =
                {"service-unnamed", true,
                 "the service is not in any grant or service section, so every token is refused",
                 "services = ...   in a grant of pam_jwt.conf"},
        [CLI_FIND_SERVICE_UNUSED] = {"service-unused", false,
                                     "a grant lists the service, but its stack does not use pam_jwt",
                                     CLI_LINE_AUTH},
        [CLI_FIND_SSHD_BROKEN] = {"sshd-broken", true, "sshd cannot be restarted with this configuration",
                                  "run: sshd -t"},
        [CLI_FIND_SSHD_NO_PAM] = {"sshd-usepam", true, "without PAM sshd does not use pam_jwt", "UsePAM yes"},
        [CLI_FIND_SSHD_NO_METHOD] = {"sshd-method", true,
                                     "no authentication method that can carry a token is enabled",
                                     "KbdInteractiveAuthentication yes"},
        [CLI_FIND_SSHD_NO_KBDINT] =
                {"sshd-kbdint", false,
                 "method password carries only 1024 bytes, no parts and no messages; longer tokens are "
                 "refused before they reach pam_jwt",
                 "KbdInteractiveAuthentication yes"},
        [CLI_FIND_SSHD_PASSWORDS] =
                {"sshd-passwords", false,
                 "PasswordAuthentication no disables only one method; with pam_unix in the stack, passwords "
                 "are accepted by keyboard-interactive",
                 "auth required pam_jwt.so   as the only auth line, if passwords are not wanted"},
        [CLI_FIND_SSHD_MATCH] =
                {"sshd-match", false,
                 "what sshd accepts may differ by user and address, and was not evaluated for them",
                 "write Include with a pattern in the last part only, and fewer Match blocks"},
        [CLI_FIND_SSHD_METHODS] = {"sshd-methods", true,
                                   "the required methods never use PAM, so no token is asked for",
                                   "AuthenticationMethods publickey,keyboard-interactive:pam"},
        [CLI_FIND_SSHD_ROOT] = {"sshd-root", true,
                                "a grant lists root, but sshd passes junk to PAM instead of root's token",
                                "remove root from the grant and use sudo, or: PermitRootLogin yes"},
        [CLI_FIND_BIND_METHODS] = {"bind-methods", true,
                                   "a bound token requires a key that sshd has verified before it uses PAM: "
                                   "without one every login is refused",
                                   "AuthenticationMethods publickey,keyboard-interactive:pam"},
        [CLI_FIND_BIND_KEYS] =
                {"bind-keys", true,
                 "a bound token requires a key that sshd accepts, but no file, command or authority for "
                 "such keys is set: every login is refused",
                 "AuthorizedKeysCommand /usr/bin/pamjwt offer-key %u %t %k   or AuthorizedKeysFile "
                 ".ssh/authorized_keys"},
        [CLI_FIND_OFFER_OVERRIDDEN] =
                {"offer-overridden", true,
                 "if several Match blocks match, the first one to set a keyword applies, and here that is "
                 "another one",
                 "move the Match block of pam_jwt before it, or narrow the other one"},
        [CLI_FIND_OFFER_METHODS] =
                {"offer-methods", true,
                 "pamjwt offer-key accepts the key of any stranger: without a second method that is enough "
                 "to log in",
                 "AuthenticationMethods publickey,keyboard-interactive:pam   in the same Match block"},
        [CLI_FIND_OFFER_USER] =
                {"offer-user", true,
                 "sshd runs the command only as an existing user, and it must not run as root",
                 "AuthorizedKeysCommandUser _pamjwt-keys   (created by systemd-sysusers)"},
        [CLI_FIND_OFFER_PASSWORDS] =
                {"offer-passwords", true,
                 "any key is accepted, so a password alone would be enough instead of a token and its key",
                 "the token-only stack for sshd: see /usr/share/doc/pam_jwt/examples/bound/pam.d/sshd"},
        [CLI_FIND_OFFER_ACCOUNT] =
                {"offer-account", true,
                 "only require_token refuses a login by public key alone, and any public key is accepted",
                 "account required pam_jwt.so require_token"},
        [CLI_FIND_OFFER_BIND] =
                {"offer-bind", true,
                 "no key is printed unless a grant requires a bound token, so every login fails",
                 "bind = ssh-key   in [service/sshd]"},
        [CLI_FIND_OFFER_CONFIG] =
                {"offer-config", true,
                 "pamjwt offer-key does not run as root and cannot read this file, so every login fails",
                 "chmod 0644 /etc/security/pam_jwt.conf"},
        [CLI_FIND_SSHD_GRACE] = {"sshd-grace", false,
                                 "sshd ends the login while the keys are still being fetched",
                                 "LoginGraceTime 120"},
        [CLI_FIND_SSHD_STARTUPS] = {"sshd-startups", false,
                                    "a few logins waiting for a token keep all other users out",
                                    "MaxStartups 10:30:100"},
        [CLI_FIND_SUDO_PROMPT] = {"sudo-prompt", true,
                                  "sudo's own prompt hides that of pam_jwt: a token cannot be sent in parts",
                                  "Defaults !passprompt_override"},
        [CLI_FIND_SUDO_OTHER_USER] =
                {"sudo-other-user", true,
                 "sudo then asks for the token of another user, such as root, which no grant allows",
                 "remove the word from the Defaults line"},
        [CLI_FIND_SUDO_TIMESTAMP] =
                {"sudo-timestamp", false,
                 "for a while after a success sudo does not ask again, so not every command meets the "
                 "requirements of the service",
                 "Defaults timestamp_timeout=0"},
        [CLI_FIND_SUDO_NOPASSWD] = {"sudo-nopasswd", false,
                                    "sudo does not ask PAM for these commands, so no token is needed",
                                    "remove NOPASSWD: from the line"},
        [CLI_FIND_SUDO_NONINTERACTIVE] =
                {"sudo-noninteractive", false,
                 "with reuse_login, sudo -n could succeed without a prompt, but sudo does not call PAM",
                 "Defaults noninteractive_auth"},
        [CLI_FIND_DENIAL] = {"denial", true,
                             "SELinux or AppArmor denies an operation that a login or a refresh requires",
                             "allow it: audit2allow, or aa-logprof; see the policy in the package"},
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

        if (access(cli_root_path(d, PJWT_REVOKED_FILE, path), F_OK) != 0 && errno == ENOENT)
                cli_found(d, CLI_FIND_REVOKED_MISSING, NULL, "%s", path);
        if (pjwt_revoked_load(path, d->conf, &list, &err) != PJWT_OK)
                cli_found(d, CLI_FIND_REVOKED, NULL, "%s: %s", pjwt_reason_name(err.reason), err.detail);
        pjwt_revoked_free(list);
}

static int finish(const struct cli_doctor *d)
{
        int status = d->errors ? CLI_NO : CLI_YES;
        const char *assumed = *d->root ? cli_pam_assumes(d->root) : NULL;
        struct json_object *object;

        if (!d->list) {
                if (assumed)
                        fprintf(stderr,
                                "pamjwt: no libpam.so.0 below %s: its stacks are read by the rules of %s\n",
                                d->root, assumed);
                if (d->errors + d->warnings == 0)
                        puts("no problems found");
                else
                        printf("errors: %zu, warnings: %zu\n", d->errors, d->warnings);
                return status;
        }
        object = cli_json_begin(d->errors == 0);
        if (assumed)
                cli_json_add(object, "libpam_assumed", json_object_new_string(assumed));
        cli_json_add(object, "findings", json_object_get(d->list));
        return cli_print_json(object, status);
}

static void look_at_everything(struct cli_doctor *d)
{
        cli_doctor_conf(d);
        look_at_revoked(d);
        cli_doctor_host(d);
        cli_doctor_listeners(d);
        cli_doctor_keys(d);
        cli_doctor_pam(d);
        cli_doctor_sshd(d);
        cli_doctor_sudo(d);
        cli_doctor_log(d);
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
        if (options->if_removed)
                cli_doctor_services(&d, cli_doctor_removed);
        else
                look_at_everything(&d);
        r = finish(&d);
        json_object_put(d.list);
        pjwt_conf_free(d.conf);
        return r;
}

const struct cli_body cli_doctor_body = {option_rows, sizeof(struct doctor_options), run};
