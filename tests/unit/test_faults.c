#include "jwkwrite.h"
#include "signing.h"

#include "faults.h"
#include "keyset.h"
#include "pamjwt.h"

/*
 * PRS-20, SIG-24 (libjwt#282 M3): each call that can fail because memory is exhausted, or because of an
 * OpenSSL failure, fails once, one after the other. Whatever fails, a valid token is accepted or refused
 * with a reason and an invalid one is never accepted; under ASan and valgrind there are no leaks and no
 * double frees.
 */

#define NOW INT64_C(1700000000)
#define CLAIMS                                                                                               \
        "{\"iss\":\"https://idp.example\",\"aud\":[\"ssh://"                                                 \
        "db1\",\"b\\u0041d\"],\"exp\":1700000100.5,\"ok\":true,"                                             \
        "\"a-name-that-is-longer-than-the-sixty-four-bytes-that-have-room-on-the-stack\":null}"

/* One key and its tokens. Keys come as PEM and as JWKS. */
static struct signer {
        const char *alg;
        const char *type;
        const void *parameter;
        EVP_PKEY *pkey;
        char *pem;
        char *jwks;
        char *good;
        char *bad;
} signers[] = {
        {.alg = "RS256", .type = "RSA", .parameter = &(size_t){2048}},
        {.alg = "PS256", .type = "RSA", .parameter = &(size_t){2048}},
        {.alg = "ES256", .type = "EC", .parameter = "P-256"},
        {.alg = "Ed25519", .type = "ED25519"},
        {.alg = "ML-DSA-44", .type = "ML-DSA-44"},
};

#define SIGNERS (sizeof(signers) / sizeof(signers[0]))

static const char secret[] = "0123456789abcdef0123456789abcdef";

static char *jwks_of(const char *pem)
{
        struct pjwt_keyset *set = NULL;
        struct json_object *jwks;
        char *text;

        assert_int_equal(pjwt_keyset_parse(pem, strlen(pem), 0, &set, NULL), PJWT_OK);
        jwks = pjwt_keyset_public_jwks(set);
        assert_non_null(jwks);
        text = strdup(json_object_to_json_string(jwks));
        json_object_put(jwks);
        pjwt_keyset_free(set);
        return text;
}

/* The same token with one bit of its claims changed. */
static char *spoiled(const char *token)
{
        char *bad = strdup(token), *at = strchr(bad, '.') + 20;

        *at = *at == 'A' ? 'B' : 'A';
        return bad;
}

