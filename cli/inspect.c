/*
 * pamjwt inspect: shows a token before it has been verified. Every line is marked, so that no excerpt of the
 * output can be mistaken for a verified result.
 */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "input.h"
#include "jsonwrite.h"
#include "oddities.h"
#include "out.h"
#include "secret.h"
#include "strictjson.h"
#include "token.h"

struct inspect_options {
        struct cli_args args;
        struct cli_number now;
        bool json;
};

#define CLI_OPTIONS struct inspect_options

static const struct cli_option option_rows[] = {
        CLI_OPT_NOW,
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* --- taking it apart, as far as it goes --- */

static unsigned char *decode_part(const char *text, size_t len, size_t *retlen)
{
        unsigned char *bytes = malloc(PJWT_B64URL_DECODED(len) + 1);

        if (bytes && !pjwt_b64url_decode(text, len, bytes, retlen)) {
                free(bytes);
                return NULL;
        }
        return bytes;
}

/* The JSON of a part; NULL if it is not JSON. */
static struct json_object *json_part(const char *text, size_t len, const char *what, size_t *retlen)
{
        struct pjwt_error ignored = {0};
        struct json_object *object = NULL;
        unsigned char *bytes = decode_part(text, len, retlen);

        if (bytes)
                (void)pjwt_json_parse_object((const char *)bytes, *retlen, what, &object, &ignored);
        pjwt_wipe_free(bytes, *retlen);
        return object;
}

/* Header and payload are read separately, so that a broken one does not hide the other. */
static void take_apart(struct cli_view *view)
{
        const char *first = memchr(view->text, '.', view->len);
        const char *end = view->text + view->len;
        const char *second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
        unsigned char *signature = NULL;
        size_t len = 0;

        if (!first)
                return;
        view->header = json_part(view->text, (size_t)(first - view->text), "header", &len);
        if (view->dots != 2)
                return;
        view->claims = json_part(first + 1, (size_t)(second - first - 1), "claims", &view->payload_len);
        signature = decode_part(second + 1, (size_t)(end - second - 1), &view->signature_len);
        free(signature);
}

static void judge_form(struct cli_view *view)
{
        struct pjwt_token *token = NULL;

        (void)pjwt_token_parse(view->text, view->len, PJWT_TOKEN_ANY_ALG, &token, &view->refused);
        pjwt_token_free(token);
}

/* --- printing --- */

static bool is_time_claim(const char *name)
{
        static const char *const names[] = {"exp", "nbf", "iat", "auth_time", "updated_at"};

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

static void print_member(const struct cli_view *view, const char *what, const char *name,
                         struct json_object *value)
{
        const char *text = value ? pjwt_json_text(value) : "null";
        char utc[32];
        char away[48];
        int64_t t;

        printf("UNVERIFIED %-7s ", what);
        cli_put_str(stdout, name);
        fputs(": ", stdout);
        cli_put_json(stdout, text, strlen(text));
        if (is_time_claim(name) && pjwt_json_numericdate(value, &t, NULL))
                printf("  (%s, %s)", cli_utc(t, utc), cli_away(t, view->now, away));
        putchar('\n');
}

static void print_members(const struct cli_view *view, const char *what, struct json_object *object)
{
        if (!object)
                return;
        json_object_object_foreach(object, name, value)
        {
                print_member(view, what, name, value);
        }
}

static void print_text(const struct cli_view *view)
{
        puts("UNVERIFIED        nothing below has been verified: anyone can write such a token");
        print_members(view, "header", view->header);
        print_members(view, "claim", view->claims);
        printf("UNVERIFIED size    %zu bytes, signature %zu bytes\n", view->len, view->signature_len);
        for (size_t i = 0; i < json_object_array_length(view->notes); i++) {
                fputs("UNVERIFIED note    ", stdout);
                cli_put_str(stdout, json_object_get_string(json_object_array_get_idx(view->notes, i)));
                putchar('\n');
        }
}

static int print_view_json(const struct cli_view *view, int status)
{
        struct json_object *object = json_object_new_object();
        struct json_object *content = json_object_new_object();

        cli_json_add(object, "verified", json_object_new_boolean(false));
        cli_json_add(content, "header", json_object_get(view->header));
        cli_json_add(content, "claims", json_object_get(view->claims));
        cli_json_add(object, "unverified", content);
        cli_json_add(object, "bytes", json_object_new_int64((int64_t)view->len));
        cli_json_add(object, "notes", json_object_get(view->notes));
        if (view->refused.reason)
                cli_json_add_error(object, &view->refused);
        return cli_print_json(object, status);
}

static int inspect_text(const struct inspect_options *options, const struct cli_input *input)
{
        struct cli_view view = {.text = input->bytes, .len = input->len, .now = cli_now(&options->now)};
        int status;

        view.notes = json_object_new_array();
        if (!view.notes)
                return cli_usage("out of memory");
        for (size_t i = 0; i < view.len; i++)
                view.dots += view.text[i] == '.';
        if (view.len <= PJWT_TOKEN_MAX)
                take_apart(&view);
        judge_form(&view);
        cli_oddities(&view);
        status = view.refused.reason ? CLI_NO : CLI_YES;
        if (options->json)
                status = print_view_json(&view, status);
        else
                print_text(&view);
        json_object_put(view.header);
        json_object_put(view.claims);
        json_object_put(view.notes);
        return status;
}

static int run(const void *arg)
{
        const struct inspect_options *options = arg;
        struct cli_input input = {0};
        int r = cli_input_token(options->args.words.items[0], options->json, &input);

        if (r == CLI_YES)
                r = inspect_text(options, &input);
        cli_input_clear(&input);
        return r;
}

const struct cli_body cli_inspect_body = {option_rows, sizeof(struct inspect_options), run};
