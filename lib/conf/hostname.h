/* The name of this host: valid names, its source, and %h in an audience. Pure. */
#ifndef PJWT_HOSTNAME_H
#define PJWT_HOSTNAME_H

#include "reader.h"

/*
 * A host name that can be part of an audience: letters, digits, dots, hyphens; not localhost, not an IP
 * address.
 */
bool pjwt_host_name_ok(const char *name);

/* Sets the host_name of the policy to the host's own name in lower case if it is not set. */
void pjwt_host_name_set(struct pjwt_reader *r);

/* True if the policy has a host_name; otherwise reports that `what` needs one, and why there is none. */
bool pjwt_host_name_need(struct pjwt_reader *r, const char *what);

/*
 * Describes what is wrong with one word of an audience, which may contain %h and %%; NULL if it is valid.
 * Static storage.
 */
const char *pjwt_audience_problem(const char *word);

/* Replaces %h and %% in a list checked by pjwt_audience_problem(). */
void pjwt_audience_expand(struct pjwt_reader *r, char **list);

#endif
