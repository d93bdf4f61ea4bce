#include "tokens.h"

#include "b64url.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET "0123456789abcdef0123456789abcdef"

const char tokens_jwk[] = "{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"k1\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjA"
                          "xMjM0NTY3ODlhYmNkZWY\"}\n";

struct claim {
        char name[64];
        char value[256];
};

struct spec {
        struct claim claims[24];
        size_t count;
        char alg[32];
        char kid[64];
        size_t len;
        size_t keep;
        bool bad_signature;
};

static void fail(const char *what, const char *detail)
{
        (void)fprintf(stderr, "tokens: %s: %s\n", what, detail);
        exit(99);
}

__attribute__((format(printf, 1, 2))) static char *format(const char *fmt, ...)
{
        char *out = NULL;
        va_list ap;

        va_start(ap, fmt);
        if (vasprintf(&out, fmt, ap) < 0)
                abort();
        va_end(ap);
        return out;
}

static void set_claim(struct spec *spec, const char *name, const char *value)
{
        size_t i = 0;

        while (i < spec->count && strcmp(spec->claims[i].name, name) != 0)
                i++;
        if (i == sizeof(spec->claims) / sizeof(spec->claims[0]))
                fail("too many claims", name);
        if (i == spec->count)
                spec->count++;
        (void)snprintf(spec->claims[i].name, sizeof(spec->claims[i].name), "%s", name);
        (void)snprintf(spec->claims[i].value, sizeof(spec->claims[i].value), "%s", value);
}

static void set_word(struct spec *spec, const char *name, const char *value)
{
        if (strcmp(name, "len") == 0)
                spec->len = strtoul(value, NULL, 10);
        else if (strcmp(name, "keep") == 0)
                spec->keep = strtoul(value, NULL, 10);
        else if (strcmp(name, "alg") == 0)
                (void)snprintf(spec->alg, sizeof(spec->alg), "%s", value);
        else if (strcmp(name, "kid") == 0)
                (void)snprintf(spec->kid, sizeof(spec->kid), "%s", value);
        else if (strcmp(name, "sig") == 0)
                spec->bad_signature = true;
        else
                set_claim(spec, name, value);
}

static struct spec parse(const char *text)
{
        struct spec spec = {.alg = "HS256", .kid = "k1"};
        char *copy = format("iss=https://idp.test aud=ssh://test sub=alice exp=+300 iat=+0 %s", text);
        char *rest = NULL;

        for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
                char *value = strchr(word, '=');

                if (!value)
                        fail("not NAME=VALUE", word);
                *value++ = '\0';
                set_word(&spec, word, value);
        }
        free(copy);
        return spec;
}

static char *claims_json(const struct spec *spec, size_t pad)
{
        char *json = format("{\"pad\":\"%.*s\"", (int)pad, "");
        char *filled = malloc(strlen(json) + pad + 1);

        if (!filled)
                abort();
        (void)sprintf(filled, "{\"pad\":\"");
        memset(filled + strlen(filled), 'x', pad);
        (void)strcpy(filled + strlen("{\"pad\":\"") + pad, "\"");
        free(json);
        json = filled;
        for (size_t i = 0; i < spec->count; i++) {
                const char *value = spec->claims[i].value;
                char *longer;

                if (strcmp(value, "none") == 0)
                        continue;
                if (value[0] == '+' || value[0] == '-')
                        longer = format("%s,\"%s\":%lld", json, spec->claims[i].name,
                                        (long long)time(NULL) + strtoll(value, NULL, 10));
                else if (value[0] == '{')
                        longer = format("%s,\"%s\":%s", json, spec->claims[i].name, value);
                else
                        longer = format("%s,\"%s\":\"%s\"", json, spec->claims[i].name, value);
                free(json);
                json = longer;
        }
        filled = format("%s}", json);
        free(json);
        return filled;
}

static char *encode(const char *text)
{
        char *out = malloc(PJWT_B64URL_ENCODED(strlen(text)) + 1);

        if (!out)
                abort();
        pjwt_b64url_encode((const unsigned char *)text, strlen(text), out);
        return out;
}

