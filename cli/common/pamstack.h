/* The stacks of a PAM service, for the parts of the command that judge or write them (lib/pamstack). */
#ifndef CLI_PAMSTACK_H
#define CLI_PAMSTACK_H

#include "stackask.h"

#define CLI_PAM_US "pam_jwt.so"

/* The lines of the two stacks, as in README and etc/pam.d. */
#define CLI_LINE_AUTH "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] pam_jwt.so"

#define CLI_LINE_AUTH_ONLY "auth required pam_jwt.so"
#define CLI_LINE_ACCOUNT                                                                                     \
        "account [success=ok new_authtok_reqd=ok ignore=ignore module_unknown=ignore default=bad] "          \
        "pam_jwt.so"
/*
 * require_token is for sshd, where a public key bypasses the auth lines. sudo and su also run the account
 * line when they do not authenticate the user.
 */
#define CLI_LINE_ACCOUNT_SSHD "account required pam_jwt.so require_token"
#define CLI_LINE_ACCOUNT_ONLY "account required pam_jwt.so"
#define CLI_LINE_SESSION      "-session optional pam_jwt.so"

/* Directories whose files are services. Ended by NULL. */
extern const char *const cli_pam_dirs[];

/*
 * Reads the stacks of a service as the libpam of that host would.
 * root: below which everything is looked for, and which no link leaves; "" for this host. Where no
 *       libpam.so.0 is found there, the rules are those of Debian 12 (cli_pam_assumes()).
 * ret:  for pjwt_stack_free(); set also if there are faults, which are its notes. NULL on failure.
 * Returns false when the service has no configuration of its own, or memory runs out.
 */
bool cli_pam_read(const char *root, const char *service, struct pjwt_stack **ret);

/* The build of libpam whose rules are assumed for this root because it holds none; NULL if it holds one. */
const char *cli_pam_assumes(const char *root);

/*
 * Which modules of a stack are missing on its host: known only where a libpam.so.0 is, in whose directory
 * they are looked for. For questions: `asked` has them as PJWT_MODULE_MISSING. Borrows the stack; the names
 * are the stack's.
 */
struct cli_pam_modules {
        struct pjwt_stack_asked asked;
        const char *missing[32];
        size_t count;
};

void cli_pam_look_for_modules(const char *root, const struct pjwt_stack *stack, struct cli_pam_modules *ret);
bool cli_pam_is_missing(const struct cli_pam_modules *modules, const struct pjwt_stack_line *line);

/* The first line of a type that calls this module, from index `from` on; NULL when there is none. */
const struct pjwt_stack_line *cli_pam_find(const struct pjwt_stack *stack, enum pjwt_stack_type type,
                                           const char *module, size_t from);
bool cli_pam_has_arg(const struct pjwt_stack_line *line, const char *arg);

/* Does this file of the root contain the word, in a comment or not? No file is waited for. */
bool cli_pam_mentions(const char *root, const char *path, const char *word);

/*
 * A way as a clause: "pam_access.so answers success, pam_jwt.so answers cred_unavail". ret has room for size
 * bytes.
 */
const char *cli_pam_way(const struct pjwt_stack_finding *finding, char *ret, size_t size);

#endif
