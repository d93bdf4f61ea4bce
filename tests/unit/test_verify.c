#include "ring.h"

#include <pthread.h>

static void every_algorithm_verifies(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++)
                for (int again = 0; ring[i].pkey && again < 3; again++) {
                        struct pjwt_error err = {0};

                        if (verify(ring[i].set, ring[i].token, &err) != PJWT_OK)
                                fail_msg("%s %s: %s", ring[i].alg, ring[i].type, err.detail);
                }
}

/* SIG-17, SIG-20, SIG-21, HDR-11: a token is never accepted with a key of another type. */
static void every_key_against_every_token(void **state)
{
        (void)state;
        for (size_t k = 0; k < RING; k++)
                for (size_t t = 0; t < RING; t++)
                        if (ring[k].pkey && ring[t].pkey && k != t) {
                                enum pjwt_reason r = verify(ring[k].set, ring[t].token, NULL);

                                assert_true(r == PJWT_BAD_SIGNATURE || r == PJWT_NO_FITTING_KEY);
                                assert_int_not_equal(verify_unpicked(ring[k].set, ring[t].token), PJWT_OK);
                        }
}

/* SIG-01 */
static void a_flipped_bit_anywhere_spoils_it(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *text = ring[i].pkey ? strdup(ring[i].token) : NULL;
                size_t n = text ? strlen(text) : 0, step = n > 2000 ? 97 : 7;

                for (size_t at = 0; at < n; at += step) {
                        char was = text[at];

                        if (was == '.')
                                continue;
                        text[at] = was == 'A' ? 'B' : 'A';
                        assert_int_not_equal(verify(ring[i].set, text, NULL), PJWT_OK);
                        text[at] = was;
                }
                if (text)
                        assert_int_equal(verify(ring[i].set, text, NULL), PJWT_OK);
                free(text);
        }
}

/* SIG-01, SIG-03, SIG-15, SIG-23 */
static void signatures_have_the_exact_length(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *input = ring[i].pkey ? strdup(ring[i].token) : NULL, *dot;
                unsigned char signature[8200] = {0};
                size_t len = 0;

                if (!input)
                        continue;
                dot = strrchr(input, '.');
                assert_true(pjwt_b64url_decode(dot + 1, strlen(dot + 1), signature + 1, &len));
                *dot = '\0';
                for (int d = -2; d <= 2; d++) {
                        char *longer = with_signature(strdup(input), signature + 1, (size_t)((int)len + d));
                        char *shifted = with_signature(strdup(input), signature, (size_t)((int)len + d));

                        assert_int_equal(verify(ring[i].set, longer, NULL) == PJWT_OK, d == 0);
                        assert_int_equal(verify(ring[i].set, shifted, NULL), PJWT_BAD_SIGNATURE);
                        free(longer);
                        free(shifted);
                }
                free(input);
        }
}

/* SIG-18 */
static void eddsa_s_is_below_the_order(void **state)
{
        /* L = 2^252 + 27742317777372353535851937790883648493, little-endian */
        static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                                0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                                0,    0,    0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0x10};
        struct ring *ed = of("Ed25519");
        char *input = strdup(ed->token), *dot = strrchr(input, '.');
        unsigned char sig[68];
        unsigned carry = 0;
        size_t len = 0;

        (void)state;
        assert_true(pjwt_b64url_decode(dot + 1, strlen(dot + 1), sig, &len));
        *dot = '\0';
        for (int i = 0; i < 32; i++) {
                carry += (unsigned)sig[32 + i] + order[i];
                sig[32 + i] = (unsigned char)carry;
                carry >>= 8;
        }
        input = with_signature(input, sig, 64);
        assert_int_equal(verify(ed->set, input, NULL), PJWT_BAD_SIGNATURE);
        free(input);
}