static char *sign(const struct spec *spec, size_t header_pad, size_t claims_pad)
{
        char *header = format("{\"alg\":\"%s\",\"kid\":\"%s\",\"x\":\"%.*s\"}", spec->alg, spec->kid,
                              (int)header_pad, "yyyy");
        char *claims = claims_json(spec, claims_pad);
        char *h = encode(header);
        char *c = encode(claims);
        char *input = format("%s.%s", h, c);
        unsigned char mac[EVP_MAX_MD_SIZE];
        unsigned mac_len = 0;
        char signature[PJWT_B64URL_ENCODED(EVP_MAX_MD_SIZE) + 1];
        char *token;

        if (!HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const unsigned char *)input, strlen(input), mac,
                  &mac_len))
                abort();
        mac[0] ^= spec->bad_signature ? 1 : 0;
        pjwt_b64url_encode(mac, mac_len, signature);
        token = format("%s.%s", input, signature);
        free(header);
        free(claims);
        free(h);
        free(c);
        free(input);
        return token;
}

/* base64url has no lengths of 4n+1: some total lengths can be reached only with another header. */
static char *padded(const struct spec *spec)
{
        char *token = sign(spec, 0, 0);

        for (size_t header_pad = 0; spec->len && header_pad < 4; header_pad++) {
                size_t missing = spec->len > strlen(token) ? spec->len - strlen(token) : 0;

                for (size_t pad = missing / 4 * 3 > 8 ? missing / 4 * 3 - 8 : 0; pad < missing; pad++) {
                        char *tried = sign(spec, header_pad, pad);

                        if (strlen(tried) == spec->len) {
                                free(token);
                                return tried;
                        }
                        free(tried);
                        if (pad > missing / 4 * 3 + 8)
                                break;
                }
        }
        if (spec->len && strlen(token) != spec->len)
                fail("no token has this length", "len=");
        return token;
}

char *tokens_make(const char *text)
{
        struct spec spec = parse(text);
        char *token = padded(&spec);

        if (spec.keep && spec.keep < strlen(token))
                token[spec.keep] = '\0';
        return token;
}

static char *part(const char *text)
{
        unsigned number = 0;
        unsigned total = 0;
        int used = 0;
        char *token;
        char *out;
        size_t from;

        if (sscanf(text, "%u/%u%n", &number, &total, &used) != 2 || number < 1)
                fail("not I/N SPEC", text);
        token = tokens_make(text + used);
        from = (size_t)(number - 1) * 500;
        if (from > strlen(token))
                fail("the token has no such part", text);
        out = format("%02u/%02u:%.500s", number, total, token + from);
        free(token);
        return out;
}

static char *junk(size_t len)
{
        static const char word[] = "\b\n\r\177INCORRECT";
        char *out = calloc(1, len + 1);

        for (size_t i = 0; out && i < len; i++)
                out[i] = word[i % (sizeof(word) - 1)];
        return out;
}

static char *repeat(const char *text)
{
        char *end = NULL;
        size_t len = strtoul(text, &end, 10);
        char *out = calloc(1, len + 1);

        if (out)
                memset(out, *end == ' ' ? end[1] : 'x', len);
        return out;
}

static char unescape_one(const char **text)
{
        static const char from[] = "bnrt\\";
        static const char to[] = "\b\n\r\t\\";
        const char *found = **text ? strchr(from, **text) : NULL;
        char hex[3] = {0};

        if (found) {
                (*text)++;
                return to[found - from];
        }
        if (**text != 'x')
                fail("bad escape", *text);
        memcpy(hex, *text + 1, 2);
        *text += 3;
        return (char)strtol(hex, NULL, 16);
}

static char *unescape(const char *text)
{
        char *out = calloc(1, strlen(text) + 1);
        size_t n = 0;

        while (out && *text)
                if (*text == '\\') {
                        text++;
                        out[n++] = unescape_one(&text);
                } else {
                        out[n++] = *text++;
                }
        return out;
}

/* before{SPEC}after */
static char *wrapped(const char *text, const char *open, const char *close)
{
        char *before = strndup(text, (size_t)(open - text));
        char *spec = strndup(open + 1, (size_t)(close - open - 1));
        char *plain_before = unescape(before);
        char *plain_behind = unescape(close + 1);
        char *token = tokens_make(spec);
        char *out = format("%s%s%s", plain_before, token, plain_behind);

        free(before);
        free(spec);
        free(plain_before);
        free(plain_behind);
        free(token);
        return out;
}

char *tokens_answer(const char *answer)
{
        const char *open = strchr(answer, '{');
        const char *close = strrchr(answer, '}');

        if (strncmp(answer, "@token", 6) == 0)
                return tokens_make(answer + 6);
        if (strncmp(answer, "@part ", 6) == 0)
                return part(answer + 6);
        if (strncmp(answer, "@junk ", 6) == 0)
                return junk(strtoul(answer + 6, NULL, 10));
        if (strncmp(answer, "@repeat ", 8) == 0)
                return repeat(answer + 8);
        return open && close && open < close ? wrapped(answer, open, close) : unescape(answer);
}
