#include "bind.h"

#include <stdio.h>
#include <string.h>

#include "bound.h"

/* A login record that has not expired contains the key that its login proved. */
static enum pjwt_reason proof_of_login(const struct pjwt_bind_login *login, int64_t now,
                                       struct pjwt_sshkey *ret, struct pjwt_error *reterr)
{
        if (!login->key || now >= login->until)
                return pjwt_fail(reterr, PJWT_BOUND, "the token has cnf, but the login record of %s %s",
                                 login->service, login->key ? "has expired" : "does not contain a key");
        ret->type = "login record";
        (void)snprintf(ret->thumbprint, sizeof(ret->thumbprint), "%s", login->key);
        return PJWT_OK;
}

/* Determines the key that this login has proved. */
static enum pjwt_reason find_proof(const struct pjwt_conf *conf, const struct pjwt_bind_proof *proof,
                                   struct pjwt_sshkey *ret, struct pjwt_error *reterr)
{
        bool sshd = !proof->reuse && pjwt_list_has(conf->bind_services, proof->service);

        if (!sshd && proof->login)
                return proof_of_login(proof->login, proof->now, ret, reterr);
        if (!sshd)
                return pjwt_fail(
                        reterr, PJWT_BOUND,
                        "the token has cnf, but for service %.64s only the login record of an ssh login "
                        "can prove possession of its key, and there is none",
                        proof->service);
        if (!proof->auth_info)
                return pjwt_fail(reterr, PJWT_BOUND,
                                 "the token has cnf, but sshd has not verified a key before this prompt "
                                 "(AuthenticationMethods publickey,keyboard-interactive:pam)");
        return pjwt_sshkey_auth_info(proof->auth_info, ret, reterr);
}

enum pjwt_reason pjwt_bind_check(const struct pjwt_conf *conf, const struct pjwt_token *token,
                                 const struct pjwt_bind_proof *proof, struct pjwt_bind_seen *ret,
                                 struct pjwt_error *reterr)
{
        enum pjwt_reason reason;

        *ret = (struct pjwt_bind_seen){.proof = {.type = "none"}};
        reason = pjwt_bound_key(token, ret->bound, reterr);
        if (reason != PJWT_OK || !*ret->bound)
                return reason;
        reason = find_proof(conf, proof, &ret->proof, reterr);
        if (reason == PJWT_OK && strcmp(ret->bound, ret->proof.thumbprint) != 0)
                return pjwt_fail(reterr, PJWT_OTHER_KEY,
                                 "cnf identifies the key %s, but this login used %s (%s)", ret->bound,
                                 ret->proof.thumbprint, ret->proof.type);
        return reason;
}

enum pjwt_reason pjwt_bind_required(bool bound, const char *section, const char *name,
                                    struct pjwt_error *reterr)
{
        if (bound)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_UNBOUND, "%s %s sets bind = ssh-key, but the token has no cnf", section,
                         name);
}