/* SIG-16 */
static void pss_salts_are_as_long_as_the_digest(void **state)
{
        static const int salts[] = {0, 20, 31, 32, 33, 64};
        struct ring *ps = of("PS256");

        (void)state;
        for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
                char *text = signing_input("{\"alg\":\"PS256\"}", CLAIMS);
                EVP_MD_CTX *ctx = EVP_MD_CTX_new();
                EVP_PKEY_CTX *pctx = NULL;
                unsigned char sig[512];
                size_t len = sizeof(sig);

                assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, ps->pkey, NULL), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
                assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salts[i]), 1);
                assert_int_equal(EVP_DigestSign(ctx, sig, &len, (unsigned char *)text, strlen(text)), 1);
                EVP_MD_CTX_free(ctx);
                text = with_signature(text, sig, len);
                assert_int_equal(verify(ps->set, text, NULL), salts[i] == 32 ? PJWT_OK : PJWT_BAD_SIGNATURE);
                free(text);
        }
}

static void pss_has_one_digest(void **state)
{
        struct ring *ps = of("PS256");
        char *text = signing_input("{\"alg\":\"PS256\"}", CLAIMS);
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pctx = NULL;
        unsigned char sig[512];
        size_t len = sizeof(sig);

        (void)state;
        assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, ps->pkey, NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, "SHA1", NULL), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, 32), 1);
        assert_int_equal(EVP_DigestSign(ctx, sig, &len, (unsigned char *)text, strlen(text)), 1);
        EVP_MD_CTX_free(ctx);
        text = with_signature(text, sig, len);
        assert_int_equal(verify(ps->set, text, NULL), PJWT_BAD_SIGNATURE);
        free(text);
}

/* One key, one digest each: contexts set up for one algorithm are not used for the next. */
static void one_key_in_several_algorithms_by_turns(void **state)
{
        static const char *const algs[] = {"RS256", "PS256", "RS512", "PS384", "RS256", "RS384", "PS512"};
        struct ring *rsa = of("RS256");

        (void)state;
        for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
                char *text = token_of(rsa->pkey, algs[i], CLAIMS);

                assert_int_equal(verify(rsa->set, text, NULL), PJWT_OK);
                free(text);
        }
}

/* HDR-06, HDR-08, HDR-09: the key determines the family of the algorithm, not the token. */
static void a_public_key_never_serves_hmac(void **state)
{
        (void)state;
        for (size_t i = 0; i < RING; i++) {
                char *pem = ring[i].pkey ? public_pem(ring[i].pkey) : NULL;
                char *text =
                        pem ? hmac_token("SHA256", pem, strlen(pem), "{\"alg\":\"HS256\"}", CLAIMS) : NULL;
                char *empty = pem ? hmac_token("SHA256", "", 0, "{\"alg\":\"HS256\"}", CLAIMS) : NULL;

                if (!pem)
                        continue;
                assert_int_equal(verify(ring[i].set, text, NULL), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify_unpicked(ring[i].set, text), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify(ring[i].set, empty, NULL), PJWT_NO_FITTING_KEY);
                assert_int_equal(verify_unpicked(ring[i].set, empty), PJWT_NO_FITTING_KEY);
                free(pem);
                free(text);
                free(empty);
        }
}

static void hmac_of_every_digest(void **state)
{
        static const char *const rows[][2] = {{"HS256", "SHA256"}, {"HS384", "SHA384"}, {"HS512", "SHA512"}};
        unsigned char secret[64];
        struct pjwt_keyset *set = NULL, *other = NULL;

        (void)state;
        memset(secret, 0x5a, sizeof(secret));
        assert_int_equal(pjwt_keyset_from_secret(secret, 64, 0, &set, NULL), PJWT_OK);
        secret[63] ^= 1;
        assert_int_equal(pjwt_keyset_from_secret(secret, 64, 0, &other, NULL), PJWT_OK);
        secret[63] ^= 1;
        for (int again = 0; again < 2; again++)
                for (size_t i = 0; i < 3; i++) {
                        char header[32], *text;

                        (void)snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", rows[i][0]);
                        text = hmac_token(rows[i][1], secret, 64, header, CLAIMS);
                        assert_int_equal(verify(set, text, NULL), PJWT_OK);
                        assert_int_equal(verify(other, text, NULL), PJWT_BAD_SIGNATURE);
                        text[strlen(text) - 3] ^= 1;
                        assert_int_not_equal(verify(set, text, NULL), PJWT_OK);
                        free(text);
                }
        pjwt_keyset_free(set);
        pjwt_keyset_free(other);
}

