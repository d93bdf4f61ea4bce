#include "options.h"

#include "conf.h"

#include <string.h>

/* One argument: where its value is stored and on which lines it is allowed. Either text or flag is set. */
struct option_row {
        struct pjwt_option_doc doc;
        size_t text; /* offset in struct pjwt_options, NO_FIELD for a flag */
        size_t flag;
};

#define NO_FIELD    ((size_t)-1)
#define FIELD(name) offsetof(struct pjwt_options, name)
#define TEXT(name, value, lines, help)                                                                       \
        {                                                                                                    \
                {#name, value, lines, help}, FIELD(name), NO_FIELD                                           \
        }
#define FLAG(name, lines, help)                                                                              \
        {                                                                                                    \
                {#name, NULL, lines, help}, NO_FIELD, FIELD(name)                                            \
        }

static const struct option_row rows[] = {
        TEXT(config, "FILE", PJWT_LINE_ANY, "the configuration file; default " PJWT_CONF_FILE),
        TEXT(issuer, "URL", PJWT_LINE_ANY,
             "instead of a configuration file: the only issuer; sub is the user name"),
        TEXT(audience, "A", PJWT_LINE_ANY, "with issuer: the required aud"),
        TEXT(jwks, "U", PJWT_LINE_ANY, "with issuer: the URL of its keys; default: found by discovery"),
        TEXT(cache, "DIR", PJWT_LINE_ANY, "the directory of cached keys; default " PJWT_CACHE_DIR),
        TEXT(prompt, "TEXT", PJWT_LINE_AUTH, "the prompt; default \"" PJWT_PROMPT_DEFAULT "\""),
        FLAG(try_first_pass, PJWT_LINE_AUTH,
             "use the reply to an earlier module's prompt; prompt if there is none"),
        FLAG(use_first_pass, PJWT_LINE_AUTH, "use the reply to an earlier module's prompt; never prompt"),
        FLAG(nodelay, PJWT_LINE_AUTH, "no delay after a refusal; this can reveal which users exist"),
        FLAG(debug, PJWT_LINE_ANY, "also log the stages of each decision, never a secret"),
        FLAG(observe, PJWT_LINE_ANY, "decide and log, but leave the result to the other modules"),
        FLAG(revoked, PJWT_LINE_ACCOUNT, "refuse users in the revocation list, however they authenticated"),
        FLAG(require_token, PJWT_LINE_ACCOUNT,
             "refuse users who did not authenticate with a token in this login"),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

bool pjwt_options_doc(size_t i, struct pjwt_option_doc *ret)
{
        if (i < ROW_COUNT)
                *ret = rows[i].doc;
        return i < ROW_COUNT;
}

static const struct option_row *row_of(const char *argument, size_t name_len)
{
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (strlen(rows[i].doc.name) == name_len && memcmp(rows[i].doc.name, argument, name_len) == 0)
                        return &rows[i];
        return NULL;
}

static const char **text_field(struct pjwt_options *options, const struct option_row *row)
{
        return (const char **)(void *)((char *)options + row->text);
}

static bool *flag_field(struct pjwt_options *options, const struct option_row *row)
{
        return (bool *)(void *)((char *)options + row->flag);
}

static enum pjwt_reason set_text(const struct option_row *row, const char *value, struct pjwt_options *ret,
                                 struct pjwt_error *reterr)
{
        if (!value || !*value)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument %s: needs a value, %s=%s", row->doc.name,
                                 row->doc.name, row->doc.value);
        *text_field(ret, row) = value;
        return PJWT_OK;
}

static enum pjwt_reason set_flag(const struct option_row *row, const char *value, struct pjwt_options *ret,
                                 struct pjwt_error *reterr)
{
        if (value)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument %s: takes no value", row->doc.name);
        *flag_field(ret, row) = true;
        return PJWT_OK;
}

static const char *line_name(unsigned line)
{
        return line == PJWT_LINE_AUTH ? "auth" : line == PJWT_LINE_ACCOUNT ? "account" : "session";
}

/* seen: one bit for each row. */
static enum pjwt_reason parse_one(const char *argument, unsigned line, unsigned *seen,
                                  struct pjwt_options *ret, struct pjwt_error *reterr)
{
        size_t name_len = strcspn(argument, "=");
        const char *value = argument[name_len] == '=' ? argument + name_len + 1 : NULL;
        const struct option_row *row = row_of(argument, name_len);

        if (!row)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument %.*s: unknown argument",
                                 (int)(name_len < 64 ? name_len : 64), argument);
        if (!(row->doc.lines & line))
                return pjwt_fail(reterr, PJWT_CONFIG, "argument %s: not allowed on a line of type %s",
                                 row->doc.name, line_name(line));
        if (*seen & 1U << (row - rows))
                return pjwt_fail(reterr, PJWT_CONFIG, "argument %s: duplicate argument", row->doc.name);
        *seen |= 1U << (row - rows);
        return row->flag == NO_FIELD ? set_text(row, value, ret, reterr) : set_flag(row, value, ret, reterr);
}

/* Arguments that exclude each other. */
static enum pjwt_reason check_together(const struct pjwt_options *options, struct pjwt_error *reterr)
{
        if (options->issuer && options->config)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument issuer: cannot be combined with config=");
        if (options->issuer && !options->audience)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument issuer: needs audience=");
        if (!options->issuer && options->audience)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument audience: needs issuer=");
        if (!options->issuer && options->jwks)
                return pjwt_fail(reterr, PJWT_CONFIG, "argument jwks: needs issuer=");
        if (options->try_first_pass && options->use_first_pass)
                return pjwt_fail(reterr, PJWT_CONFIG,
                                 "argument use_first_pass: cannot be combined with try_first_pass");
        if (options->observe && options->require_token)
                return pjwt_fail(reterr, PJWT_CONFIG,
                                 "argument require_token: cannot be combined with observe");
        return PJWT_OK;
}

enum pjwt_reason pjwt_options_parse(int argc, const char **argv, unsigned line, struct pjwt_options *ret,
                                    struct pjwt_error *reterr)
{
        enum pjwt_reason first = PJWT_OK;
        unsigned seen = 0;

        *ret = (struct pjwt_options){.prompt = PJWT_PROMPT_DEFAULT, .cache = PJWT_CACHE_DIR};
        for (int i = 0; i < argc; i++) {
                enum pjwt_reason reason = parse_one(argv[i], line, &seen, ret, reterr);

                if (first == PJWT_OK)
                        first = reason;
        }
        if (first == PJWT_OK)
                first = check_together(ret, reterr);
        if (!ret->config)
                ret->config = PJWT_CONF_FILE;
        return first;
}
