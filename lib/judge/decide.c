#include "decide.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bound.h"
#include "issuer.h"
#include "secret.h"
#include "sshkey.h"
#include "verify.h"

/* One run through the stages. */
struct run {
        const struct pjwt_conf *conf;
        const struct pjwt_request *request;
        struct pjwt_decision *ret;
        struct pjwt_token *token;
        struct pjwt_keyset *keys;
        const struct pjwt_key *key;       /* under which the signature held; NULL with a record */
        const struct pjwt_record *record; /* judged in place of a token; else NULL */
        struct pjwt_token from_record;    /* then `token` is this */
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
        size_t pick_count;
};

/* Notes a stage with what was seen in it and returns its outcome. */
__attribute__((format(printf, 5, 6))) static enum pjwt_reason step(struct run *run, enum pjwt_stage stage,
                                                                   enum pjwt_reason outcome,
                                                                   struct pjwt_origin origin, const char *fmt,
                                                                   ...)
{
        struct pjwt_decision *ret = run->ret;
        struct pjwt_step *step;
        va_list ap;

        if (ret->step_count >= PJWT_STEPS_MAX)
                return outcome;
        step = &ret->steps[ret->step_count++];
        step->stage = stage;
        step->outcome = outcome;
        step->origin = origin;
        va_start(ap, fmt);
        (void)vsnprintf(step->value, sizeof(step->value), fmt, ap);
        va_end(ap);
        return outcome;
}

static const struct pjwt_origin nowhere = {NULL, 0};

static const char *or_none(const char *s)
{
        return s ? s : "none";
}

/*
 * Copies what the audit line shows, before the token is wiped. An odd type is left out; a later stage judges
 * it.
 */
static enum pjwt_reason note_claim(struct run *run, const char *name, char **field)
{
        size_t len = 0;
        const char *s = pjwt_token_claim(run->token, name, &len);

        if (!s)
                return PJWT_OK;
        *field = pjwt_secret_dup(s, len);
        return *field ? PJWT_OK : pjwt_fail_memory(&run->ret->error);
}

/* The same of a text that may be absent. */
static enum pjwt_reason note_text(struct run *run, const char *text, char **field)
{
        if (text)
                *field = pjwt_secret_dup(text, strlen(text));
        return !text || *field ? PJWT_OK : pjwt_fail_memory(&run->ret->error);
}

static enum pjwt_reason note_token(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = note_claim(run, "iss", &ret->iss);

        ret->alg = run->token->alg->name;
        if (reason == PJWT_OK)
                reason = note_claim(run, "sub", &ret->sub);
        if (reason == PJWT_OK)
                reason = note_claim(run, "jti", &ret->jti);
        if (reason == PJWT_OK && run->token->kid) {
                ret->kid = pjwt_secret_dup(run->token->kid, run->token->kid_len);
                reason = ret->kid ? PJWT_OK : pjwt_fail_memory(&ret->error);
        }
        return reason;
}

static enum pjwt_reason take_apart(struct run *run)
{
        const struct pjwt_request *request = run->request;
        enum pjwt_reason reason =
                pjwt_token_parse(request->token, request->token_len, 0, &run->token, &run->ret->error);

        (void)step(run, PJWT_STAGE_TOKEN, reason, nowhere, "%zu bytes", request->token_len);
        return reason == PJWT_OK ? note_token(run) : reason;
}

static enum pjwt_reason find_issuer(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = pjwt_issuer_find(run->conf, run->token, &ret->issuer, &ret->error);
        struct pjwt_origin origin = ret->issuer ? pjwt_issuer_origin(ret->issuer, "issuer") : nowhere;

        return step(run, PJWT_STAGE_ISSUER, reason, origin, "iss %s", or_none(ret->iss));
}

/* Exactly the algorithm of the token, and before any key is looked at (HDR-04, HDR-09). */
static enum pjwt_reason allow_alg(struct run *run)
{
        const struct pjwt_issuer *issuer = run->ret->issuer;
        enum pjwt_reason reason = PJWT_OK;

        if (!(issuer->algorithms & run->token->alg->bit))
                reason = pjwt_fail(&run->ret->error, PJWT_ALG_NOT_ALLOWED, "alg %s, issuer %s",
                                   run->token->alg->name, issuer->name);
        return step(run, PJWT_STAGE_KEYS, reason, pjwt_issuer_origin(issuer, "algorithms"), "alg %s",
                    run->token->alg->name);
}

