/* pamjwt decode: verifies a token, then prints its claims. */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "algs.h"
#include "b64url.h"
#include "buf.h"
#include "claims.h"
#include "input.h"
#include "keysource.h"
#include "out.h"
#include "secret.h"
#include "token.h"
#include "verify.h"

struct decode_options {
        struct cli_args args;
        struct cli_key_source source;
        struct cli_list algs;
        const char *issuer;
        struct cli_list audience;
        const char *subject;
        struct cli_list typ;
        struct cli_number leeway;
        struct cli_list require;
        struct cli_list skip;
        bool complete;
        bool jws;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct decode_options

static const struct cli_option option_rows[] = {
        CLI_OPT("secret", CLI_STRING, "SECRET", CLI_ANY, source.secret,
                "the HMAC secret; - or @FILE keeps it out of the process list"),
        CLI_OPT("key", CLI_STRING, "FILE", CLI_FILE, source.key,
                "the key: PEM, JWK, JWKS, or the .pub of an ssh key"),
        CLI_OPT("jwks", CLI_STRING, "URL|FILE", CLI_FILE, source.jwks, "the key set at a URL or in a file"),
        CLI_OPT("discover", CLI_STRING, "ISSUER", CLI_ANY, source.discover,
                "the key set of an issuer, found by discovery"),
        CLI_OPT_CA_FILE(source.fetching.ca_file),
        CLI_OPT_FETCH(source.fetching.program),
        CLI_OPT("alg", CLI_WORDS, "ALG[,ALG]", CLI_ALGS, algs,
                "accept only these algorithms; default: those the key allows"),
        CLI_OPT("issuer", CLI_STRING, "ISS", CLI_ANY, issuer, "the required iss"),
        CLI_OPT("audience", CLI_LIST, "AUD", CLI_ANY, audience,
                "aud must contain this; if given several times, one of them. A token with aud is refused "
                "without it"),
        CLI_OPT("subject", CLI_STRING, "SUB", CLI_ANY, subject, "the required sub"),
        CLI_OPT("typ", CLI_WORDS, "TYP[,TYP]", CLI_ANY, typ, "require one of these as the header's typ"),
        CLI_OPT("leeway", CLI_SECONDS, "TIME", CLI_ANY, leeway,
                "tolerate this difference between clocks, such as 10s or 2m"),
        CLI_OPT("require", CLI_WORDS, "CLAIM[,CLAIM]", CLI_CLAIMS, require, "require these claims"),
        CLI_OPT("skip", CLI_WORDS, "CLAIM[,CLAIM]", CLI_CLAIMS, skip,
                "do not check exp, nbf, iat, aud or iss"),
        CLI_OPT("complete", CLI_FLAG, NULL, CLI_ANY, complete, "print header, payload and signature"),
        CLI_OPT("jws", CLI_FLAG, NULL, CLI_ANY, jws,
                "the payload is arbitrary bytes, printed unchanged; no claims are checked"),
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

static int skip_flags(const struct cli_list *skip, unsigned *ret)
{
        static const struct {
                const char *name;
                unsigned flag;
        } rows[] = {{"exp", PJWT_SKIP_EXP},
                    {"nbf", PJWT_SKIP_NBF},
                    {"iat", PJWT_SKIP_IAT},
                    {"aud", PJWT_SKIP_AUD},
                    {"iss", PJWT_SKIP_ISS}};

        for (size_t i = 0; i < skip->count; i++) {
                size_t row = 0;

                while (row < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[row].name, skip->items[i]) != 0)
                        row++;
                if (row == sizeof(rows) / sizeof(rows[0]))
                        return cli_usage("--skip accepts exp, nbf, iat, aud and iss, not \"%s\"",
                                         skip->items[i]);
                *ret |= rows[row].flag;
        }
        return CLI_YES;
}

/* The algorithms of --alg; without it all that exist, since the key restricts them. */
static int parse_algs(const struct cli_list *names, pjwt_algset *ret)
{
        *ret = names->count ? 0 : ~(pjwt_algset)0;
        for (size_t i = 0; i < names->count; i++) {
                const struct pjwt_alg *alg = pjwt_alg_find(names->items[i], strlen(names->items[i]));

                if (!alg)
                        return cli_unknown_alg(names->items[i]);
                *ret |= alg->bit;
        }
        return CLI_YES;
}

static enum pjwt_reason check_signature(const struct pjwt_keyset *set, pjwt_algset algs,
                                        const struct pjwt_token *token, const struct pjwt_key **retkey,
                                        struct pjwt_error *reterr)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
        size_t count = 0;
        enum pjwt_reason r;

        if (!(algs & token->alg->bit))
                return pjwt_fail(reterr, PJWT_ALG_NOT_ALLOWED, "the token's alg %s is not listed in --alg",
                                 token->alg->name);
        r = pjwt_keyset_pick(set, token->alg, token->kid, token->kid_len, picks, &count, reterr);
        return r == PJWT_OK ? pjwt_verify_token(picks, count, token, retkey, reterr) : r;
}

