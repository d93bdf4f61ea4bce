/*
 * The revocation list, /etc/security/pam_jwt.revoked, takes effect at the next login, without network
 * access. Each line is one of the following, with the character rules of the configuration:
 *
 *   jti ISSUER VALUE             one token
 *   sub ISSUER VALUE             all tokens of one person or machine
 *   kid ISSUER VALUE             all tokens signed by one key
 *   issued_before ISSUER TIME    all tokens issued earlier; seconds since the epoch or 2026-11-24T10:00:00Z
 *   user NAME                    a local account
 *
 * ISSUER is the NAME of an issuer section, or the iss itself if it contains a colon. VALUE is the rest of
 * the line.
 */
#ifndef PJWT_REVOKED_H
#define PJWT_REVOKED_H

#include "conf.h"
#include "reason.h"
#include "token.h"

#define PJWT_REVOKED_BYTES_MAX (4 * 1024 * 1024)

struct pjwt_revoked;

/*
 * Reads a list. Strict: an invalid line is an error for the whole list, since it was meant to refuse a
 * login.
 * conf: an issuer NAME that is not in it is an error; NULL: names are not looked up.
 * ret:  on success a new list for pjwt_revoked_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG ("FILE:LINE: ..."); PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_revoked_parse(const char *text, size_t len, const char *file,
                                    const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                    struct pjwt_error *reterr);

/* The same from a file under the rules of pjwt_file_read(). A file that does not exist is an empty list. */
enum pjwt_reason pjwt_revoked_load(const char *path, const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                   struct pjwt_error *reterr);

/* Accepts NULL. */
void pjwt_revoked_free(struct pjwt_revoked *list);

/*
 * Whether the list contains this verified token of this issuer.
 * kid: of the key that verified the signature, NULL if it has none; it need not be in the token.
 * retorigin: the line; filled on PJWT_REVOKED, may be NULL. Its file name lives as long as the list.
 * Returns PJWT_OK or PJWT_REVOKED. A token without iat is treated as older than any issued_before.
 */
enum pjwt_reason pjwt_revoked_token(const struct pjwt_revoked *list, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, const char *kid,
                                    struct pjwt_origin *retorigin, struct pjwt_error *reterr);

/* Whether the list contains the local account. As above. */
enum pjwt_reason pjwt_revoked_user(const struct pjwt_revoked *list, const char *user,
                                   struct pjwt_origin *retorigin, struct pjwt_error *reterr);

#endif
