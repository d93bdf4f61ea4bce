/*
 * Storage of login records from authenticate until the session closes (names in recordname.h). Both
 * directories are accessible only by root. Environment variables are never used as input.
 */
#ifndef PJWT_RECORDSTORE_H
#define PJWT_RECORDSTORE_H

#include "process.h"
#include "record.h"

/*
 * Writes the pending record of `opener`, and removes outdated ones (pjwt_record_sweep). run_dir and its
 * directories are created if necessary. Requires root.
 * Returns PJWT_OK; PJWT_FILE_...; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_record_put(const char *run_dir, struct pjwt_process opener,
                                 const struct pjwt_record *record, int64_t now, struct pjwt_error *reterr);

/* Reads the pending record of a process. PJWT_NO_RECORD if there is none. */
enum pjwt_reason pjwt_record_pending(const char *run_dir, struct pjwt_process opener,
                                     struct pjwt_record **ret, struct pjwt_error *reterr);

/*
 * Makes the pending record the one of the session `id`. One session is opened by one login: where a record is
 * there already, both are removed, since no one could tell which login a later sudo comes from (attacks
 * RVW-02).
 * Returns PJWT_OK; PJWT_FILE_WRITE.
 */
enum pjwt_reason pjwt_record_move(const char *run_dir, struct pjwt_process opener, unsigned id,
                                  struct pjwt_error *reterr);

/* Removes a record, if it exists. */
void pjwt_record_drop_pending(const char *run_dir, struct pjwt_process opener);
void pjwt_record_drop_session(const char *run_dir, unsigned id);

/* The record of a session. PJWT_NO_RECORD if there is none. */
enum pjwt_reason pjwt_record_session(const char *run_dir, unsigned id, struct pjwt_record **ret,
                                     struct pjwt_error *reterr);

/*
 * Calls fn for the record of each session, in the order of their ids; for one that cannot be read, record
 * is NULL and the error is passed. For `pamjwt sessions`.
 * Returns PJWT_OK, also if there are none; PJWT_FILE_OPEN.
 */
typedef void pjwt_record_fn(void *arg, unsigned id, const struct pjwt_record *record,
                            const struct pjwt_error *error);
enum pjwt_reason pjwt_record_list(const char *run_dir, pjwt_record_fn *fn, void *arg,
                                  struct pjwt_error *reterr);

#endif
