/* What only the whole configuration shows: missing keys, contradictions, names that lead nowhere. Pure. */
#ifndef PJWT_WHOLE_H
#define PJWT_WHOLE_H

#include "reader.h"

/* After the last line: completes the policy (%h, the issuers of grants) and reports every error of it. */
void pjwt_whole_check(struct pjwt_reader *r);

#endif
