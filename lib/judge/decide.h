/* The stages in order, to one decision. The only file that knows the order. */
#ifndef PJWT_DECIDE_H
#define PJWT_DECIDE_H

#include "decision.h"

/*
 * Judges one token: token -> issuer -> keys -> verify -> claims -> bound? -> revoked? -> service and its
 * requirements -> grant -> use. The user comes last, so that known, unknown and forbidden users cost the same
 * work (PAM-15). one_use is recorded as the very last stage, when all else has been accepted; with
 * replay.look_only it is looked up and not recorded.
 * ret: a decision in any case, for pjwt_decision_clear(); need not be initialised. It borrows from conf.
 * Returns ret->error.reason: PJWT_OK when the token opens the door, else why not.
 */
enum pjwt_reason pjwt_decide(const struct pjwt_conf *conf, const struct pjwt_request *request,
                             struct pjwt_decision *ret);

/*
 * Judges a login record in place of a token (reuse_login): was the token that opened the session of a kind
 * that is still welcome, now and here? issuer -> alg -> claims -> service, which must say reuse_login ->
 * grant -> its demands. The signature was verified when the record was made, and root keeps it;
 * request->token is not looked at. Otherwise as pjwt_decide().
 */
enum pjwt_reason pjwt_decide_record(const struct pjwt_conf *conf, const struct pjwt_request *request,
                                    const struct pjwt_record *record, struct pjwt_decision *ret);

#endif
