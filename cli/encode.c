/* pamjwt encode: signs a token. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "algs.h"
#include "buf.h"
#include "input.h"
#include "keyset.h"
#include "out.h"
#include "privread.h"
#include "secret.h"
#include "sign.h"
#include "strictjson.h"

struct encode_options {
        struct cli_args args;
        const char *secret;
        const char *key;
        const char *alg;
        const char *kid;
        const char *header;
        const char *issuer;
        const char *subject;
        struct cli_list audience;
        const char *exp;
        const char *nbf;
        const char *iat;
        const char *jti;
        bool jws;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct encode_options

static const struct cli_option option_rows[] = {
        CLI_OPT("secret", CLI_STRING, "SECRET", CLI_ANY, secret,
                "sign with this HMAC secret; - or @FILE keeps it out of the process list"),
        CLI_OPT("key", CLI_STRING, "FILE", CLI_FILE, key, "sign with this private key: PEM, JWK or JWKS"),
        CLI_OPT("alg", CLI_STRING, "ALG", CLI_ALGS, alg,
                "the algorithm; default: HS256 for a secret, else the key's alg or one that suits its type"),
        CLI_OPT("kid", CLI_STRING, "KID", CLI_ANY, kid, "the kid in the header; default: that of the JWK"),
        CLI_OPT("header", CLI_STRING, "JSON", CLI_ANY, header,
                "additional header parameters; typ replaces JWT, or null omits it"),
        CLI_OPT("issuer", CLI_STRING, "ISS", CLI_ANY, issuer, "set iss"),
        CLI_OPT("subject", CLI_STRING, "SUB", CLI_ANY, subject, "set sub"),
        CLI_OPT("audience", CLI_LIST, "AUD", CLI_ANY, audience, "set aud; if given several times, to a list"),
        CLI_OPT("exp", CLI_STRING, "TIME", CLI_ANY, exp, "set exp: +5m, -1h, now or seconds since 1970"),
        CLI_OPT("nbf", CLI_STRING, "TIME", CLI_ANY, nbf, "set nbf"),
        CLI_OPT("iat", CLI_STRING, "TIME", CLI_ANY, iat, "set iat"),
        CLI_OPT("jti", CLI_STRING, "ID", CLI_ANY, jti, "set jti; random generates one"),
        CLI_OPT("jws", CLI_FLAG, NULL, CLI_ANY, jws, "sign any bytes as the payload, unchanged"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* --- payload --- */

/*
 * JSON without the white space between its values; names, values and their order are kept exactly as
 * written. Only for text that the strict parser has accepted.
 */
