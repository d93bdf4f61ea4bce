/* Formats a decision as one log line (design section 4). Pure. */
#ifndef PJWT_AUDIT_H
#define PJWT_AUDIT_H

#include "decision.h"

#define PJWT_AUDIT_MAX 2048

/*
 * Writes the audit line of a decision: fixed order of fields, values quoted, escaped and limited in length,
 * never the token or a part of it. Fields of a token whose signature is not valid are named claimed_... . A
 * user who does not exist is shown as user='?', since users sometimes paste secrets at the wrong prompt.
 * The line has no newline and always ends with a NUL.
 *
 * result=deny reason=expired stage=claims user='alice' service='sshd' rhost='192.0.2.7' iss='https://...'
 * sub='...' kid='...' alg='ES256' jti='...' grant='' detail='exp 1700000000, now 1700000300'
 */
void pjwt_audit_line(const struct pjwt_request *request, const struct pjwt_decision *decision,
                     char out[PJWT_AUDIT_MAX]);

/*
 * Escapes bytes for a quoted value: printable ASCII and valid visible UTF-8 are kept; quotes, backslashes
 * and everything else are written as \xHH. At most cap bytes are written; a truncated value ends with
 * "...".
 * Returns the number of bytes written.
 */
size_t pjwt_audit_escape(const char *in, size_t len, char *out, size_t cap);

#endif
