/*
 * The revocation list, /etc/security/pam_jwt.revoked, takes effect at the next login, without network
 * access. Each line is one of the following, with the character rules of the configuration:
 *
 *   jti ISSUER VALUE             one token
 *   sub ISSUER VALUE             all tokens of one person or machine
 *   kid ISSUER VALUE             all tokens signed by one key
 *   issued_before ISSUER TIME    all tokens issued earlier; seconds since the epoch or 2026-11-24T10:00:00Z
 *   user NAME                    a local account, under whatever name it logs in
 *   uid NUMBER                   the same without a lookup of the name
 *
 * ISSUER is the NAME of an issuer section, or the iss itself if it contains a colon. VALUE is the rest of
 * the line.
 */
#ifndef PJWT_REVOKED_H
#define PJWT_REVOKED_H

#include "conf.h"
#include "grant.h"
#include "reason.h"
#include "token.h"

#define PJWT_REVOKED_BYTES_MAX (4 * 1024 * 1024)
#define PJWT_REVOKED_USERS_MAX 500 /* `user` lines: each may cost a lookup over the network */

struct pjwt_revoked;

/* What NSS answers for a name. The zero value refuses. */
enum pjwt_account {
        PJWT_ACCOUNT_UNSURE, /* NSS could not answer, or was not asked */
        PJWT_ACCOUNT_ABSENT, /* there is no such account */
        PJWT_ACCOUNT_FOUND,
};

/* How accounts are looked up. */
struct pjwt_accounts {
        /* retuid: set for PJWT_ACCOUNT_FOUND only */
        enum pjwt_account (*find)(void *arg, const char *name, uid_t *retuid);
        void *arg;
};

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

/*
 * Whether the list contains the local account. A `user` line applies if its name is the one that was asked
 * for, the one that NSS gives to the account, or that of another entry with the same uid (attacks RVW-01).
 * Names are looked up only if no line applies without a lookup.
 * accounts: for the names in `user` lines, and for the user if it does not exist; NULL: nothing is looked up.
 * retorigin: the line; filled on PJWT_REVOKED and PJWT_ACCOUNT_LOOKUP, may be NULL.
 * Returns PJWT_OK; PJWT_REVOKED; PJWT_ACCOUNT_LOOKUP when a lookup that could decide gave no answer.
 */
enum pjwt_reason pjwt_revoked_user(const struct pjwt_revoked *list, const struct pjwt_user *user,
                                   const struct pjwt_accounts *accounts, struct pjwt_origin *retorigin,
                                   struct pjwt_error *reterr);

/* A `user` or `uid` line, for `pamjwt check`. */
struct pjwt_revoked_account {
        const char *file;
        unsigned line;
        const char *name; /* NULL for a `uid` line */
        uid_t uid;        /* of a `uid` line */
};

/* The i-th `user` or `uid` line; false after the last. Borrowed from the list. */
bool pjwt_revoked_account_at(const struct pjwt_revoked *list, size_t i, struct pjwt_revoked_account *ret);

#endif
