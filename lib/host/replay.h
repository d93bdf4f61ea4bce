/*
 * one_use: a token counts once on this host. A symbolic link under /run/pam_jwt/used says that it was used;
 * its name is a hash of the issuer and jti (of the signing input where there is no jti), its target the
 * moment behind which the token is worth nothing anyway. A link because it comes into being whole: an empty
 * file gets its date by a second call, and a user who stops his own sudo between the two could have it swept
 * away by the next one and use the token twice. /run is empty after a reboot, so a token from before the boot
 * does not count at all.
 */
#ifndef PJWT_REPLAY_H
#define PJWT_REPLAY_H

#include <openssl/types.h>

#include "reason.h"
#include "token.h"

#define PJWT_REPLAY_NAME 44 /* 43 characters of base64url and a NUL */

/* Where and how use is recorded. Borrowed. All zero: nothing can be recorded, so one_use refuses. */
struct pjwt_replay {
        const char *run_dir; /* PJWT_RUN_DIR, "used" lies below it; NULL: one_use refuses */
        int64_t boot;        /* pjwt_replay_boot(); 0: unknown, one_use refuses */
        bool look_only;      /* was it used? but record nothing: `check`, observe */
};

/*
 * When this system (in a container: its first process) started, in seconds since the epoch; 0 when /proc does
 * not say.
 * now: CLOCK_REALTIME, for a clock that was set after the start.
 */
int64_t pjwt_replay_boot(int64_t now);

/*
 * The name under which a token is recorded. Never the token string or its signature: an ECDSA signature has a
 * twin that verifies too (SIG-07, REV-12).
 * libctx: OpenSSL's, borrowed.
 * Returns PJWT_OK, PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_replay_name(OSSL_LIB_CTX *libctx, const char *issuer, const struct pjwt_token *token,
                                  char ret[PJWT_REPLAY_NAME], struct pjwt_error *reterr);

/*
 * Records one use of a verified token, for one process among all that try at the same time.
 * issued: its iat, 0 when there is none.
 * until: when it is worth nothing any more, leeway included. leeway: of the issuer.
 * Returns PJWT_OK; PJWT_REPLAYED when it was used, or may have been used before the boot; PJWT_CLAIM_MISSING
 * without iat; PJWT_NO_STORE when nothing can be recorded; PJWT_CRYPTO.
 */
enum pjwt_reason pjwt_replay_use(const struct pjwt_replay *replay, const char *name, int64_t issued,
                                 int64_t until, int64_t leeway, int64_t now, struct pjwt_error *reterr);

#endif
