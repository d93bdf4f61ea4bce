/* Removes the records of unfinished logins and crashed sessions. */
#ifndef PJWT_RECORDSWEEP_H
#define PJWT_RECORDSWEEP_H

#include <stdint.h>

/*
 * Removes pending records if the process has ended or the token has expired, and records of sessions if the
 * token has expired, so that unfinished logins and crashed sessions leave nothing for long. Also run by
 * `pamjwt refresh`.
 */
void pjwt_record_sweep(const char *run_dir, int64_t now);

#endif
