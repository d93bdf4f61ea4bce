/* Reads values of pam_jwt.conf by their type: words, lists, durations, algorithms, URLs. Pure. */
#ifndef PJWT_READVALUE_H
#define PJWT_READVALUE_H

#include "reader.h"

/*
 * Reads the value of any row except a match line into its field of the section. Lists are split in place:
 * value is part of the text. False after an error, which has been reported.
 */
bool pjwt_read_value(struct pjwt_reader *r, const struct pjwt_row *row, void *section, const char *value);

#endif
