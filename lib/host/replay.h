/*
 * one_use: a token is accepted once on this host. A symbolic link under /run/pam_jwt/used records the use;
 * its name is a hash of the issuer and jti (or of the signing input if there is no jti), its target the
 * time after which the token is no longer valid anyway. A link is used because it is created atomically:
 * the date of an empty file would be set by a second call, and a user who stops sudo between the two could
 * have the record swept by another sudo and use the token twice. /run is empty after a reboot, so tokens
 * from before the boot are refused.
 */
#ifndef PJWT_REPLAY_H
#define PJWT_REPLAY_H

#include <openssl/types.h>

#include "reason.h"
#include "token.h"

#define PJWT_REPLAY_NAME 44 /* 43 characters of base64url and a NUL */

/*
 * Where and how uses are recorded. Borrowed. Zero-initialised: nothing can be recorded, so one_use refuses.
 */
struct pjwt_replay {
        const char *run_dir; /* PJWT_RUN_DIR, which contains "used"; NULL: one_use refuses */
        int64_t boot;        /* pjwt_replay_boot(); 0: unknown, one_use refuses */
        bool look_only;      /* check for a previous use, but record nothing: `check`, observe */
};

/*
 * When this system (in a container: its first process) was started, in seconds since the epoch; 0 if /proc
 * does not provide it.
 * now: CLOCK_REALTIME, to account for a clock that was set after the start.
 */
int64_t pjwt_replay_boot(int64_t now);

/*
 * The name under which the use of a token is recorded. Never derived from the token string or its
 * signature, since for each ECDSA signature there is another valid one (SIG-07, REV-12).
 * libctx: OpenSSL's, borrowed.
 * Returns PJWT_OK, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_replay_name(OSSL_LIB_CTX *libctx, const char *issuer, const struct pjwt_token *token,
                                  char ret[PJWT_REPLAY_NAME], struct pjwt_error *reterr);

/*
 * Records the use of a verified token; succeeds for only one of several processes at the same time.
 * issued: its iat, 0 if there is none.
 * until: when it expires, including leeway. leeway: of the issuer.
 * Returns PJWT_OK; PJWT_REPLAYED if it was used, or may have been used before the boot; PJWT_CLAIM_MISSING
 * without iat; PJWT_NO_STORE if nothing can be recorded; PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_replay_use(const struct pjwt_replay *replay, const char *name, int64_t issued,
                                 int64_t until, int64_t leeway, int64_t now, struct pjwt_error *reterr);

#endif
