/* Shared by the parts of `pamjwt doctor`. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "args.h"
#include "buf.h"
#include "conf.h"
#include "out.h"
#include "pamstack.h"

/* All findings. Why each matters and what to change is in the rows in doctor.c. */
enum cli_finding {
        CLI_FIND_CONFIG,
        CLI_FIND_CONFIG_WARNING,
        CLI_FIND_REVOKED,
        CLI_FIND_REVOKED_MISSING,
        CLI_FIND_LOOPBACK_PORT,
        CLI_FIND_CLONE,
        CLI_FIND_UNCONFIRMED,
        CLI_FIND_KEYS_NONE,
        CLI_FIND_KEYS_FILE,
        CLI_FIND_KEYS_STALE,
        CLI_FIND_KEYS_OLD,
        CLI_FIND_KEYS_CACHE,
        CLI_FIND_KEYS_ERROR,
        CLI_FIND_FETCH_USER,
        CLI_FIND_FETCH_PROGRAM,
        CLI_FIND_FETCH_FILE,
        CLI_FIND_CLOCK,
        CLI_FIND_PAM_NONE,
        CLI_FIND_PAM_MODULE,
        CLI_FIND_PAM_FAULT,
        CLI_FIND_PAM_MISSING,
        CLI_FIND_PAM_CAPITALS,
        CLI_FIND_PAM_MODE,
        CLI_FIND_PAM_ARGUMENT,
        CLI_FIND_PAM_NO_DENY,
        CLI_FIND_PAM_OPEN,
        CLI_FIND_REMOVED_OPEN,
        CLI_FIND_REMOVED_LOCKED,
        CLI_FIND_PAM_REFUSAL_IGNORED,
        CLI_FIND_PAM_UNKNOWN_MODULE,
        CLI_FIND_PAM_SKIPPED,
        CLI_FIND_PAM_SUBSTACK,
        CLI_FIND_PAM_NOT_ENOUGH,
        CLI_FIND_PAM_BEFORE,
        CLI_FIND_PAM_NO_ACCOUNT,
        CLI_FIND_PAM_TOKEN_ONLY,
        CLI_FIND_PAM_BYPASS,
        CLI_FIND_PAM_LOGINUID,
        CLI_FIND_PAM_SYSTEMD,
        CLI_FIND_LISTENER_SESSION,
        CLI_FIND_REQUIRE_TOKEN,
        CLI_FIND_PAM_SIBLING,
        CLI_FIND_SERVICE_UNNAMED,
        CLI_FIND_SERVICE_UNUSED,
        CLI_FIND_SSHD_BROKEN,
        CLI_FIND_SSHD_NO_PAM,
        CLI_FIND_SSHD_NO_METHOD,
        CLI_FIND_SSHD_NO_KBDINT,
        CLI_FIND_SSHD_PASSWORDS,
        CLI_FIND_SSHD_MATCH,
        CLI_FIND_SSHD_METHODS,
        CLI_FIND_SSHD_ROOT,
        CLI_FIND_BIND_METHODS,
        CLI_FIND_BIND_KEYS,
        CLI_FIND_OFFER_OVERRIDDEN,
        CLI_FIND_OFFER_METHODS,
        CLI_FIND_OFFER_USER,
        CLI_FIND_OFFER_PASSWORDS,
        CLI_FIND_OFFER_ACCOUNT,
        CLI_FIND_OFFER_BIND,
        CLI_FIND_OFFER_CONFIG,
        CLI_FIND_SSHD_GRACE,
        CLI_FIND_SSHD_STARTUPS,
        CLI_FIND_SUDO_PROMPT,
        CLI_FIND_SUDO_OTHER_USER,
        CLI_FIND_SUDO_TIMESTAMP,
        CLI_FIND_SUDO_NOPASSWD,
        CLI_FIND_SUDO_NONINTERACTIVE,
        CLI_FIND_DENIAL,
        CLI_FIND_COUNT
};

/* The subcommand. */
extern const struct cli_body cli_doctor_body;

struct cli_doctor {
        const char *config; /* NULL: the default, below root */
        const char *cache;  /* NULL: as for config */
        const char *root;   /* prepended to every path; "" for this host */
        int64_t now;
        struct pjwt_conf *conf;   /* NULL if it cannot be read */
        struct json_object *list; /* NULL: text */
        size_t errors;
        size_t warnings;
};

/*
 * Reports a finding.
 * fix: the line to change; NULL: that of the row.
 * fmt: the problem, beginning with the place.
 */
void cli_found(struct cli_doctor *d, enum cli_finding finding, const char *fix, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));

/* root and path in out. */
const char *cli_root_path(const struct cli_doctor *d, const char *path, char out[512]);

void cli_doctor_conf(struct cli_doctor *d); /* fills conf, for the others */
void cli_doctor_host(struct cli_doctor *d);
void cli_doctor_listeners(struct cli_doctor *d);
void cli_doctor_keys(struct cli_doctor *d);
void cli_doctor_pam(struct cli_doctor *d);
void cli_doctor_sshd(struct cli_doctor *d);
/*
 * Passwords of users that a Match block applies to. password_line: the "FILE:LINE" by which the stack takes
 * them.
 */
void cli_doctor_match(struct cli_doctor *d, const char *password_line);
/* Bound tokens: do sshd, the stack and the configuration do their parts? sshd -T works already. */
void cli_doctor_bound(struct cli_doctor *d);
void cli_doctor_sudo(struct cli_doctor *d);
void cli_doctor_log(struct cli_doctor *d);

/* What a service would do without the module. Returns whether it has a configuration. */
bool cli_doctor_removed(struct cli_doctor *d, const char *service);
/* Calls `look` for each service that libpam finds; returns for how many it returned true. */
size_t cli_doctor_services(struct cli_doctor *d, bool (*look)(struct cli_doctor *d, const char *service));
/*
 * What libpam does not read as it was meant; and what the stack of a service with this line of ours does with
 * a login.
 */
void cli_doctor_stack_faults(struct cli_doctor *d, const struct pjwt_stack *stack);
void cli_doctor_stack(struct cli_doctor *d, const struct pjwt_stack *stack, const struct pjwt_stack_line *us);
/* Who can write the files of a stack? */
void cli_doctor_pam_modes(struct cli_doctor *d, const struct pjwt_stack *stack);
/* The rules for the lines of one stack. us: its first auth line of pam_jwt. */
void cli_doctor_pam_lines(struct cli_doctor *d, const char *service, const struct pjwt_stack *stack,
                          const struct pjwt_stack_line *us);

/* The i-th finding, for pamjwt(1). False after the last. */
bool cli_doctor_row(size_t i, const char **retid, const char **retwhy);

/* Whether the auth stack contains a password module. */
bool cli_pam_takes_passwords(const struct pjwt_stack *stack);

/* The account line of pam_jwt with require_token; NULL if there is none. */
const struct pjwt_stack_line *cli_pam_requires_token(const struct pjwt_stack *stack);

/* Whether this service's auth stack uses pam_jwt. */
bool cli_doctor_uses_us(const struct cli_doctor *d, const char *service);

#endif
