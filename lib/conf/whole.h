/*
 * Checks that need the whole configuration: missing keys, contradictions, references to missing sections.
 * Pure.
 */
#ifndef PJWT_WHOLE_H
#define PJWT_WHOLE_H

#include "reader.h"

/* Called after the last line: completes the policy (%h, the issuers of grants) and reports all its errors. */
void pjwt_whole_check(struct pjwt_reader *r);

#endif
