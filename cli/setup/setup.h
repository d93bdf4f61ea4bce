/*
 * pamjwt setup, in the order in which its parts are used: look (the current state), plan (the wanted state;
 * pure), check (the plan in a scratch copy), apply (backups, the journal, one rename per file), undo, timer
 * (which runs undo), try (test logins).
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

/* One file: its current and its planned contents. The strings are owned. */
struct cli_change {
        char *path; /* on the host, without the root */
        char *old;  /* NULL: the file does not exist */
        size_t old_len;
        char *text;
        mode_t mode;
};

/* The state that was found, and the planned changes. */
struct cli_setup {
        const struct cli_setup_options *options;
        const char *root; /* prepended to every path; "" for this host */
        /* found */
        char host_name[256];
        char machine_id[64];
        bool has_host_section; /* in a file that is not ours */
        bool sshd_there;
        char sshd_methods[256];
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
/* The two lines that sshd needs, followed by the old text, or "". */
void cli_plan_sshd(const char *after, struct cli_buf *out);
/*
 * The stack of a service with the lines of pam_jwt added in the places described in README; unchanged if it
 * uses pam_jwt already. The token-or-password stack keeps all existing lines.
 * Returns NULL, or the reason why this file has to be changed by hand, in static storage.
 */
const char *cli_plan_pam(const struct cli_setup *s, const char *service, enum cli_stack stack,
                         const char *text, struct cli_buf *out);
/* Whether a sshd_config reads sshd_config.d before its own settings. */
bool cli_plan_sshd_includes(const char *text);
/* The name of the issuer section: the host in its URL. Sets issuer_name. */
void cli_plan_name(struct cli_setup *s);

/* --- look.c: reads this host --- */

/* Fills "found" and "changes". An error has been printed. Returns an exit status. */
int cli_setup_look(struct cli_setup *s);
void cli_setup_clear(struct cli_setup *s);
/*
 * sshd.c: fills what was found about sshd: by `sshd -T` and the files of this host, by the files alone of an
 * image. As above.
 */
int cli_setup_look_at_sshd(struct cli_setup *s);
/*
 * For every user that the Match blocks of sshd tell apart: what was shut before stays shut with the changes.
 * As above.
 * stack: of sshd.
 */
int cli_setup_check_sshd(const struct cli_setup *s, enum cli_stack stack);
/* sudo's passprompt_override is switched off: one more change. As above. */
int cli_setup_plan_sudoers(struct cli_setup *s);

/* --- check.c --- */

/*
 * Checks the plan in a scratch copy of /etc: its configuration, stacks and sudoers, as doctor would. As
 * above.
 */
int cli_setup_check(struct cli_setup *s);
/* Prints the changes as a unified diff. */
void cli_setup_diff(const struct cli_setup *s);

/* --- apply.c --- */

/* Writes and syncs the journal and the backups. From here on cli_setup_undo() can roll back. */
enum pjwt_reason cli_setup_record(const struct cli_setup *s, int64_t deadline_boot_ms,
                                  struct pjwt_error *reterr);
/* One rename per file, in the order of the changes. */
enum pjwt_reason cli_setup_apply(const struct cli_setup *s, struct pjwt_error *reterr);

/* --- undo.c --- */

enum pjwt_reason cli_setup_confirm(const char *root, struct pjwt_error *reterr);
/*
 * Undoes the latest set-up. What becomes of each file is decided before the first is written:
 * - as setup wrote it: it becomes what it was.
 * - edited since, but setup's lines are all there: the lines that they replaced go back in their place, the
 * others stay.
 *   A stack that would then let in more or fewer than before the set-up blocks the undo.
 * - a configuration of setup's that was edited in another way is kept beside, under a name that nothing
 * reads. If any file blocks the undo, each is named on stderr and in the log, nothing is changed, and the
 * reason is PJWT_FILE_WRITE. sshd's files come first; the stacks are written only once the sshd that runs
 * has been asked and does no longer offer what setup had switched on.
 */
enum pjwt_reason cli_setup_undo(const char *root, struct pjwt_error *reterr);

/* --- timer.c --- */

/*
 * Schedules the rollback at the deadline unless it is confirmed, also if this process, its terminal and its
 * session are gone. False: it could not be scheduled, so nothing may be changed.
 */
bool cli_setup_timer(const char *root, int64_t deadline_boot_ms);
/* Undo as the timer runs it: only if unconfirmed and its time has expired. Returns an exit status. */
int cli_setup_expire(const char *root);

/* --- try.c --- */

/* Test logins through a second sshd on loopback. Errors have been printed. Returns an exit status. */
int cli_setup_try(const struct cli_setup *s, const char *token);

#endif
