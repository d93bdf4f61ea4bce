/* The names of algorithms on the command line. */
#ifndef CLI_ALGS_H
#define CLI_ALGS_H

#include <stddef.h>

#include "alg.h"

/* Reports an unknown algorithm, with the nearest known one. Returns CLI_ERROR. */
int cli_unknown_alg(const char *name);
/* Warns when a secret is shorter than the digest of the algorithm (RFC 7518 section 3.2). */
void cli_warn_weak_secret(size_t bytes, const struct pjwt_alg *alg);

#endif
