/* Lines of pam_jwt.conf: sections are opened, keys find their row. Pure. */
#ifndef PJWT_SECTIONS_H
#define PJWT_SECTIONS_H

#include "reader.h"

/*
 * For pjwt_ini_cut(); arg is a struct pjwt_reader. One line: a section, or a key of the open one. Errors are
 * reported and reading goes on; PJWT_NO_MEMORY ends it.
 */
enum pjwt_reason pjwt_read_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr);

/* For pjwt_ini_cut(): a line that is neither. */
void pjwt_bad_line(void *arg, struct pjwt_origin origin, const char *key, const char *what);

#endif
