/*
 * Bound tokens, also without authorized_keys: is everything configured that they need, and does it take
 * effect?
 */
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "grant.h"
#include "sshdconf.h"

#define SERVICE   "sshd"
#define COMMAND   "offer-key"
#define USERS_MAX 16 /* sshd -T runs once for each */

/* All users who could log in with a token, as far as they can be known here. */
struct users {
        char names[USERS_MAX][128];
        size_t count;
};

static void add_user(struct users *users, const char *name)
{
        for (size_t i = 0; i < users->count; i++)
                if (strcmp(users->names[i], name) == 0)
                        return;
        if (users->count < USERS_MAX && strlen(name) < sizeof(users->names[0]) && !strpbrk(name, ",=%\\"))
                snprintf(users->names[users->count++], sizeof(users->names[0]), "%s", name);
}

/*
 * User names written in grants, then those in passwd that a grant can produce; if there are none, any name.
 */
static void find_users(const struct cli_doctor *d, struct users *ret)
{
        char path[512];
        FILE *f = fopen(cli_root_path(d, "/etc/passwd", path), "re");

        for (size_t i = 0; i < d->conf->grant_count; i++)
                for (char **user = d->conf->grants[i].user;
                     pjwt_list_has(d->conf->grants[i].services, SERVICE) && *user; user++)
                        add_user(ret, *user);
        for (const struct passwd *p = f ? fgetpwent(f) : NULL; p; p = fgetpwent(f)) {
                const struct pjwt_user user = {p->pw_name, true, p->pw_uid, 999};

                if (pjwt_grant_possible(d->conf, &user, SERVICE, false))
                        add_user(ret, p->pw_name);
        }
        if (f)
                fclose(f);
        if (ret->count == 0)
                add_user(ret, "a-user");
}

static bool line_names_command(const char *path)
{
        FILE *f = fopen(path, "re");
        char line[1024];
        bool named = false;

        while (f && !named && fgets(line, sizeof(line), f))
                named = line[strspn(line, " \t")] != '#' && strstr(line, COMMAND);
        if (f)
                fclose(f);
        return named;
}

/* Whether AuthorizedKeysCommand is meant to print any key; then sshd must be set up for it. */
static bool is_meant(const struct cli_doctor *d)
{
        static const char *const patterns[] = {"/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf"};
        bool meant = false;

        for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
                char path[512];
                glob_t found = {0};

                if (glob(cli_root_path(d, patterns[i], path), 0, NULL, &found) == 0)
                        for (size_t k = 0; k < found.gl_pathc && !meant; k++)
                                meant = line_names_command(found.gl_pathv[k]);
                globfree(&found);
        }
        return meant;
}

static bool bind_is_demanded(const struct pjwt_conf *conf)
{
        const struct pjwt_service *section = pjwt_conf_service(conf, SERVICE);
        bool demanded = section && section->bind;

        for (size_t i = 0; i < conf->grant_count; i++)
                if (pjwt_list_has(conf->grants[i].services, SERVICE))
                        demanded = demanded || conf->grants[i].bind || conf->grants[i].issuer->bind;
        return demanded;
}

/* Whether every way to log in requires a key, and then PAM. */
static bool methods_hold(const char *text)
{
        char methods[256];
        char *save = NULL;
        char *way = NULL;
        bool any = false;

        cli_sshd_value(text, "authenticationmethods", methods);
        for (way = strtok_r(methods, " ", &save); way; way = strtok_r(NULL, " ", &save)) {
                if (strcmp(way, "publickey,keyboard-interactive:pam") != 0 &&
                    strcmp(way, "publickey,keyboard-interactive") != 0)
                        return false;
                any = true;
        }
        return any && cli_sshd_says(text, "pubkeyauthentication", "yes") && cli_sshd_kbdint(text) &&
               cli_sshd_says(text, "usepam", "yes");
}

static const char *yes_or_no(bool yes)
{
        return yes ? "yes" : "no";
}

static void found_methods(struct cli_doctor *d, enum cli_finding finding, const char *user, const char *text)
{
        bool pam = cli_sshd_says(text, "usepam", "yes");
        char value[256];

        cli_found(d, finding, pam ? NULL : "UsePAM yes",
                  "sshd_config: for user %s AuthenticationMethods is %s, PubkeyAuthentication %s, "
                  "KbdInteractiveAuthentication %s, UsePAM %s",
                  user, cli_sshd_value(text, "authenticationmethods", value),
                  yes_or_no(cli_sshd_says(text, "pubkeyauthentication", "yes")),
                  yes_or_no(cli_sshd_kbdint(text)), yes_or_no(pam));
}

static bool user_is_there(const struct cli_doctor *d, const char *name)
{
        char path[512];
        FILE *f;
        bool found = false;

        if (!*d->root)
                return getpwnam(name) != NULL;
        f = fopen(cli_root_path(d, "/etc/passwd", path), "re");
        for (const struct passwd *p = f ? fgetpwent(f) : NULL; p && !found; p = fgetpwent(f))
                found = strcmp(p->pw_name, name) == 0;
        if (f)
                fclose(f);
        return found;
}

