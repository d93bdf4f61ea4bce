/*
 * The revocation list, /etc/security/pam_jwt.revoked: what must not open a door any more, effective at the
 * next login, without a network. One line each, in the character rules of the configuration:
 *
 *   jti ISSUER VALUE             one token
 *   sub ISSUER VALUE             everything of one person or machine
 *   kid ISSUER VALUE             everything signed by one key
 *   issued_before ISSUER TIME    everything issued earlier; seconds since the epoch or 2026-11-24T10:00:00Z
 *   user NAME                    a local account
 *
 * ISSUER is the NAME of an issuer section, or the iss itself when it holds a colon. VALUE is the rest of the
 * line.
 */
#ifndef PJWT_REVOKED_H
#define PJWT_REVOKED_H

#include "conf.h"
#include "reason.h"
#include "token.h"

#define PJWT_REVOKED_BYTES_MAX (4 * 1024 * 1024)

struct pjwt_revoked;

/*
 * Reads a list. Strict: a line that is not understood refuses the whole, since it was meant to shut somebody
 * out.
 * conf: an issuer NAME that it does not hold is an error; NULL: names are not looked up.
 * ret:  on success a new list for pjwt_revoked_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG ("FILE:LINE: ..."); PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_revoked_parse(const char *text, size_t len, const char *file,
                                    const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                    struct pjwt_error *reterr);

/* The same from a file under the rules of pjwt_file_read(). A file that is not there is an empty list. */
enum pjwt_reason pjwt_revoked_load(const char *path, const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                   struct pjwt_error *reterr);

/* Accepts NULL. */
void pjwt_revoked_free(struct pjwt_revoked *list);

/*
 * Does the list name this verified token of this issuer?
 * kid: of the key under which the signature held, NULL when it has none; the token itself need not name it.
 * retorigin: the line; filled on PJWT_REVOKED, may be NULL. Its file name lives as long as the list.
 * Returns PJWT_OK or PJWT_REVOKED. A token without iat is older than any issued_before.
 */
enum pjwt_reason pjwt_revoked_token(const struct pjwt_revoked *list, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, const char *kid,
                                    struct pjwt_origin *retorigin, struct pjwt_error *reterr);

/* Does it name the local account? As above. */
enum pjwt_reason pjwt_revoked_user(const struct pjwt_revoked *list, const char *user,
                                   struct pjwt_origin *retorigin, struct pjwt_error *reterr);

#endif