static enum pjwt_reason pick(struct run *run, struct pjwt_error *err)
{
        return pjwt_keyset_pick(run->keys, run->token->alg, run->token->kid, run->token->kid_len, run->picks,
                                &run->pick_count, err);
}

/*
 * An issuer that has rotated its keys signs with one that the cache does not know: one refresh, then the same
 * question again (NET-27). When nothing new comes, the answer stays "unknown kid": keys are there, this one
 * is not among them.
 */
static enum pjwt_reason pick_after_refresh(struct run *run, struct pjwt_error *err)
{
        struct pjwt_decision *ret = run->ret;
        struct pjwt_error fetch = {0}, again = {0};
        struct pjwt_keyset *keys = NULL;
        enum pjwt_reason reason;

        if (ret->keys.from_file || ret->keys.fetched)
                return PJWT_UNKNOWN_KID;
        reason = pjwt_keycache_get(&run->request->keys, ret->issuer, PJWT_KEYS_REFRESH, &keys, &ret->keys,
                                   &fetch);
        if (reason != PJWT_OK) {
                if (ret->keys.warning.reason == PJWT_UNDECIDED)
                        ret->keys.warning = fetch;
                return PJWT_UNKNOWN_KID;
        }
        pjwt_keyset_free(run->keys);
        run->keys = keys;
        reason = pick(run, &again);
        if (reason != PJWT_OK)
                *err = again;
        return reason;
}

static enum pjwt_reason find_keys(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        struct pjwt_origin origin = pjwt_issuer_origin(ret->issuer, "jwks");
        struct pjwt_error err = {0};
        enum pjwt_reason reason =
                pjwt_keycache_get(&run->request->keys, ret->issuer, 0, &run->keys, &ret->keys, &err);

        if (reason == PJWT_OK) {
                reason = pick(run, &err);
                if (reason == PJWT_UNKNOWN_KID)
                        reason = pick_after_refresh(run, &err);
        }
        if (reason != PJWT_OK)
                ret->error = err;
        return step(run, PJWT_STAGE_KEYS, reason, origin, "kid %s, %zu keys from the %s, %zu fit",
                    or_none(ret->kid), run->keys ? run->keys->count : 0,
                    ret->keys.from_file ? "file"
                    : ret->keys.fetched ? "endpoint"
                                        : "cache",
                    run->pick_count);
}

static enum pjwt_reason verify(struct run *run)
{
        enum pjwt_reason reason =
                pjwt_verify_token(run->picks, run->pick_count, run->token, &run->key, &run->ret->error);

        run->ret->verified = reason == PJWT_OK;
        if (reason == PJWT_OK)
                reason = note_text(run, run->key->kid, &run->ret->key_kid);
        return step(run, PJWT_STAGE_VERIFY, reason, nowhere, "alg %s, kid %s", run->token->alg->name,
                    or_none(run->ret->kid));
}

/* The option that stands behind a failed claim, so that `check` can point at its line. */
static const char *claims_key(enum pjwt_reason reason)
{
        switch (reason) {
        case PJWT_BAD_AUDIENCE:
                return "audience";
        case PJWT_LIFETIME:
                return "max_lifetime";
        case PJWT_EXPIRED:
        case PJWT_NOT_YET_VALID:
        case PJWT_ISSUED_IN_FUTURE:
                return "leeway";
        case PJWT_BAD_TYP:
                return "typ";
        case PJWT_BAD_CLIENT:
                return "azp";
        case PJWT_CLAIM_MISSING:
                return "require";
        default:
                return "issuer";
        }
}

static const char *const *list(char **strings)
{
        return (const char *const *)strings;
}

static enum pjwt_reason check_claims(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_issuer *issuer = ret->issuer;
        const struct pjwt_claims_policy policy = {.issuer = issuer->issuer,
                                                  .audience = list(issuer->audience),
                                                  .typ = list(issuer->typ),
                                                  .require = list(issuer->require),
                                                  .clients = list(issuer->clients),
                                                  .leeway = issuer->leeway,
                                                  .max_lifetime = issuer->max_lifetime,
                                                  .flags = PJWT_MAY_BE_BOUND};
        enum pjwt_reason reason =
                pjwt_claims_check(run->token, &policy, run->request->now, &ret->times, &ret->error);

        if (reason != PJWT_OK)
                return step(run, PJWT_STAGE_CLAIMS, reason, pjwt_issuer_origin(issuer, claims_key(reason)),
                            "now %" PRId64, run->request->now);
        return step(run, PJWT_STAGE_CLAIMS, reason, pjwt_issuer_origin(issuer, "audience"),
                    "iat %" PRId64 ", now %" PRId64 ", exp %" PRId64, ret->times.iat, run->request->now,
                    ret->times.exp);
}