static void compact(const char *text, size_t len, struct cli_buf *out)
{
        bool in_string = false;

        for (size_t i = 0; i < len; i++) {
                if (!in_string && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r'))
                        continue;
                if (text[i] == '"')
                        in_string = !in_string;
                cli_buf_add(out, text + i, 1);
                if (in_string && text[i] == '\\')
                        cli_buf_add(out, text + ++i, 1);
        }
}

/* Refuses an option for a claim that the JSON already contains. */
static int set_twice(struct json_object *claims, const char *name, const char *option)
{
        if (pjwt_json_find(claims, name, NULL))
                return cli_usage("\"%s\" is set both in the JSON and by --%s", name, option);
        return CLI_YES;
}

static int add_string(struct json_object *claims, struct cli_buf *out, const char *name, const char *option,
                      const char *value)
{
        if (!value)
                return CLI_YES;
        cli_buf_member_string(out, name, value);
        return set_twice(claims, name, option);
}

static int add_time(struct json_object *claims, struct cli_buf *out, const char *name, const char *value,
                    int64_t now)
{
        int64_t t = 0;

        if (!value)
                return CLI_YES;
        if (!cli_time(value, now, &t))
                return cli_usage("--%s requires a time (+5m, -1h, now or seconds since 1970), not \"%s\"",
                                 name, value);
        cli_buf_member_number(out, name, t);
        return set_twice(claims, name, name);
}

static int add_audience(struct json_object *claims, struct cli_buf *out, const struct cli_list *audience)
{
        if (audience->count < 2)
                return add_string(claims, out, "aud", "audience",
                                  audience->count ? audience->items[0] : NULL);
        cli_buf_member(out, "aud");
        for (size_t i = 0; i < audience->count; i++) {
                cli_buf_str(out, i == 0 ? "[" : ",");
                cli_buf_json_string(out, audience->items[i]);
        }
        cli_buf_str(out, "]");
        return set_twice(claims, "aud", "audience");
}

static int add_jti(struct json_object *claims, struct cli_buf *out, const char *jti)
{
        char text[CLI_SIGN_JTI];

        if (!jti || strcmp(jti, "random") != 0)
                return add_string(claims, out, "jti", "jti", jti);
        if (!cli_sign_jti(text))
                return cli_usage("cannot generate random bytes for --jti");
        return add_string(claims, out, "jti", "jti", text);
}

/* Appends the claims of the options after those of the JSON. out ends with the opening brace or a member. */
static int add_claims(const struct encode_options *options, struct json_object *claims, struct cli_buf *out)
{
        int64_t now = cli_now(&options->now);
        int r = add_string(claims, out, "iss", "issuer", options->issuer);

        if (r == CLI_YES)
                r = add_string(claims, out, "sub", "subject", options->subject);
        if (r == CLI_YES)
                r = add_audience(claims, out, &options->audience);
        if (r == CLI_YES)
                r = add_time(claims, out, "iat", options->iat, now);
        if (r == CLI_YES)
                r = add_time(claims, out, "nbf", options->nbf, now);
        if (r == CLI_YES)
                r = add_time(claims, out, "exp", options->exp, now);
        if (r == CLI_YES)
                r = add_jti(claims, out, options->jti);
        return r;
}

static bool has_claim_options(const struct encode_options *options)
{
        return options->issuer || options->subject || options->audience.count || options->iat ||
               options->nbf || options->exp || options->jti;
}

/* The claims as compact JSON, followed by those of the options. */
static int json_payload(const struct encode_options *options, const struct cli_input *input,
                        struct cli_buf *out)
{
        struct json_object *claims = NULL;
        struct pjwt_error err = {0};
        int r;

        if (pjwt_json_parse_object(input->bytes, input->len, "claims", &claims, &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        compact(input->bytes, input->len, out);
        if (out->len > 0)
                out->len--; /* the closing brace */
        r = add_claims(options, claims, out);
        cli_buf_str(out, "}");
        json_object_put(claims);
        return r;
}

static int make_payload(const struct encode_options *options, struct cli_buf *out)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        int r = CLI_YES;

        if (cli_input_read(options->args.words.count ? options->args.words.items[0] : "{}", 0, &input,
                           &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        if (!options->jws)
                r = json_payload(options, &input, out);
        else if (has_claim_options(options))
                r = cli_usage("--jws cannot be combined with options that set claims");
        else
                cli_buf_add(out, input.bytes, input.len);
        cli_input_clear(&input);
        return r;
}

/* --- header --- */

struct header_plan {
        struct json_object *extra; /* --header; NULL: none */
        const struct pjwt_alg *alg;
        const char *kid;
};

/* typ, alg, kid, then the others in the order given. */
static void put_header(const struct header_plan *plan, bool jws, struct cli_buf *out)
{
        struct json_object *typ = NULL;
        bool has_typ = plan->extra && json_object_object_get_ex(plan->extra, "typ", &typ);

        cli_buf_str(out, "{");
        if (has_typ && typ)
                cli_buf_member_json(out, "typ", typ);
        else if (!has_typ && !jws)
                cli_buf_member_string(out, "typ", "JWT");
        cli_buf_member_string(out, "alg", plan->alg->name);
        if (plan->kid && *plan->kid)
                cli_buf_member_string(out, "kid", plan->kid);
        if (plan->extra) {
                json_object_object_foreach(plan->extra, name, value)
                {
                        if (strcmp(name, "typ") != 0 && strcmp(name, "alg") != 0 && strcmp(name, "kid") != 0)
                                cli_buf_member_json(out, name, value);
                }
        }
        cli_buf_str(out, "}");
}

static int parse_extra(const struct encode_options *options, struct json_object **ret)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        enum pjwt_reason r;

        if (!options->header)
                return CLI_YES;
        r = cli_input_read(options->header, 0, &input, &err);
        if (r == PJWT_OK)
                r = pjwt_json_parse_object(input.bytes, input.len, "header", ret, &err);
        cli_input_clear(&input);
        return r == PJWT_OK ? CLI_YES : cli_unusable(options->json, &err);
}

/* A string that both the header and an option may set; they must not contradict each other. */
static int header_or_option(struct json_object *extra, const char *name, const char **value)
{
        struct json_object *member = NULL;
        const char *text;

        if (!pjwt_json_find(extra, name, &member))
                return CLI_YES;
        text = pjwt_json_string(member, NULL);
        if (!text)
                return cli_usage("\"%s\" in --header must be a string", name);
        if (*value && strcmp(*value, text) != 0)
                return cli_usage("--%s and --header set different values for \"%s\"", name, name);
        *value = text;
        return CLI_YES;
}

/* --- key --- */

/*
 * The library's rules for a secret apply to signing too: not empty, and not a key that was mistaken for one
 * (HDR-07).
 */
static enum pjwt_reason make_secret(const struct cli_input *input, struct cli_privkey **ret,
                                    struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        enum pjwt_reason r = pjwt_keyset_from_secret((const unsigned char *)input->bytes, input->len,
                                                     PJWT_KEYS_WEAK_SECRET, &set, reterr);

        pjwt_keyset_free(set);
        return r == PJWT_OK ? cli_privkey_from_secret(input->bytes, input->len, ret, reterr) : r;
}

static int load_key(const struct encode_options *options, const char *kid, struct cli_privkey **ret)
{
        struct pjwt_error err = {0};
        struct cli_input input = {0};
        enum pjwt_reason r = options->secret ? cli_input_read(options->secret, CLI_INPUT_CHOMP, &input, &err)
                                             : cli_input_file(options->key, &input, &err);

        if (r == PJWT_OK && options->secret) {
                cli_input_warn(&input, "secret");
                cli_input_warn_file(&input, options->secret, "secret");
                r = make_secret(&input, ret, &err);
        } else if (r == PJWT_OK) {
                r = cli_privkey_parse(input.bytes, input.len, kid, ret, &err);
                if (r == PJWT_OK)
                        cli_input_warn_file(&input, options->key, "private key");
        }
        cli_input_clear(&input);
        if (r == PJWT_OK)
                return CLI_YES;
        (void)cli_unusable(options->json, &err);
        return CLI_ERROR;
}

static int choose_alg(const struct encode_options *options, const char *name, const struct cli_privkey *key,
                      const struct pjwt_alg **ret)
{
        struct pjwt_error err = {0};

        *ret = name ? pjwt_alg_find(name, strlen(name)) : cli_privkey_default_alg(key);
        if (!*ret)
                return cli_unknown_alg(name);
        if (cli_sign_fits(key, *ret, options->secret != NULL, &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        if (key->kty == PJWT_KTY_OCT)
                cli_warn_weak_secret(key->secret_len, *ret);
        return CLI_YES;
}

static int print_token(const struct encode_options *options, const struct cli_buf *token)
{
        struct json_object *object;

        if (!options->json) {
                fwrite(token->bytes, 1, token->len, stdout);
                putchar('\n');
                return CLI_YES;
        }
        object = cli_json_begin(true);
        cli_json_add_string(object, "token", token->bytes);
        return cli_print_json(object, CLI_YES);
}

static int sign_and_print(const struct encode_options *options, const struct header_plan *plan,
                          const struct cli_privkey *key, const struct cli_buf *payload)
{
        struct pjwt_error err = {0};
        struct cli_buf header = {0};
        struct cli_buf token = {0};
        int r;

        put_header(plan, options->jws, &header);
        if (!cli_sign_input(&header, payload, &token))
                pjwt_fail_memory(&err);
        else
                cli_sign(key, plan->alg, &token, &err);
        r = err.reason ? cli_unusable(options->json, &err) : print_token(options, &token);
        if (token.len > PJWT_TOKEN_MAX)
                cli_warn("the token is %zu bytes long; pam_jwt and pamjwt read at most %d", token.len,
                         PJWT_TOKEN_MAX);
        cli_buf_clear(&header);
        cli_buf_clear(&token);
        return r;
}

static int encode_with(const struct encode_options *options, struct json_object *extra,
                       struct cli_privkey **key)
{
        struct header_plan plan = {.extra = extra, .kid = options->kid};
        struct cli_buf payload = {0};
        const char *alg = options->alg;
        int r = header_or_option(extra, "alg", &alg);

        if (r == CLI_YES)
                r = header_or_option(extra, "kid", &plan.kid);
        if (r == CLI_YES)
                r = load_key(options, plan.kid, key);
        if (r == CLI_YES)
                r = choose_alg(options, alg, *key, &plan.alg);
        if (r == CLI_YES && !plan.kid)
                plan.kid = (*key)->kid;
        if (r == CLI_YES)
                r = make_payload(options, &payload);
        if (r == CLI_YES)
                r = sign_and_print(options, &plan, *key, &payload);
        cli_buf_clear(&payload);
        return r;
}

static int run(const void *arg)
{
        const struct encode_options *options = arg;
        const char *inputs[] = {options->args.words.count ? options->args.words.items[0] : NULL,
                                options->secret, options->key, options->header};
        struct json_object *extra = NULL;
        struct cli_privkey *key = NULL;
        int r = cli_input_stdin_once(inputs, sizeof(inputs) / sizeof(inputs[0]));

        if (r == CLI_YES && !options->secret == !options->key)
                r = cli_usage("encode requires either --secret or --key");
        if (r == CLI_YES)
                r = parse_extra(options, &extra);
        if (r == CLI_YES)
                r = encode_with(options, extra, &key);
        cli_privkey_free(key);
        json_object_put(extra);
        return r;
}

const struct cli_body cli_encode_body = {option_rows, sizeof(struct encode_options), run};
