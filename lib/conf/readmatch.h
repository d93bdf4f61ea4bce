/* match.CLAIM = VALUE of a grant or a service. What a value matches is in match.c. Pure. */
#ifndef PJWT_READMATCH_H
#define PJWT_READMATCH_H

#include "reader.h"

/* Adds the match line at hand to the open section. False after an error, which was reported. */
bool pjwt_read_match(struct pjwt_reader *r, const char *value);

#endif
