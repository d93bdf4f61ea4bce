/* What unfinished logins and crashed sessions have left. */
#ifndef PJWT_RECORDSWEEP_H
#define PJWT_RECORDSWEEP_H

#include <stdint.h>

/*
 * Removes pending records whose process is gone or whose token has expired, and sessions' records whose token
 * has expired: a login that never finished and a session that crashed leave nothing for long. Also run by
 * `pamjwt refresh`.
 */
void pjwt_record_sweep(const char *run_dir, int64_t now);

#endif
