/*
 * Verifies one token and prints who it is about.
 *
 *     cc example-libpamjwt.c $(pkg-config --cflags --libs libpamjwt) -o example
 *     ./example KEYS ISSUER AUDIENCE < token
 *
 * KEYS is a file with a JWKS, a JWK or PEM. Exit status: 0 the token is good, 1 it is not, 2 something else
 * is wrong.
 */
#include <inttypes.h>
#include <pamjwt.h>
#include <stdio.h>
#include <time.h>

/* The requirements for tokens, with the issuer and audience of this program. */
static struct pjwt_checks *checks_of(const char *issuer, const char *audience)
{
        struct pjwt_checks *checks = pjwt_checks_new();

        if (checks && pjwt_checks_issuer(checks, issuer) == PJWT_OK &&
            pjwt_checks_audience(checks, audience) == PJWT_OK && pjwt_checks_leeway(checks, 10) == PJWT_OK)
                return checks;
        pjwt_checks_free(checks);
        return NULL;
}

static void print(const struct pjwt_claims *claims)
{
        const char *sub = pjwt_claims_string(claims, "sub", NULL);
        int64_t exp = 0;

        printf("good until ");
        if (pjwt_claims_time(claims, "exp", &exp))
                printf("%" PRId64, exp);
        printf(", %s, key %s, about %s\n", pjwt_claims_algorithm(claims),
               pjwt_claims_key_id(claims) ? pjwt_claims_key_id(claims) : "without a name",
               sub ? sub : "no subject");
        for (size_t i = 0; i < pjwt_claims_list_length(claims, "groups"); i++) {
                const char *group = pjwt_claims_list_string(claims, "groups", i, NULL);

                if (group)
                        printf("member of %s\n", group);
        }
}

int main(int argc, char **argv)
{
        struct pjwt_error err = {0};
        struct pjwt_keyset *keys = NULL;
        struct pjwt_checks *checks = argc == 4 ? checks_of(argv[2], argv[3]) : NULL;
        struct pjwt_claims *claims = NULL;
        char token[PJWT_TOKEN_MAX + 2];
        size_t len = fread(token, 1, sizeof(token), stdin);
        enum pjwt_reason r;

        if (!checks) {
                fprintf(stderr, "usage: %s KEYS ISSUER AUDIENCE < token\n", argv[0]);
                return 2;
        }
        if (len > 0 && token[len - 1] == '\n')
                len--;
        if (pjwt_keys_load_file(argv[1], 0, &keys, &err) != PJWT_OK) {
                fprintf(stderr, "%s: %s\n", pjwt_reason_name(err.reason), err.detail);
                pjwt_checks_free(checks);
                return 2;
        }
        r = pjwt_decode(keys, checks, token, len, time(NULL), &claims, &err);
        if (r == PJWT_OK)
                print(claims);
        else /* the detail may quote the token: a program that talks to a terminal escapes it */
                printf("refused: %s (%s)\n", pjwt_reason_name(r), pjwt_reason_text(r));
        pjwt_claims_free(claims);
        pjwt_checks_free(checks);
        pjwt_keys_free(keys);
        return r == PJWT_OK ? 0 : 1;
}
