#include "decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "accounts.h"
#include "bind.h"
#include "issuer.h"
#include "service.h"
#include "verify.h"

/* The state of one decision. */
struct run {
        const struct pjwt_conf *conf;
        const struct pjwt_request *request;
        struct pjwt_decision *ret;
        struct pjwt_token *token;
        struct pjwt_keyset *keys;
        const struct pjwt_key *key;       /* verified the signature; NULL for a record */
        const struct pjwt_record *record; /* used instead of a token; otherwise NULL */
        struct pjwt_token from_record;    /* owns `token` if there is a record */
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
        size_t pick_count;
        struct pjwt_moment begun; /* when the clock was read for request->now, and the policy had been read */
        struct pjwt_moment
                read; /* when the keys were read, later than `begun` when they had to be waited for */
        int64_t now;  /* request->now, set forward by the wait */
};

/* What a judgement rests on is at most so old when it ends; lookups of accounts take half of it at most. */
#define JUDGE_MS (2 * PJWT_LOOKUPS_MS)

static const struct pjwt_origin nowhere = {NULL, 0};

static const char *or_none(const char *s)
{
        return s ? s : "none";
}

static const char *service_name(const struct run *run)
{
        return run->request->service ? run->request->service : "";
}

static enum pjwt_reason note_text(struct run *run, const char *text, char **field)
{
        return pjwt_decision_note(run->ret, text, text ? strlen(text) : 0, field);
}

static enum pjwt_reason take_apart(struct run *run)
{
        const struct pjwt_request *request = run->request;
        enum pjwt_reason reason =
                pjwt_token_parse(request->token, request->token_len, 0, &run->token, &run->ret->error);

        (void)pjwt_decision_note_stage(run->ret, PJWT_STAGE_TOKEN, reason, nowhere, "%zu bytes",
                                       request->token_len);
        return reason == PJWT_OK ? pjwt_decision_note_token(run->ret, run->token) : reason;
}

static enum pjwt_reason find_issuer(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = pjwt_issuer_find(run->conf, run->token, &ret->issuer, &ret->error);
        struct pjwt_origin origin = ret->issuer ? pjwt_issuer_origin(ret->issuer, "issuer") : nowhere;

        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_ISSUER, reason, origin, "iss %s",
                                        or_none(ret->iss));
}

/* Exactly the token's algorithm, checked before any key is used (HDR-04, HDR-09). */
static enum pjwt_reason allow_alg(struct run *run)
{
        const struct pjwt_issuer *issuer = run->ret->issuer;
        enum pjwt_reason reason = PJWT_OK;

        if (!(issuer->algorithms & run->token->alg->bit))
                reason = pjwt_fail(&run->ret->error, PJWT_ALG_NOT_ALLOWED, "alg %s, issuer %s",
                                   run->token->alg->name, issuer->name);
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_KEYS, reason,
                                        pjwt_issuer_origin(issuer, "algorithms"), "alg %s",
                                        run->token->alg->name);
}

static enum pjwt_reason pick(struct run *run, struct pjwt_error *err)
{
        return pjwt_keyset_pick(run->keys, run->token->alg, run->token->kid, run->token->kid_len, run->picks,
                                &run->pick_count, err);
}

/* The caches' view of the clock: that of the request, set forward by what has passed since. */
static struct pjwt_keycache keycache_now(const struct run *run)
{
        struct pjwt_keycache cache = run->request->keys;

        cache.now += pjwt_moment_age_ms(run->begun) / 1000;
        return cache;
}

/*
 * After the issuer has rotated its keys, it signs with one that is not in the cache: refresh once, then
 * look again (NET-27). If the refresh brings nothing new, the result remains "unknown kid": there are keys,
 * but not this one.
 */
static enum pjwt_reason pick_after_refresh(struct run *run, struct pjwt_error *err)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_keycache cache = keycache_now(run);
        struct pjwt_error fetch = {0}, again = {0};
        struct pjwt_keyset *keys = NULL;
        enum pjwt_reason reason;

        /*
         * One request for one decision: whether it brought keys or failed, another would only add to the
         * wait.
         */
        if (ret->keys.from_file || ret->keys.fetched || !ret->keys.too_soon)
                return PJWT_UNKNOWN_KID;
        reason = pjwt_keycache_get(&cache, ret->issuer, PJWT_KEYS_REFRESH, &keys, &ret->keys, &fetch);
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
        const struct pjwt_keycache cache = keycache_now(run);
        struct pjwt_error err = {0};
        enum pjwt_reason reason = pjwt_keycache_get(&cache, ret->issuer, 0, &run->keys, &ret->keys, &err);

        if (reason == PJWT_OK) {
                reason = pick(run, &err);
                if (reason == PJWT_UNKNOWN_KID)
                        reason = pick_after_refresh(run, &err);
        }
        if (reason != PJWT_OK)
                ret->error = err;
        run->read = ret->keys.read;
        run->now = run->request->now + pjwt_moment_age_ms(run->begun) / 1000;
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_KEYS, reason, origin,
                                        "kid %s, %zu keys from the %s, %zu suitable", or_none(ret->kid),
                                        run->keys ? run->keys->count : 0,
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
        if (reason == PJWT_OK)
                reason = pjwt_decision_note_signed(run->ret, run->token);
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_VERIFY, reason, nowhere, "alg %s, kid %s",
                                        run->token->alg->name, or_none(run->ret->kid));
}