/* The first example of the seed. */
static void a_weak_secret_of_the_command_line(void **state)
{
        static const char text[] = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzb21lIjoicGF5bG9hZCJ9.Joh1R2dYzk"
                                   "RvDkqv3sygm5YyK8Gi4ShZqbhK2gxcs2U";
        struct pjwt_keyset *set = NULL;

        (void)state;
        assert_int_equal(pjwt_keyset_from_secret((const unsigned char *)"secret", 6, PJWT_KEYS_WEAK_SECRET,
                                                 &set, NULL),
                         PJWT_OK);
        assert_int_equal(verify(set, text, NULL), PJWT_OK);
        pjwt_keyset_free(set);
}

/* KEY-10: one of several keys without a kid. */
static void all_picked_keys_are_tried(void **state)
{
        struct ring *es = of("ES256");
        EVP_PKEY *other = new_key("EC", "P-256");
        char *first = public_pem(other), *second = public_pem(es->pkey), both[1024];
        struct pjwt_keyset *set = NULL;

        (void)state;
        (void)snprintf(both, sizeof(both), "%s%s", first, second);
        assert_int_equal(pjwt_keyset_parse(both, strlen(both), 0, &set, NULL), PJWT_OK);
        assert_int_equal(set->count, 2);
        assert_int_equal(verify(set, es->token, NULL), PJWT_OK);
        pjwt_keyset_free(set);
        free(first);
        free(second);
        EVP_PKEY_free(other);
}

static void a_key_that_openssl_refuses_is_named(void **state)
{
        static const char jwks[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"off\",\"x\":\"f83"
                                   "OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"f83OJ3D2xF1Bg8vub9tLe"
                                   "1gHMzV76e8Tus9uPHvRVEU\"}]}";
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        unsigned char one[64] = {[31] = 1, [63] = 1};
        char *text = with_signature(signing_input("{\"alg\":\"ES256\",\"kid\":\"off\"}", CLAIMS), one, 64);

        (void)state;
        assert_int_equal(pjwt_keyset_parse(jwks, strlen(jwks), 0, &set, NULL), PJWT_OK);
        assert_int_equal(verify(set, text, &err), PJWT_BAD_KEY);
        assert_string_equal(err.detail, "key 'off': OpenSSL refuses it");
        pjwt_keyset_free(set);
        free(text);
}

static void no_key_is_a_refusal(void **state)
{
        struct ring *es = of("ES256");
        struct pjwt_token *token = parsed_token(es->token);
        const struct pjwt_key *key = NULL;

        (void)state;
        assert_int_equal(pjwt_verify_token(NULL, 0, token, &key, NULL), PJWT_NO_FITTING_KEY);
        token->alg = NULL;
        assert_int_equal(pjwt_verify_token(NULL, 0, token, &key, NULL), PJWT_NO_FITTING_KEY);
        assert_null(key);
        pjwt_token_free(token);
}

/* SIG-25 */
static void the_error_queue_stays_as_it_was(void **state)
{
        struct ring *es = of("ES256"), *rs = of("RS256");
        unsigned long before;
        char *text = unsigned_token("{\"alg\":\"RS256\"}", CLAIMS, 256);

        (void)state;
        ERR_clear_error();
        (void)verify(rs->set, text, NULL);
        assert_int_equal(ERR_peek_error(), 0);
        ERR_raise(ERR_LIB_USER, 77);
        before = ERR_peek_last_error();
        (void)verify(rs->set, text, NULL);
        (void)verify(es->set, es->token, NULL);
        assert_int_equal(ERR_peek_last_error(), before);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_peek_error(), 0);
        free(text);
}

