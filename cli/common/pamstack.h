/* The stack of a PAM service as Linux-PAM reads it, with the files it includes, as one list of lines. */
#ifndef CLI_PAMSTACK_H
#define CLI_PAMSTACK_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_PAM_ARGS_MAX 32
#define CLI_PAM_US       "pam_jwt.so"

/* The lines of the two stacks, as in README and etc/pam.d. */
#define CLI_LINE_AUTH                                                                                        \
        "auth [success=done cred_unavail=ignore module_unknown=ignore default=die] "                         \
        "pam_jwt.so"
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

enum cli_pam_type { CLI_PAM_AUTH, CLI_PAM_ACCOUNT, CLI_PAM_SESSION, CLI_PAM_PASSWORD };

/* One line with a module. The strings are owned by the stack. */
struct cli_pam_line {
        enum cli_pam_type type;
        char *control; /* "required", or "[success=done default=die]" */
        char *module;  /* without its directory: "pam_jwt.so" */
        char *args[CLI_PAM_ARGS_MAX];
        size_t arg_count;
        char *file; /* the path on the host, without root */
        unsigned line;
        unsigned substack; /* 0: the service's own stack; else the number of its substack */
};

/* A line that could not be followed. */
struct cli_pam_fault {
        char *file;
        unsigned line;
        char *text;
};

struct cli_pam_stack {
        struct cli_pam_line *lines;
        size_t count;
        struct cli_pam_fault *faults;
        size_t fault_count;
};

/*
 * Reads the stack of a service.
 * root: prepended to /etc/pam.d; "" for this host.
 * ret: for cli_pam_free(), also if there are faults.
 * Returns false if the service has no file.
 */
bool cli_pam_read(const char *root, const char *service, struct cli_pam_stack *ret);
void cli_pam_free(struct cli_pam_stack *stack);

/*
 * What a control does with a module's PAM code: the action for `code` ("cred_unavail"), else that of default.
 * The four keywords mean what pam.conf(5) says. Never NULL; "bad" if it cannot be parsed. ret has room for
 * 16.
 */
const char *cli_pam_action(const char *control, const char *code, char ret[16]);

#endif
