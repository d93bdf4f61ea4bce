/* The library as one function, for ctypes: decides about a token as `pamjwt decode` and a login do. */
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "keyset.h"
#include "pattern.h"
#include "sshkey.h"
#include "token.h"
#include "verify.h"

const char *ours_judge(const char *text, size_t len, const char *keys, size_t keys_len, const char *algs,
                       const char *issuer, const char *audience, int64_t leeway, int64_t now, unsigned flags,
                       char *detail, char *claims, size_t claims_size);
const char *ours_json(const char *text, size_t len, char *detail, char *json, size_t json_size);
int ours_regex(const char *pattern, const char *text, size_t len, struct pjwt_group *spans);
bool ours_sshkey(const char *text, size_t len, char *thumbprint, char *detail);
bool ours_glob(const char *glob, const char *text, size_t len);

static pjwt_algset algorithms(const char *names)
{
        pjwt_algset set = 0;

        while (*names != '\0') {
                size_t len = strcspn(names, " ");
                const struct pjwt_alg *alg = pjwt_alg_find(names, len);

                set |= alg != NULL ? alg->bit : 0;
                names += len + (names[len] == ' ');
        }
        return set;
}

static enum pjwt_reason verify(const struct pjwt_keyset *set, const struct pjwt_token *token,
                               pjwt_algset allowed, struct pjwt_error *err)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES], *key = NULL;
        size_t count = 0;
        enum pjwt_reason r;

        if ((allowed & token->alg->bit) == 0)
                return pjwt_fail(err, PJWT_ALG_NOT_ALLOWED, "%s", token->alg->name);
        r = pjwt_keyset_pick(set, token->alg, token->kid, token->kid_len, picks, &count, err);
        return r == PJWT_OK ? pjwt_verify_token(picks, count, token, &key, err) : r;
}

static void print(struct json_object *o, char *out, size_t size)
{
        (void)snprintf(
                out, size, "%s",
                json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

const char *ours_judge(const char *text, size_t len, const char *keys, size_t keys_len, const char *algs,
                       const char *issuer, const char *audience, int64_t leeway, int64_t now, unsigned flags,
                       char *detail, char *claims, size_t claims_size)
{
        const char *const audiences[] = {audience, NULL};
        const struct pjwt_claims_policy policy = {
                .issuer = issuer, .audience = audiences, .leeway = leeway, .flags = flags};
        struct pjwt_error err = {0};
        struct pjwt_token *token = NULL;
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = pjwt_token_parse(text, len, 0, &token, &err);

        if (r == PJWT_OK)
                r = pjwt_keyset_parse(keys, keys_len, 0, &set, &err);
        if (r == PJWT_OK)
                r = verify(set, token, algorithms(algs), &err);
        if (r == PJWT_OK)
                r = pjwt_claims_check(token, &policy, now, NULL, &err);
        if (r == PJWT_OK)
                print(token->claims, claims, claims_size);
        (void)snprintf(detail, sizeof(err.detail), "%s", err.detail);
        pjwt_keyset_free(set);
        pjwt_token_free(token);
        return pjwt_reason_name(r);
}

const char *ours_json(const char *text, size_t len, char *detail, char *json, size_t json_size)
{
        struct pjwt_error err = {0};
        struct json_object *o = NULL;
        enum pjwt_reason r = pjwt_json_parse_object(text, len, "json", &o, &err);

        if (r == PJWT_OK)
                print(o, json, json_size);
        (void)snprintf(detail, sizeof(err.detail), "%s", err.detail);
        json_object_put(o);
        return pjwt_reason_name(r);
}

/* 1: matches, 0: does not, -1: the pattern is invalid. */
int ours_regex(const char *pattern, const char *text, size_t len, struct pjwt_group *spans)
{
        struct pjwt_regex *regex = NULL;
        struct pjwt_error err = {0};
        int matched;

        if (pjwt_regex_compile(pattern, &regex, &err) != PJWT_OK)
                return -1;
        matched = pjwt_regex_match(regex, text, len, spans);
        pjwt_regex_free(regex);
        return matched;
}

bool ours_glob(const char *glob, const char *text, size_t len)
{
        return pjwt_glob_match(glob, text, len);
}

/* `TYPE BASE64`: thumbprint has room for 44, detail for the detail of an error. */
bool ours_sshkey(const char *text, size_t len, char *thumbprint, char *detail)
{
        struct pjwt_sshkey key;
        struct pjwt_error err = {0};

        detail[0] = '\0';
        if (pjwt_sshkey_parse(text, len, &key, &err) != PJWT_OK) {
                strcpy(detail, err.detail);
                return false;
        }
        strcpy(thumbprint, key.thumbprint);
        return true;
}