/* Sixteen unsuitable keys leave more errors than the queue can hold (seen with OpenSSL 3.5). */
static void many_tries_do_not_overflow_the_error_queue(void **state)
{
        struct ring *rs = of("RS256");
        EVP_PKEY *other = new_key("RSA", &(size_t){2048});
        char *pem = public_pem(other), *many = calloc(PJWT_KEYSET_TRIES + 1, strlen(pem));
        struct pjwt_keyset *set = NULL;
        unsigned long before;

        (void)state;
        assert_non_null(many);
        for (int i = 0; i < PJWT_KEYSET_TRIES; i++)
                strcat(many, pem);
        assert_int_equal(pjwt_keyset_parse(many, strlen(many), 0, &set, NULL), PJWT_OK);
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 77);
        before = ERR_peek_error();
        assert_int_equal(verify(set, rs->token, NULL), PJWT_BAD_SIGNATURE);
        assert_int_equal(ERR_get_error(), before);
        assert_int_equal(ERR_peek_error(), 0);
        pjwt_keyset_free(set);
        free(many);
        free(pem);
        EVP_PKEY_free(other);
}

static void *verify_often(void *arg)
{
        uintptr_t bad = 0;

        for (int n = 0; n < 40; n++)
                for (size_t i = 0; i < RING; i++) {
                        struct pjwt_keyset *set = ((struct pjwt_keyset **)arg)[i];
                        char *wrong;

                        if (!set)
                                continue;
                        wrong = strdup(ring[i].token);
                        wrong[10 + n] = wrong[10 + n] == 'A' ? 'B' : 'A';
                        bad += verify(set, ring[i].token, NULL) != PJWT_OK;
                        bad += verify(set, wrong, NULL) == PJWT_OK;
                        free(wrong);
                }
        return (void *)bad;
}

/* New sets, so that the threads also create the OpenSSL keys at the same time. */
static void threads_may_share_a_set(void **state)
{
        struct pjwt_keyset *sets[RING] = {NULL};
        pthread_t threads[4];

        (void)state;
        for (size_t i = 0; i < RING; i++)
                if (ring[i].pkey)
                        sets[i] = keyset_of(ring[i].pkey);
        for (int i = 0; i < 4; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, verify_often, sets), 0);
        for (int i = 0; i < 4; i++) {
                void *bad = NULL;

                assert_int_equal(pthread_join(threads[i], &bad), 0);
                assert_null(bad);
        }
        for (size_t i = 0; i < RING; i++)
                pjwt_keyset_free(sets[i]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_algorithm_verifies),
                cmocka_unit_test(every_key_against_every_token),
                cmocka_unit_test(a_flipped_bit_anywhere_spoils_it),
                cmocka_unit_test(signatures_have_the_exact_length),
                cmocka_unit_test(eddsa_s_is_below_the_order),
                cmocka_unit_test(pss_salts_are_as_long_as_the_digest),
                cmocka_unit_test(pss_has_one_digest),
                cmocka_unit_test(one_key_in_several_algorithms_by_turns),
                cmocka_unit_test(a_public_key_never_serves_hmac),
                cmocka_unit_test(hmac_of_every_digest),
                cmocka_unit_test(a_weak_secret_of_the_command_line),
                cmocka_unit_test(all_picked_keys_are_tried),
                cmocka_unit_test(a_key_that_openssl_refuses_is_named),
                cmocka_unit_test(no_key_is_a_refusal),
                cmocka_unit_test(the_error_queue_stays_as_it_was),
                cmocka_unit_test(many_tries_do_not_overflow_the_error_queue),
                cmocka_unit_test(threads_may_share_a_set),
        };

        return cmocka_run_group_tests(tests, make_ring, free_ring);
}
