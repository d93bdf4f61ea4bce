/* Keys and key sets as text, and what is expected of them. */
#ifndef KEYTEXT_H
#define KEYTEXT_H

#include "signing.h"

#include "keyset.h"

/* RFC 7638 section 3.1 */
#define N_2048                                                                                               \
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"            \
        "BJECPebWKRXjBZCiFV4n3oknjh"                                                                         \
        "Mstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"                                     \
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvR"                                                \
        "L5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-" \
        "kEgU8awapJzKnqD"                                                                                    \
        "Kgw"
#define RSA_2048 "\"kty\":\"RSA\",\"n\":\"" N_2048 "\",\"e\":\"AQAB\""
/* RFC 7515 A.3, RFC 8037 A.2 */
#define EC_X   "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y   "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED_X   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define OKP_ED "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""
#define OCT_32 "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""

__attribute__((unused)) static enum pjwt_reason parse(const char *text, unsigned flags,
                                                      struct pjwt_keyset **ret, struct pjwt_error *err)
{
        size_t len = strlen(text);
        char *tight = malloc(len ? len : 1);
        enum pjwt_reason r;

        assert_non_null(tight);
        memcpy(tight, text, len);
        r = pjwt_keyset_parse(tight, len, flags, ret, err);
        free(tight);
        return r;
}

__attribute__((unused)) static struct pjwt_keyset *keyset(const char *text)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};

        if (parse(text, 0, &set, &err) != PJWT_OK)
                fail_msg("refused: %s: %s", text, err.detail);
        return set;
}

__attribute__((unused)) static void assert_set_refused(const char *text, unsigned flags,
                                                       enum pjwt_reason reason)
{
        struct pjwt_keyset *set = (struct pjwt_keyset *)0x1;
        struct pjwt_error err = {0};
        enum pjwt_reason r = parse(text, flags, &set, &err);

        if (r != reason)
                fail_msg("%s: %s (%s) instead of %s", text, pjwt_reason_name(r), err.detail,
                         pjwt_reason_name(reason));
        assert_ptr_equal(set, (struct pjwt_keyset *)0x1);
        assert_int_equal(err.reason, reason);
}

/* A key together with a valid one: it is kept with its fault, and the valid one is used (KEY-21). */
__attribute__((unused)) static void assert_key(const char *members, const char *note)
{
        char text[16384];
        struct pjwt_keyset *set;
        const struct pjwt_key *key;

        (void)snprintf(text, sizeof(text), "{\"keys\":[{%s},{" EC_256 ",\"kid\":\"good\"}]}", members);
        set = keyset(text);
        key = &set->keys[0];
        assert_int_equal(set->count, 2);
        assert_int_equal(set->keys[1].unusable, PJWT_OK);
        assert_int_equal(pjwt_keyset_check_all(set, NULL), PJWT_OK);
        if (note && (key->unusable == PJWT_OK || !strstr(key->note, note)))
                fail_msg("%s: '%s' instead of '%s'", members, key->note, note);
        if (!note && key->unusable != PJWT_OK)
                fail_msg("%s: '%s'", members, key->note);
        assert_int_equal(set->usable, note ? 1 : 2);
        pjwt_keyset_free(set);
}

__attribute__((unused)) static void usable(const char *members)
{
        assert_key(members, NULL);
}

__attribute__((unused)) static const struct pjwt_alg *alg(const char *name)
{
        return pjwt_alg_find(name, strlen(name));
}

#endif
