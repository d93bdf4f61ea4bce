/* Reads match.CLAIM = VALUE of a grant or a service. For matching see match.c. Pure. */
#ifndef PJWT_READMATCH_H
#define PJWT_READMATCH_H

#include "reader.h"

/* Adds the current match line to the open section. False after an error, which has been reported. */
bool pjwt_read_match(struct pjwt_reader *r, const char *value);

#endif