static enum pjwt_reason check_claims(const struct decode_options *options, unsigned skip,
                                     const struct pjwt_token *token, struct pjwt_error *reterr)
{
        struct pjwt_claims_policy policy = {
                .issuer = options->issuer,
                .audience = (const char *const *)options->audience.items,
                .subject = options->subject,
                .typ = (const char *const *)options->typ.items,
                .require = (const char *const *)options->require.items,
                .leeway = options->leeway.value,
                .flags = skip | PJWT_IF_PRESENT,
        };

        return pjwt_claims_check(token, &policy, cli_now(&options->now), NULL, reterr);
}

/* Verified JSON as it was signed; on a terminal, control characters are escaped, which is the same JSON. */
static void put_signed(const void *bytes, size_t len)
{
        if (isatty(STDOUT_FILENO))
                cli_put_json(stdout, bytes, len);
        else
                fwrite(bytes, 1, len, stdout);
}

/* The header as it was signed. The parser has checked its form. */
static enum pjwt_reason header_text(const struct pjwt_token *token, struct cli_buf *out,
                                    struct pjwt_error *reterr)
{
        size_t chars = strcspn(token->text, ".");
        unsigned char *bytes = malloc(PJWT_B64URL_DECODED(chars));
        size_t len = 0;

        if (!bytes)
                return pjwt_fail_memory(reterr);
        if (pjwt_b64url_decode(token->text, chars, bytes, &len))
                cli_buf_add(out, bytes, len);
        free(bytes);
        return out->failed || out->len == 0 ? pjwt_fail_memory(reterr) : PJWT_OK;
}

/* A payload that is not JSON is shown as base64url inside JSON. */
static void add_payload(const struct pjwt_token *token, const char *name, struct cli_buf *out)
{
        if (token->claims) {
                cli_buf_member(out, name);
                cli_buf_add(out, token->payload, token->payload_len);
                return;
        }
        cli_buf_member_b64url(out, "payload_base64url", token->payload, token->payload_len);
}

/*
 * One object: with --json what was found and that it is true, with --complete the three parts of the token.
 */
static int print_object(const struct decode_options *options, const struct pjwt_token *token)
{
        struct cli_buf out = {0};
        struct pjwt_error err = {0};

        cli_buf_str(&out, "{");
        if (options->json)
                cli_buf_str(&out, "\"ok\":true");
        cli_buf_member(&out, "header");
        header_text(token, &out, &err);
        add_payload(token, options->json ? "claims" : "payload", &out);
        if (options->complete)
                cli_buf_member_b64url(&out, "signature", token->signature, token->signature_len);
        cli_buf_str(&out, "}");
        if (out.failed)
                pjwt_fail_memory(&err);
        else if (!err.reason)
                put_signed(out.bytes, out.len);
        if (!err.reason)
                putchar('\n');
        cli_buf_clear(&out);
        return err.reason ? cli_unusable(options->json, &err) : CLI_YES;
}

static int print_result(const struct decode_options *options, const struct pjwt_token *token)
{
        if (options->json || options->complete)
                return print_object(options, token);
        if (options->jws) {
                fwrite(token->payload, 1, token->payload_len, stdout);
                return CLI_YES;
        }
        put_signed(token->payload, token->payload_len);
        putchar('\n');
        return CLI_YES;
}

struct plan {
        pjwt_algset algs;
        unsigned skip;
        struct pjwt_keyset *set;
        size_t secret;
};

static int judge(const struct decode_options *options, const struct plan *plan, const struct cli_input *input)
{
        struct pjwt_error err = {0};
        struct pjwt_token *token = NULL;
        const struct pjwt_key *key = NULL;
        enum pjwt_reason r = pjwt_token_parse(input->bytes, input->len,
                                              options->jws ? PJWT_TOKEN_ANY_PAYLOAD : 0, &token, &err);
        int status;

        if (r == PJWT_OK)
                r = check_signature(plan->set, plan->algs, token, &key, &err);
        if (r == PJWT_OK && plan->secret)
                cli_warn_weak_secret(plan->secret, token->alg);
        if (r == PJWT_OK && !options->jws)
                r = check_claims(options, plan->skip, token, &err);
        status = r == PJWT_OK ? print_result(options, token) : cli_refused(options->json, &err);
        pjwt_token_free(token);
        return status;
}

static int read_and_judge(const struct decode_options *options, const struct plan *plan)
{
        struct cli_input input = {0};
        int r = cli_input_token(options->args.words.items[0], options->json, &input);

        if (r == CLI_YES)
                r = judge(options, plan, &input);
        cli_input_clear(&input);
        return r;
}

static int run(const void *arg)
{
        const struct decode_options *options = arg;
        const char *inputs[] = {options->args.words.items[0], options->source.secret, options->source.key,
                                options->source.jwks};
        struct plan plan = {0};
        int r = cli_input_stdin_once(inputs, sizeof(inputs) / sizeof(inputs[0]));

        if (r == CLI_YES)
                r = parse_algs(&options->algs, &plan.algs);
        if (r == CLI_YES)
                r = skip_flags(&options->skip, &plan.skip);
        if (r == CLI_YES)
                r = cli_keys_load(&options->args, &options->source, cli_now(&options->now), options->json,
                                  &plan.set, &plan.secret);
        if (r == CLI_YES)
                r = read_and_judge(options, &plan);
        pjwt_keyset_free(plan.set);
        return r;
}

const struct cli_body cli_decode_body = {option_rows, sizeof(struct decode_options), run};
