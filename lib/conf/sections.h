/* Lines of pam_jwt.conf: opens sections, finds the rows of keys. Pure. */
#ifndef PJWT_SECTIONS_H
#define PJWT_SECTIONS_H

#include "reader.h"

/*
 * For pjwt_ini_cut(); arg is a struct pjwt_reader. Handles a section line, or a key of the open section.
 * Errors are reported and reading continues; PJWT_NO_MEMORY stops it.
 */
enum pjwt_reason pjwt_read_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr);

/* For pjwt_ini_cut(): an invalid line. */
void pjwt_bad_line(void *arg, struct pjwt_origin origin, const char *key, const char *what);

#endif