/* The settings in sshd_config, as they apply to one user. False if something was found: once is enough. */
static bool look_at_user(struct cli_doctor *d, const char *user, const char *text)
{
        char command[256];
        char value[256];

        cli_sshd_value(text, "authorizedkeyscommand", command);
        if (!strstr(command, COMMAND)) {
                cli_found(d, CLI_FIND_OFFER_OVERRIDDEN, NULL,
                          "sshd_config: for user %s AuthorizedKeysCommand is %s", user,
                          *command ? command : "none");
                return false;
        }
        cli_sshd_value(text, "authorizedkeyscommanduser", value);
        if (strcmp(value, "root") == 0 || !user_is_there(d, value))
                cli_found(d, CLI_FIND_OFFER_USER, NULL, "sshd_config: AuthorizedKeysCommandUser is %s",
                          *value ? value : "not set");
        if (methods_hold(text))
                return true;
        found_methods(d, CLI_FIND_OFFER_METHODS, user, text);
        return false;
}

/*
 * A keyword that sshd does not print has its default: for AuthorizedKeysFile the user's file, else nothing.
 */
static bool accepts_keys(const char *text)
{
        static const char *const others[] = {"authorizedkeyscommand", "trustedusercakeys"};
        char value[256];

        if (!cli_sshd_says(text, "authorizedkeysfile", "none"))
                return true;
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (*cli_sshd_value(text, others[i], value) && strcmp(value, "none") != 0)
                        return true;
        return false;
}

/* Bound tokens with authorized_keys: the key must be verified first, or no token can be bound to it. */
static bool look_at_methods(struct cli_doctor *d, const char *user, const char *text)
{
        if (!methods_hold(text))
                found_methods(d, CLI_FIND_BIND_METHODS, user, text);
        else if (!accepts_keys(text))
                cli_found(d, CLI_FIND_BIND_KEYS, NULL,
                          "sshd_config: for user %s AuthorizedKeysFile, AuthorizedKeysCommand and "
                          "TrustedUserCAKeys are none",
                          user);
        else
                return true;
        return false;
}

static void look_at_sshd(struct cli_doctor *d, bool meant)
{
        struct users users = {0};
        char path[512];
        bool good = true;

        cli_root_path(d, CLI_SSHD, path);
        find_users(d, &users);
        for (size_t i = 0; good && i < users.count; i++) {
                struct cli_buf out = {0};
                char connection[300];

                snprintf(connection, sizeof(connection),
                         "user=%s,host=client.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22",
                         users.names[i]);
                if (cli_sshd_ask(path, connection, &out))
                        good = meant ? look_at_user(d, users.names[i], out.bytes)
                                     : look_at_methods(d, users.names[i], out.bytes);
                cli_buf_clear(&out);
        }
}

static bool has_argument(const struct pjwt_stack_line *line, const char *argument)
{
        for (size_t i = 0; line && i < line->arg_count; i++)
                if (strcmp(line->args[i], argument) == 0)
                        return true;
        return false;
}

static void look_at_stack(struct cli_doctor *d)
{
        struct pjwt_stack *stack = NULL;
        const struct pjwt_stack_line *account;

        if (!cli_pam_read(d->root, SERVICE, &stack))
                return;
        account = cli_pam_find(stack, PJWT_STACK_ACCOUNT, CLI_PAM_US, 0);
        if (cli_pam_takes_passwords(stack))
                cli_found(d, CLI_FIND_OFFER_PASSWORDS, NULL, "/etc/pam.d/" SERVICE " takes passwords too");
        if (!has_argument(account, "require_token"))
                cli_found(d, CLI_FIND_OFFER_ACCOUNT, NULL,
                          "/etc/pam.d/" SERVICE ": no account line with require_token");
        pjwt_stack_free(stack);
}

static void look_at_mode(struct cli_doctor *d)
{
        char path[512];
        struct stat st;

        if (stat(cli_root_path(d, PJWT_CONF_FILE, path), &st) == 0 && !(st.st_mode & S_IROTH))
                cli_found(d, CLI_FIND_OFFER_CONFIG, NULL, PJWT_CONF_FILE ": mode %04o",
                          (unsigned)(st.st_mode & 07777));
}

void cli_doctor_bound(struct cli_doctor *d)
{
        bool meant = is_meant(d);
        bool demanded = d->conf && bind_is_demanded(d->conf);

        if (!d->conf || (!meant && !demanded))
                return;
        look_at_sshd(d, meant);
        if (!meant)
                return;
        look_at_stack(d);
        look_at_mode(d);
        if (!demanded)
                cli_found(d, CLI_FIND_OFFER_BIND, NULL,
                          PJWT_CONF_FILE ": bind = ssh-key is not set for " SERVICE);
}