/* A login record that is not over says which key its login proved. */
static enum pjwt_reason proof_of_record(struct run *run, const struct pjwt_record *record,
                                        struct pjwt_sshkey *ret)
{
        if (!record->bound_key || run->request->now >= record->until)
                return pjwt_fail(&run->ret->error, PJWT_BOUND, "cnf is there, and the login record of %s %s",
                                 record->service, record->bound_key ? "is over" : "knows of no key");
        ret->type = "login record";
        (void)snprintf(ret->thumbprint, sizeof(ret->thumbprint), "%s", record->bound_key);
        return PJWT_OK;
}

/*
 * Which key did this login prove? sshd's word is taken in sshd's services only: elsewhere another module may
 * have filled the PAM environment. There the login that the caller came by has proved one, or nobody has.
 */
static enum pjwt_reason find_proof(struct run *run, struct pjwt_sshkey *ret)
{
        const struct pjwt_request *request = run->request;
        struct pjwt_error *err = &run->ret->error;
        const char *service = request->service ? request->service : "";

        if (run->record)
                return proof_of_record(run, run->record, ret);
        if (!pjwt_list_has(run->conf->bind_services, service))
                return request->login
                               ? proof_of_record(run, request->login, ret)
                               : pjwt_fail(err, PJWT_BOUND,
                                           "cnf is there, and for service %.64s only the login record of an "
                                           "ssh login can prove its key; there is none",
                                           service);
        if (!request->auth_info)
                return pjwt_fail(err, PJWT_BOUND,
                                 "cnf is there, and sshd has verified no key before it asked "
                                 "(AuthenticationMethods publickey,keyboard-interactive:pam)");
        return pjwt_sshkey_auth_info(request->auth_info, ret, err);
}

static enum pjwt_reason compare_keys(struct run *run, const char *bound, const struct pjwt_sshkey *proof)
{
        struct pjwt_decision *ret = run->ret;

        if (strcmp(bound, proof->thumbprint) != 0)
                return pjwt_fail(&ret->error, PJWT_OTHER_KEY, "cnf names the key %s, this login's is %s (%s)",
                                 bound, proof->thumbprint, proof->type);
        return note_text(run, bound, &ret->bound_key);
}

/* A token with cnf counts only beside the key that it names (RFC 7800 section 3, RFC 9449 section 6). */
static enum pjwt_reason check_bound(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        struct pjwt_sshkey proof = {.type = "none"};
        char bound[sizeof(proof.thumbprint)] = "";
        enum pjwt_reason reason = pjwt_bound_key(run->token, bound, &ret->error);

        if (reason == PJWT_OK && !*bound)
                return step(run, PJWT_STAGE_BIND, PJWT_OK, nowhere, "no cnf: bound to no key");
        if (reason == PJWT_OK)
                reason = find_proof(run, &proof);
        if (reason == PJWT_OK)
                reason = compare_keys(run, bound, &proof);
        return step(run, PJWT_STAGE_BIND, reason, nowhere, "cnf %s, key %s (%s)",
                    or_none(*bound ? bound : NULL), *proof.thumbprint ? proof.thumbprint : "none",
                    proof.type);
}

/* `bind = ssh-key` of one section: the token must be a bound one. */
static enum pjwt_reason demand_bound(struct run *run, bool demanded, const char *section, const char *name,
                                     struct pjwt_origin origin)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = PJWT_OK;

        if (!demanded)
                return PJWT_OK;
        if (!ret->bound_key)
                reason = pjwt_fail(&ret->error, PJWT_UNBOUND,
                                   "%s %s says bind = ssh-key, and the token has no cnf", section, name);
        return step(run, PJWT_STAGE_BIND, reason, origin, "bind of %s %s", section, name);
}

static enum pjwt_reason demand_of_issuer(struct run *run)
{
        const struct pjwt_issuer *issuer = run->ret->issuer;

