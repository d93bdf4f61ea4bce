/*
 * pamjwt setup, in the order in which its parts are used: look (what is there), plan (what it shall be;
 * pure), check (the plan in a scratch copy), apply (backups, the journal, one rename a file), undo, timer
 * (what starts it), try (a login).
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <sys/stat.h>

#include "args.h"
#include "buf.h"
#include "journal.h"
#include "keysource.h"
#include "reason.h"

#define CLI_SETUP_CONF    "/etc/security/pam_jwt.conf.d/setup.conf"
#define CLI_SETUP_SSHD    "/etc/ssh/sshd_config.d/00-pam_jwt.conf"
#define CLI_SETUP_SUDOERS "/etc/sudoers.d/zz-pam_jwt"
#define CLI_SSHD_CONFIG   "/etc/ssh/sshd_config"
#define CLI_SERVICES_MAX  8

/* The two stacks (README). Zero keeps passwords. */
enum cli_stack { CLI_STACK_EITHER, CLI_STACK_TOKEN_ONLY };

/* The subcommand. */
extern const struct cli_body cli_setup_body;

/* The options of the command line. */
struct cli_setup_options {
        struct cli_args args;
        const char *issuer;
        struct cli_list audience;
        struct cli_list services;
        const char *user;
        struct cli_list match;
        const char *host_name;
        const char *stack;
        const char *token;
        const char *login;
        bool dry_run;
        bool yes;
        struct cli_number within;
        bool confirm;
        bool undo;
        bool expired;
        const char *root;
        struct cli_fetching fetching;
};

/* One file: as it is, and as it shall be. The strings are owned. */
struct cli_change {
        char *path; /* on the host, without the root */
        char *old;  /* NULL: there is no such file */
        size_t old_len;
        char *text;
        mode_t mode;
};

/* What was found, and what is to be done. */
struct cli_setup {
        const struct cli_setup_options *options;
        const char *root; /* in front of every path; "" for this host */
        /* found */
        char host_name[256];
        char machine_id[64];
        bool has_host_section; /* in a file that is not ours */
        bool sshd_there;
        char sshd_methods[256];
        char sshd_pid_file[256];
        bool sshd_passwords; /* PasswordAuthentication */
        bool sshd_asks;      /* UsePAM and KbdInteractiveAuthentication are on */
        /* wanted */
        const char *issuer_name; /* owned by name_room */
        char name_room[72];
        char services[CLI_SERVICES_MAX][64]; /* with their siblings: sudo-i, su-l */
        size_t service_count;
        struct cli_change changes[CLI_CHANGES_MAX];
        size_t change_count;
};

/* root and path in out. */
const char *cli_setup_path(const struct cli_setup *s, const char *path, char out[600]);
bool cli_setup_wants(const struct cli_setup *s, const char *service);
bool cli_setup_is_there(const struct cli_setup *s, const char *path);
/* `pamjwt: setup: ...` on stderr. Returns CLI_NO. */
int cli_setup_in_the_way(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* --- plan.c: pure --- */

/* pam_jwt.conf.d/setup.conf. */
void cli_plan_conf(const struct cli_setup *s, struct cli_buf *out);
/* The two lines that sshd needs, and what stands behind them: the old text, or "". */
void cli_plan_sshd(const char *behind, struct cli_buf *out);
/*
 * The stack of a service with the lines of pam_jwt in it, in the places that README names; unchanged when it
 * asks pam_jwt already. The token-or-password stack keeps every line that was there.
 * Returns NULL; or why this file has to be changed by hand, in static storage.
 */
const char *cli_plan_pam(const struct cli_setup *s, const char *service, enum cli_stack stack,
                         const char *text, struct cli_buf *out);
/* Does a sshd_config read sshd_config.d before it says anything itself? */
bool cli_plan_sshd_includes(const char *text);
/* The name of the issuer section: the host of its URL. Sets issuer_name. */
void cli_plan_name(struct cli_setup *s);

/* --- look.c: reads this host --- */

/* Fills "found" and "changes". What is in the way has been said. Returns an exit status. */
int cli_setup_look(struct cli_setup *s);
void cli_setup_clear(struct cli_setup *s);
/* sudo's passprompt_override is switched off: one more change. As above. */
int cli_setup_plan_sudoers(struct cli_setup *s);

/* --- check.c --- */

/*
 * Tries the plan in a scratch copy of /etc: its configuration, stacks and sudoers, as doctor sees them. As
 * above.
 */
int cli_setup_check(struct cli_setup *s);
/* Prints what changes, as a unified diff. */
void cli_setup_diff(const struct cli_setup *s);

/* --- apply.c --- */

/* Writes journal and backups, and syncs them. From here on cli_setup_undo() knows what to do. */
enum pjwt_reason cli_setup_record(const struct cli_setup *s, int64_t deadline_boot_ms,
                                  struct pjwt_error *reterr);
/* One rename a file, in the order of the changes. */
enum pjwt_reason cli_setup_apply(const struct cli_setup *s, struct pjwt_error *reterr);

/* --- undo.c --- */

enum pjwt_reason cli_setup_confirm(const char *root, struct pjwt_error *reterr);
/*
 * Takes the latest set-up back, in the opposite order. A file that somebody has changed since is left alone
 * and named on stderr; then the journal stays, and the reason is PJWT_FILE_WRITE. sshd is reloaded when a
 * file of its was among them.
 */
enum pjwt_reason cli_setup_undo(const char *root, struct pjwt_error *reterr);

/* --- timer.c --- */

/*
 * Sees to it that the set-up is taken back at the deadline unless it is confirmed, also when this process,
 * its terminal and its session are gone. False: nobody will, so nothing may be changed.
 */
bool cli_setup_timer(const char *root, int64_t deadline_boot_ms);
/* Undo as the timer does it: only what is unconfirmed and whose time is over. Returns an exit status. */
int cli_setup_expire(const char *root);
/* Has sshd read its configuration again, where one is running. False: somebody has to do it by hand. */
bool cli_setup_reload_sshd(void);

/* --- try.c --- */

/* Logins through a second sshd on loopback. What went wrong has been said. Returns an exit status. */
int cli_setup_try(const struct cli_setup *s, const char *token);

#endif