static enum pjwt_reason check_claims(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_issuer *issuer = ret->issuer;
        const struct pjwt_claims_policy policy = pjwt_issuer_policy(issuer);
        enum pjwt_reason reason = pjwt_claims_check(run->token, &policy, run->now, &ret->times, &ret->error);

        if (reason != PJWT_OK)
                return pjwt_decision_note_stage(run->ret, PJWT_STAGE_CLAIMS, reason,
                                                pjwt_issuer_origin(issuer, pjwt_issuer_option(reason)),
                                                "now %" PRId64, run->now);
        return pjwt_decision_note_stage(
                run->ret, PJWT_STAGE_CLAIMS, reason, pjwt_issuer_origin(issuer, "audience"),
                "iat %" PRId64 ", now %" PRId64 ", exp %" PRId64, ret->times.iat, run->now, ret->times.exp);
}

static struct pjwt_bind_login bind_login(const struct pjwt_record *record)
{
        return (struct pjwt_bind_login){record->service, record->bound_key, record->until};
}

static enum pjwt_reason check_bound(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_record *record = run->record ? run->record : run->request->login;
        struct pjwt_bind_login login = record ? bind_login(record) : (struct pjwt_bind_login){0};
        const struct pjwt_bind_proof proof = {.service = service_name(run),
                                              .now = run->now,
                                              .auth_info = run->request->auth_info,
                                              .login = record ? &login : NULL,
                                              .reuse = run->record != NULL};
        struct pjwt_bind_seen seen;
        enum pjwt_reason reason = pjwt_bind_check(run->conf, run->token, &proof, &seen, &ret->error);

        if (reason == PJWT_OK && !*seen.bound)
                return pjwt_decision_note_stage(ret, PJWT_STAGE_BIND, PJWT_OK, nowhere,
                                                "no cnf: not bound to a key");
        if (reason == PJWT_OK)
                reason = note_text(run, seen.bound, &ret->bound_key);
        return pjwt_decision_note_stage(ret, PJWT_STAGE_BIND, reason, nowhere, "cnf %s, key %s (%s)",
                                        *seen.bound ? seen.bound : "none",
                                        *seen.proof.thumbprint ? seen.proof.thumbprint : "none",
                                        seen.proof.type);
}

/* `bind = ssh-key` of the issuer or the service; for `bind` of a grant another grant may match. */
static enum pjwt_reason require_bound(struct run *run, const char *section, const char *name,
                                      struct pjwt_origin origin)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = pjwt_bind_required(ret->bound_key != NULL, section, name, &ret->error);

        return pjwt_decision_note_stage(ret, PJWT_STAGE_BIND, reason, origin, "bind of %s %s", section, name);
}

static enum pjwt_reason bind_of_issuer(struct run *run)
{
        const struct pjwt_issuer *issuer = run->ret->issuer;

        return !issuer->bind ? PJWT_OK
                             : require_bound(run, "issuer", issuer->name, pjwt_issuer_origin(issuer, "bind"));
}

static enum pjwt_reason bind_of_service(struct run *run)
{
        const struct pjwt_service *service = run->ret->service;

        return !service || !service->bind
                       ? PJWT_OK
                       : require_bound(run, "service", service->name, pjwt_service_origin(service, "bind"));
}

static enum pjwt_reason load_revoked(struct run *run)
{
        const struct pjwt_request *request = run->request;

        if (!request->revoked_file || run->ret->revoked)
                return PJWT_OK;
        return pjwt_revoked_load(request->revoked_file, run->conf, &run->ret->revoked, &run->ret->error);
}

/* If the list cannot be read, the login is refused, because the list may contain this token or user. */
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
                reason = pjwt_revoked_user(ret->revoked, &run->request->user, &run->request->accounts,
                                           &origin, &ret->error);
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_GRANT, reason, origin, "revocation list");
}

static enum pjwt_reason find_service(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const char *name = service_name(run);
        enum pjwt_reason reason = pjwt_service_find(run->conf, name, &ret->service, &ret->error);

        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_SERVICE, reason,
                                        ret->service ? ret->service->origin : nowhere, "service %s", name);
}

static enum pjwt_reason check_service(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_service *service = ret->service;
        enum pjwt_reason reason;

        if (!service)
                return PJWT_OK;
        reason = pjwt_service_check(service, ret->issuer, run->token, run->now, &ret->error);
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_SERVICE, reason,
                                        pjwt_service_origin(service, pjwt_service_option(reason)),
                                        "requirements of %s", service->name);
}

