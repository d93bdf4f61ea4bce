/*
 * The login record (design section 7): what an accepted token said, kept by root for the session that it
 * opened, so that sudo can ask for it and `pamjwt sessions` can show it. Never the token.
 *
 * PJWT_RUN_DIR/pending/PID.STARTTIME   from authenticate to open_session, named by the process that will open
 * the session PJWT_RUN_DIR/session/ID              while the session lasts, named by the kernel's audit
 * session id
 *
 * Both folders are root's alone (0700, files 0600). Nothing in an environment is ever an input.
 */
#ifndef PJWT_RECORD_H
#define PJWT_RECORD_H

#include <sys/types.h>

#include "reason.h"
#include "strictjson.h"

/* A process, for as long as it lives: a pid that is used again has another start time. */
struct pjwt_process {
        pid_t pid;
        uint64_t start; /* /proc/PID/stat, field 22 */
};

/* All strings are owned; those that are NULL were not there. */
struct pjwt_record {
        char *user; /* whom the token let in */
        uid_t uid;
        char *service; /* the PAM service where it did */
        char *rhost;
        char *issuer; /* the section's name */
        char *grant;
        char *iss; /* as in claims */
        char *sub;
        char *jti;
        char *kid;
        char *alg;
        char *typ;
        /* thumbprint of the ssh key that the token was bound to, and that the login proved */
        char *bound_key;
        char *claims;  /* the token's payload, exactly as signed */
        int64_t since; /* when authenticate accepted it */
        int64_t exp;
        int64_t until;          /* exp and the issuer's leeway */
        bool session_until_exp; /* the service demands that the session ends with the token */
};

/* Wipes and frees. Accepts NULL. */
void pjwt_record_free(struct pjwt_record *record);

/* The record as JSON text, to be freed by pjwt_wipe_free_str(); NULL when memory runs out. Pure. */
char *pjwt_record_text(const struct pjwt_record *record);

/*
 * Reads such a text. Anything missing, unknown or of another type is refused. Pure.
 * ret: on success a new record; untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_JSON, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_parse(const char *text, size_t len, struct pjwt_record **ret,
                                   struct pjwt_error *reterr);

/* The process with this pid, as it is now. False when there is none. */
bool pjwt_process_of(pid_t pid, struct pjwt_process *ret);
/* The parent of this process and its start time. False when it cannot be known. */
bool pjwt_process_parent(struct pjwt_process *ret);

/*
 * The kernel's audit session id of this process: set by pam_loginuid, inherited, and not to be changed by the
 * user. False when there is none (containers, audit off).
 */
bool pjwt_record_session_id(unsigned *ret);

/*
 * Writes the pending record of `opener`, and takes away what earlier logins left (pjwt_record_sweep). run_dir
 * and its folders are made when they are not there. Needs root.
 * Returns PJWT_OK; PJWT_FILE_...; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_put(const char *run_dir, struct pjwt_process opener,
                                 const struct pjwt_record *record, int64_t now, struct pjwt_error *reterr);

/* Reads the pending record of a process. PJWT_NO_RECORD when there is none. */
enum pjwt_reason pjwt_record_pending(const char *run_dir, struct pjwt_process opener,
                                     struct pjwt_record **ret, struct pjwt_error *reterr);

/*
 * Makes the pending record the one of the session `id`. A record that is there already stays, and the pending
 * one is
 * removed: one session is opened by one login.
 * Returns PJWT_OK; PJWT_FILE_WRITE.
 */
enum pjwt_reason pjwt_record_move(const char *run_dir, struct pjwt_process opener, unsigned id,
                                  struct pjwt_error *reterr);

/* Removes a record, if it is there. */
void pjwt_record_drop_pending(const char *run_dir, struct pjwt_process opener);
void pjwt_record_drop_session(const char *run_dir, unsigned id);

/* The record of a session. PJWT_NO_RECORD when there is none. */
enum pjwt_reason pjwt_record_session(const char *run_dir, unsigned id, struct pjwt_record **ret,
                                     struct pjwt_error *reterr);

/*
 * Calls fn for each session's record, in the order of their ids; one that cannot be read comes with record
 * NULL and its error. For `pamjwt sessions`.
 * Returns PJWT_OK, also when there are none; PJWT_FILE_OPEN.
 */
typedef void pjwt_record_fn(void *arg, unsigned id, const struct pjwt_record *record,
                            const struct pjwt_error *error);
enum pjwt_reason pjwt_record_list(const char *run_dir, pjwt_record_fn *fn, void *arg,
                                  struct pjwt_error *reterr);

/*
 * Removes pending records whose process is gone or whose token is over, and sessions' records whose token is
 * over: a login that never finished and a session that crashed leave nothing for long. Also run by `pamjwt
 * refresh`.
 */
void pjwt_record_sweep(const char *run_dir, int64_t now);

#endif
