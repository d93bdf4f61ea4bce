/*
 * Where login records are kept from authenticate until the session closes (names in recordname.h). Both
 * directories are root's alone. Nothing in an environment is ever an input.
 */
#ifndef PJWT_RECORDSTORE_H
#define PJWT_RECORDSTORE_H

#include "process.h"
#include "record.h"

/*
 * Writes the pending record of `opener`, and removes what earlier logins left (pjwt_record_sweep). run_dir
 * and its directories are made when they are not there. Needs root.
 * Returns PJWT_OK; PJWT_FILE_...; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_put(const char *run_dir, struct pjwt_process opener,
                                 const struct pjwt_record *record, int64_t now, struct pjwt_error *reterr);

/* Reads the pending record of a process. PJWT_NO_RECORD when there is none. */
enum pjwt_reason pjwt_record_pending(const char *run_dir, struct pjwt_process opener,
                                     struct pjwt_record **ret, struct pjwt_error *reterr);

/*
 * Makes the pending record the one of the session `id`. A record that is there already stays, and the pending
 * one is removed: one session is opened by one login.
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

#endif