static int make_signers(void **state)
{
        (void)state;
        for (size_t i = 0; i < SIGNERS; i++) {
                struct signer *s = &signers[i];
                char header[64];

                s->pkey = new_key(s->type, s->parameter);
                if (!s->pkey) /* ML-DSA before OpenSSL 3.5 */
                        continue;
                (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", s->alg);
                s->pem = public_pem(s->pkey);
                s->jwks = jwks_of(s->pem);
                s->good = signed_token(s->pkey, s->alg, header, CLAIMS);
                s->bad = spoiled(s->good);
        }
        return 0;
}

static int free_signers(void **state)
{
        (void)state;
        for (size_t i = 0; i < SIGNERS; i++) {
                EVP_PKEY_free(signers[i].pkey);
                free(signers[i].pem);
                free(signers[i].jwks);
                free(signers[i].good);
                free(signers[i].bad);
        }
        return 0;
}

static enum pjwt_reason add_checks(struct pjwt_checks *checks)
{
        enum pjwt_reason r = pjwt_checks_issuer(checks, "https://idp.example");

        if (r == PJWT_OK)
                r = pjwt_checks_audience(checks, "ssh://db1");
        if (r == PJWT_OK)
                r = pjwt_checks_require(checks, "ok");
        if (r == PJWT_OK)
                r = pjwt_checks_skip(checks, PJWT_NO_IAT);
        return r;
}

/* Everything from the bytes of the keys to the claims. keys NULL: the secret. */
static enum pjwt_reason judge(const char *keys, const char *token, struct pjwt_error *err)
{
        struct pjwt_checks *checks = pjwt_checks_new();
        struct pjwt_keyset *set = NULL;
        struct pjwt_claims *claims = NULL;
        enum pjwt_reason r = checks ? add_checks(checks) : PJWT_NO_MEMORY;

        if (r == PJWT_OK && !keys)
                r = pjwt_checks_algorithm(checks, "HS256");
        if (r == PJWT_OK)
                r = keys ? pjwt_keys_load(keys, strlen(keys), 0, &set, err)
                         : pjwt_keys_load_secret(secret, strlen(secret), 0, &set, err);
        for (int again = 0; r == PJWT_OK && again < 2; again++) {
                pjwt_claims_free(claims);
                claims = NULL;
                r = pjwt_decode(set, checks, token, strlen(token), NOW, &claims, err);
        }
        assert_int_equal(r == PJWT_OK, claims != NULL);
        pjwt_claims_free(claims);
        pjwt_keys_free(set);
        pjwt_checks_free(checks);
        return r;
}

static unsigned long attempt(unsigned long n, const char *keys, const char *token, enum pjwt_reason *ret)
{
        struct pjwt_error err = {0};
        unsigned long calls;

        faults_begin(n);
        *ret = judge(keys, token, &err);
        calls = faults_end();
        assert_int_not_equal(*ret, PJWT_UNDECIDED);
        return calls;
}

static void every_fault(const char *keys, const char *good, const char *bad)
{
        enum pjwt_reason r;
        unsigned long calls = attempt(0, keys, good, &r), failed = 0;

        assert_int_equal(r, PJWT_OK);
        for (unsigned long n = 1; n <= calls; n++) {
                (void)attempt(n, keys, good, &r);
                failed += r != PJWT_OK;
                (void)attempt(n, keys, bad, &r);
                assert_int_not_equal(r, PJWT_OK);
        }
        assert_true(failed > calls / 2);
}

static void no_fault_opens_the_door(void **state)
{
        (void)state;
        for (size_t i = 0; i < SIGNERS; i++) {
                if (!signers[i].pkey)
                        continue;
                every_fault(signers[i].pem, signers[i].good, signers[i].bad);
                every_fault(signers[i].jwks, signers[i].good, signers[i].bad);
        }
}

static void no_fault_opens_the_door_to_a_wrong_hmac(void **state)
{
        char *good = hmac_token("SHA256", secret, strlen(secret), "{\"alg\":\"HS256\"}", CLAIMS),
             *bad = spoiled(good);
        static const char jwk[] =
                "{\"kty\":\"oct\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\",\"alg\":\"HS256\"}";
        struct pjwt_keyset *set = NULL;
        unsigned long calls, n = 0;
        enum pjwt_reason r;

        (void)state;
        every_fault(NULL, good, bad);
        do {
                faults_begin(++n);
                r = pjwt_keyset_parse(jwk, strlen(jwk), 0, &set, NULL);
                calls = faults_end();
                if (r == PJWT_OK)
                        pjwt_keyset_free(set);
        } while (n <= calls);
        assert_int_equal(r, PJWT_OK);
        free(good);
        free(bad);
}

/* Operations on a key set other than verification. */
static void no_fault_makes_half_a_jwks(void **state)
{
        static const char text[] =
                "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"alg\":\"EdDSA\",\"x\":\"11q"
                "YAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
        struct pjwt_keyset *set = NULL;
        unsigned long calls, n = 0;

        (void)state;
        assert_int_equal(pjwt_keyset_parse(text, strlen(text), 0, &set, NULL), PJWT_OK);
        do {
                char print[44] = "untouched";
                struct json_object *jwks, *jwk;
                enum pjwt_reason r;

                faults_begin(++n);
                jwks = pjwt_keyset_public_jwks(set);
                jwk = pjwt_key_jwk(&set->keys[0]);
                r = pjwt_key_thumbprint(&set->keys[0], print, NULL);
                calls = faults_end();
                assert_string_equal(print, r == PJWT_OK ? "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
                                                        : "untouched");
                if (jwks)
                        assert_int_equal(json_object_array_length(pjwt_json_member(jwks, "keys")), 1);
                if (jwk)
                        assert_string_equal(pjwt_json_string(pjwt_json_member(jwk, "alg"), NULL), "EdDSA");
                json_object_put(jwks);
                json_object_put(jwk);
        } while (n <= calls);
        assert_true(n > 20);
        pjwt_keyset_free(set);
}

static void no_fault_makes_half_a_secret_jwk(void **state)
{
        struct pjwt_keyset *set = NULL;
        unsigned long calls, n = 0;

        (void)state;
        assert_int_equal(
                pjwt_keyset_from_secret((const unsigned char *)secret, strlen(secret), 0, &set, NULL),
                PJWT_OK);
        do {
                struct json_object *jwk;

                faults_begin(++n);
                jwk = pjwt_key_jwk(&set->keys[0]);
                calls = faults_end();
                if (jwk)
                        assert_string_equal(pjwt_json_string(pjwt_json_member(jwk, "k"), NULL),
                                            "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY");
                json_object_put(jwk);
        } while (n <= calls);
        pjwt_keyset_free(set);
}

static void no_fault_shows_half_a_token(void **state)
{
        unsigned long calls, n = 0;

        (void)state;
        do {
                struct pjwt_unverified *u = NULL;

                faults_begin(++n);
                (void)pjwt_unverified_parse(signers[2].good, strlen(signers[2].good), &u, NULL);
                calls = faults_end();
                if (u)
                        assert_string_equal(pjwt_unverified_claim(u, "iss", NULL), "https://idp.example");
                pjwt_unverified_free(u);
        } while (n <= calls);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_fault_opens_the_door),
                cmocka_unit_test(no_fault_opens_the_door_to_a_wrong_hmac),
                cmocka_unit_test(no_fault_makes_half_a_jwks),
                cmocka_unit_test(no_fault_makes_half_a_secret_jwk),
                cmocka_unit_test(no_fault_shows_half_a_token),
        };

        return cmocka_run_group_tests(tests, make_signers, free_signers);
}