static enum pjwt_reason find_grant(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_request *request = run->request;
        enum pjwt_reason reason =
                pjwt_grant_find(run->conf, ret->issuer, run->token, &request->user, service_name(run),
                                ret->bound_key != NULL, &ret->grant, &ret->error);

        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_GRANT, reason,
                                        ret->grant ? ret->grant->origin : nowhere, "user %s",
                                        request->user.exists ? request->user.name : "?");
}

/*
 * Was the process stopped, by its user or with its host? Then keys, lists and policy may have changed since
 * they were read (attacks RVW-03). Checked once everything else has accepted the token, and again after
 * its use was recorded: by then an earlier record of it may have been swept.
 */
static enum pjwt_reason check_clock(struct run *run)
{
        struct pjwt_decision *ret = run->ret;
        const struct pjwt_issuer *issuer = ret->issuer;
        /* the cache may have been asked for twice */
        int64_t waits = run->record ? 0 : 2 * 1000 * issuer->timeout;
        int64_t keys = pjwt_moment_age_ms(run->read), all = pjwt_moment_age_ms(run->begun);

        if (keys <= JUDGE_MS && all <= JUDGE_MS + waits)
                return PJWT_OK;
        return pjwt_decision_note_stage(ret, PJWT_STAGE_NONE,
                                        pjwt_fail(&ret->error, PJWT_INTERRUPTED,
                                                  "%" PRId64
                                                  " s have passed since the policy was read, %" PRId64
                                                  " s since the keys were",
                                                  all / 1000, keys / 1000),
                                        nowhere, "the clock");
}

/*
 * The last stage: everything else has been accepted; of several processes at the same time only one
 * succeeds.
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
                                         ret->times.exp + issuer->leeway, issuer->leeway, run->now,
                                         &ret->error);
        ret->used = reason == PJWT_OK && !run->request->replay.look_only;
        if (reason == PJWT_OK)
                reason = check_clock(run);
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_SERVICE, reason,
                                        pjwt_service_origin(ret->service, "one_use"), "one use, %s %s",
                                        ret->jti ? "jti" : "signing input,", ret->jti ? ret->jti : "no jti");
}

/* A token of which only the signed contents are left: the header's alg and typ, and the claims. */
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
                reason = pjwt_decision_note_token(run->ret, run->token);
        if (reason == PJWT_OK)
                reason = note_text(run, record->kid, &ret->key_kid);
        ret->verified = reason == PJWT_OK; /* the time of the record; only root can have changed it since */
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_TOKEN, reason, nowhere, "login record of %s",
                                        record->service);
}

/* Whether the service accepts the token of a login, and it is this user's login. */
static enum pjwt_reason check_reuse(struct run *run)
{
        const struct pjwt_service *service = run->ret->service;
        const struct pjwt_user *user = &run->request->user;
        enum pjwt_reason reason = pjwt_service_reuse(service, service_name(run), &run->ret->error);

        if (reason == PJWT_OK && !(user->exists && run->record->uid == user->uid))
                reason = pjwt_fail(&run->ret->error, PJWT_NO_RECORD,
                                   "the login record belongs to another user");
        return pjwt_decision_note_stage(run->ret, PJWT_STAGE_SERVICE, reason,
                                        service ? pjwt_service_origin(service, "reuse_login") : nowhere,
                                        "reuse_login");
}

typedef enum pjwt_reason stage_fn(struct run *);

/*
 * The stages in order. The token is checked completely before the user is, so that known, unknown and
 * forbidden users take the same time (PAM-15); cheap checks precede the signature (PAM-22), and of the
 * unverified contents only iss and kid are used, to select the key.
 */
static stage_fn *const token_stages[] = {take_apart,    find_issuer,  allow_alg,     find_keys,
                                         verify,        check_claims, check_bound,   bind_of_issuer,
                                         check_revoked, find_service, check_service, bind_of_service,
                                         find_grant,    check_clock,  use_once,      NULL};

/* The token that opened the session is checked again, with the current time, policy and service. */
static stage_fn *const record_stages[] = {
        take_record,  find_issuer, allow_alg,     check_claims,    check_bound, bind_of_issuer, check_revoked,
        find_service, check_reuse, check_service, bind_of_service, find_grant,  check_clock,    NULL};

static enum pjwt_reason judge(struct run *run, stage_fn *const *stages)
{
        struct pjwt_decision *ret = run->ret;
        enum pjwt_reason reason = PJWT_OK;

        *ret = (struct pjwt_decision){0};
        run->begun = run->request->read.boot_ms || run->request->read.wall_ms ? run->request->read
                                                                              : pjwt_moment_now();
        run->read = run->begun;
        run->now = run->request->now;
        for (; reason == PJWT_OK && *stages; stages++)
                reason = (*stages)(run);
        if (reason == PJWT_OK) {
                ret->error = (struct pjwt_error){.reason = PJWT_OK};
                if (ret->bound_key)
                        (void)snprintf(ret->error.detail, sizeof(ret->error.detail), "bound to the key %s",
                                       ret->bound_key);
        } else
                (void)pjwt_fail(&ret->error, reason, "%s",
                                ""); /* unreachable, since the failed stage has set an error */
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
