/* Runs the stages in order and returns one decision. Only this file knows the order. */
#ifndef PJWT_DECIDE_H
#define PJWT_DECIDE_H

#include "decision.h"

/*
 * Decides about one token: token -> issuer -> keys -> verify -> claims -> bound -> revoked -> service and
 * its requirements -> grant -> use. The user is checked last, so that known, unknown and forbidden users
 * take the same time (PAM-15). one_use is recorded in the very last stage, when everything else has been
 * accepted; with replay.look_only it is looked up and not recorded. If more time has passed than waiting
 * for keys and a few seconds account for, a token that would be accepted is PJWT_INTERRUPTED: the caller
 * reads everything again and judges once more, unless ret->used.
 * ret: always set, for pjwt_decision_clear(); need not be initialised. It borrows from conf.
 * Returns ret->error.reason: PJWT_OK if the token is accepted, otherwise the reason.
 */
enum pjwt_reason pjwt_decide(const struct pjwt_conf *conf, const struct pjwt_request *request,
                             struct pjwt_decision *ret);

/*
 * Decides about a login record instead of a token (reuse_login): whether the token that opened the session
 * would still be accepted here and now. issuer -> alg -> claims -> service, which must set reuse_login ->
 * grant -> requirements. The signature was verified when the record was created, and root keeps it;
 * request->token is not used. Otherwise as pjwt_decide().
 */
enum pjwt_reason pjwt_decide_record(const struct pjwt_conf *conf, const struct pjwt_request *request,
                                    const struct pjwt_record *record, struct pjwt_decision *ret);

#endif