        return demand_bound(run, issuer->bind, "issuer", issuer->name, pjwt_issuer_origin(issuer, "bind"));
}

static enum pjwt_reason demand_of_service(struct run *run)
{
        const struct pjwt_service *service = run->ret->service;

        return !service ? PJWT_OK
                        : demand_bound(run, service->bind, "service", service->name,
                                       pjwt_service_origin(service, "bind"));
}

static enum pjwt_reason load_revoked(struct run *run)
{
        const struct pjwt_request *request = run->request;

        if (!request->revoked_file || run->ret->revoked)
                return PJWT_OK;
        return pjwt_revoked_load(request->revoked_file, run->conf, &run->ret->revoked, &run->ret->error);
}

/* A list that cannot be read refuses: it was written to shut somebody out. */
static enum pjwt_reason check_revoked(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        struct pjwt_origin origin = nowhere;
        enum pjwt_reason reason = load_revoked(run);

        if (!run->request->revoked_file)
                return PJWT_OK;
        if (reason == PJWT_OK)
                reason = pjwt_revoked_token(ret->revoked, ret->issuer, run->token, ret->key_kid, &origin,
                                            &ret->error);
        if (reason == PJWT_OK)
                reason = pjwt_revoked_user(ret->revoked, run->request->user.name, &origin, &ret->error);
        return step(run, PJWT_STAGE_GRANT, reason, origin, "revocation list");
}

static enum pjwt_reason find_service(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const char *name = run->request->service ? run->request->service : "";
        enum pjwt_reason reason = pjwt_service_find(run->conf, name, &ret->service, &ret->error);

        return step(run, PJWT_STAGE_SERVICE, reason, ret->service ? ret->service->origin : nowhere,
                    "service %s", name);
}

static const char *demand_key(enum pjwt_reason reason)
{
        return reason == PJWT_BAD_AUDIENCE                                 ? "audience"
               : reason == PJWT_TOO_OLD || reason == PJWT_ISSUED_IN_FUTURE ? "max_age"
                                                                           : NULL;
}

static enum pjwt_reason check_service(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_service *service = ret->service;
        enum pjwt_reason reason;

        if (!service)
                return PJWT_OK;
        reason = pjwt_service_check(service, ret->issuer, run->token, run->request->now, &ret->error);
        return step(run, PJWT_STAGE_SERVICE, reason, pjwt_service_origin(service, demand_key(reason)),
                    "demands of %s", service->name);
}

static enum pjwt_reason find_grant(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_request *request = run->request;
        enum pjwt_reason reason = pjwt_grant_find(run->conf, ret->issuer, run->token, &request->user,
                                                  request->service ? request->service : "",
                                                  ret->bound_key != NULL, &ret->grant, &ret->error);

        return step(run, PJWT_STAGE_GRANT, reason, ret->grant ? ret->grant->origin : nowhere, "user %s",
                    request->user.exists ? request->user.name : "?");
}

/*
 * The last step: everything else has said yes, and among all processes that try at the same time one gets
 * through.
 */
static enum pjwt_reason use_once(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_issuer *issuer = ret->issuer;
        char name[PJWT_REPLAY_NAME];
        enum pjwt_reason reason;

        if (!ret->service || !ret->service->one_use)
                return PJWT_OK;
        reason = pjwt_replay_name(run->keys->libctx, issuer->issuer, run->token, name, &ret->error);
        if (reason == PJWT_OK)
                reason = pjwt_replay_use(&run->request->replay, name, ret->times.iat,
                                         ret->times.exp + issuer->leeway, issuer->leeway, run->request->now,
                                         &ret->error);
        return step(run, PJWT_STAGE_SERVICE, reason, pjwt_service_origin(ret->service, "one_use"),
                    "one use, %s %s", ret->jti ? "jti" : "signing input,", ret->jti ? ret->jti : "no jti");
}

/* A token of which only what was signed is left: its header's alg and typ, its claims. */
static enum pjwt_reason take_record(struct run *run)
{
        const struct pjwt_record *record = run->record;
        struct pjwt_decision *ret = run->ret;
        struct pjwt_token *token = &run->from_record;
        enum pjwt_reason reason;

