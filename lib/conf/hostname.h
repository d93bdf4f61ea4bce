/* The name of this host: what may be one, where it comes from, and %h in an audience. Pure. */
#ifndef PJWT_HOSTNAME_H
#define PJWT_HOSTNAME_H

#include "reader.h"

/*
 * A host name that may be part of an audience: letters, digits, dots, hyphens; not localhost, not an address.
 */
bool pjwt_host_name_ok(const char *name);

/* Sets the host_name of the policy to the host's own name in lower case, where no host_name is given. */
void pjwt_host_name_set(struct pjwt_reader *r);

/* True when the policy has a host_name; otherwise reports that `what` needs one, and why there is none. */
bool pjwt_host_name_need(struct pjwt_reader *r, const char *what);

/*
 * What is wrong with one word of an audience, which may have %h and %%; NULL when nothing is. Static storage.
 */
const char *pjwt_audience_problem(const char *word);

/* Replaces %h and %% in a list that pjwt_audience_problem() has passed. */
void pjwt_audience_expand(struct pjwt_reader *r, char **list);

#endif