        run->token = token;
        token->alg = pjwt_alg_find(record->alg, strlen(record->alg));
        token->typ = record->typ;
        token->typ_len = record->typ ? strlen(record->typ) : 0;
        if (!token->alg)
                return pjwt_fail(&ret->error, PJWT_ALG_UNKNOWN, "login record: alg %s", record->alg);
        reason = pjwt_json_parse_object(record->claims, strlen(record->claims), "login record",
                                        &token->claims, &ret->error);
        if (reason == PJWT_OK)
                reason = note_token(run);
        if (reason == PJWT_OK)
                reason = note_text(run, record->kid, &ret->key_kid);
        ret->verified = reason == PJWT_OK; /* when the record was made; only root can have changed it since */
        return step(run, PJWT_STAGE_TOKEN, reason, nowhere, "login record of %s", record->service);
}

/* Does the service count a login's token, and is it this user's login? */
static enum pjwt_reason check_reuse(struct run *run)
{
        const struct pjwt_service *service = run->ret->service;
        const struct pjwt_user *user = &run->request->user;
        enum pjwt_reason reason = PJWT_OK;

        if (!service || !service->reuse_login || service->one_use)
                reason = pjwt_fail(&run->ret->error, PJWT_NO_RECORD, "service %s does not say reuse_login",
                                   run->request->service ? run->request->service : "");
        else if (!user->exists || user->uid != run->record->uid || strcmp(user->name, run->record->user) != 0)
                reason = pjwt_fail(&run->ret->error, PJWT_NO_RECORD, "the login record is another user's");
        return step(run, PJWT_STAGE_SERVICE, reason,
                    service ? pjwt_service_origin(service, "reuse_login") : nowhere, "reuse_login");
}

typedef enum pjwt_reason stage_fn(struct run *);

/*
 * In this order. The token is judged whole before the user is, so that known, unknown and forbidden users
 * cost the same work (PAM-15); cheap checks stand before the signature (PAM-22), and nothing unverified is
 * believed but the iss and kid that pick the key.
 */
static stage_fn *const token_stages[] = {take_apart,    find_issuer,  allow_alg,     find_keys,
                                         verify,        check_claims, check_bound,   demand_of_issuer,
                                         check_revoked, find_service, check_service, demand_of_service,
                                         find_grant,    use_once,     NULL};

/*
 * What was true of the token when it opened the session is judged again, by now's clock, policy and service.
 */
static stage_fn *const record_stages[] = {take_record, find_issuer,      allow_alg,         check_claims,
                                          check_bound, demand_of_issuer, check_revoked,     find_service,
                                          check_reuse, check_service,    demand_of_service, find_grant,
                                          NULL};

static enum pjwt_reason judge(struct run *run, stage_fn *const *stages)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = PJWT_OK;

        *ret = (struct pjwt_decision){0};
        for (; reason == PJWT_OK && *stages; stages++)
                reason = (*stages)(run);
        if (reason == PJWT_OK) {
                ret->error = (struct pjwt_error){.reason = PJWT_OK};
                if (ret->bound_key)
                        (void)snprintf(ret->error.detail, sizeof(ret->error.detail), "bound to the key %s",
                                       ret->bound_key);
        } else
                (void)pjwt_fail(&ret->error, reason, "%s",
                                ""); /* a stage that failed has said why; this is the belt */
        pjwt_keyset_free(run->keys);
        json_object_put(run->from_record.claims);
        if (!run->record)
                pjwt_token_free(run->token);
        return ret->error.reason;
}

enum pjwt_reason pjwt_decide(const struct pjwt_conf *conf, const struct pjwt_request *request,
                             struct pjwt_decision *ret)
{
        struct run run = {.conf = conf, .request = request, .ret = ret};

        return judge(&run, token_stages);
}

enum pjwt_reason pjwt_decide_record(const struct pjwt_conf *conf, const struct pjwt_request *request,
                                    const struct pjwt_record *record, struct pjwt_decision *ret)
{
        struct run run = {.conf = conf, .request = request, .ret = ret, .record = record};

        return judge(&run, record_stages);
}

void pjwt_decision_clear(struct pjwt_decision *decision)
{
        pjwt_wipe_free_str(decision->iss);
        pjwt_wipe_free_str(decision->sub);
        pjwt_wipe_free_str(decision->kid);
        pjwt_wipe_free_str(decision->jti);
        pjwt_wipe_free_str(decision->key_kid);
        pjwt_wipe_free_str(decision->bound_key);
        pjwt_revoked_free(decision->revoked);
        *decision = (struct pjwt_decision){0};
}
