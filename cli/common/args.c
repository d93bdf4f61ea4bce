#include "args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "duration.h"
#include "nearest.h"
#include "out.h"

bool cli_number(const char *text, int64_t *ret)
{
        int64_t value = 0;

        if (!*text)
                return false;
        for (const char *p = text; *p; p++) {
                if (*p < '0' || *p > '9' || value > INT64_MAX / 100)
                        return false;
                value = value * 10 + (*p - '0');
        }
        *ret = value;
        return true;
}

bool cli_time(const char *text, int64_t now, int64_t *ret)
{
        int64_t away;

        if (strcmp(text, "now") == 0) {
                *ret = now;
                return true;
        }
        if (*text != '+' && *text != '-')
                return cli_number(text, ret);
        if (!pjwt_duration(text + 1, &away))
                return false;
        *ret = *text == '+' ? now + away : now - away;
        return true;
}

int64_t cli_now(const struct cli_number *now)
{
        return now && now->given ? now->value : (int64_t)time(NULL);
}

static const char *option_name_at(const void *table, size_t i)
{
        return ((const struct cli_option *)table)[i].name;
}

/* The row of an option of `len` characters. */
static const struct cli_option *find_option(const struct cli_command *command, const char *name, size_t len)
{
        for (const struct cli_option *o = command->body->options; o->name; o++)
                if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                        return o;
        return NULL;
}

static void list_free(struct cli_list *list)
{
        for (size_t i = 0; i < list->count; i++)
                free(list->items[i]);
        free(list->items);
        *list = (struct cli_list){0};
}

static bool list_add(struct cli_list *list, const char *text, size_t len)
{
        char **items = realloc(list->items, (list->count + 2) * sizeof(*items));

        if (!items)
                return false;
        list->items = items;
        items[list->count] = strndup(text, len);
        if (!items[list->count])
                return false;
        items[++list->count] = NULL;
        return true;
}

/* Adds the words between commas; an empty word is an error. */
static bool words_add(struct cli_list *list, const char *text)
{
        for (;;) {
                size_t len = strcspn(text, ",");

                if (len == 0 || !list_add(list, text, len))
                        return false;
                if (!text[len])
                        return true;
                text += len + 1;
        }
}

static int set_string(const char **field, const struct cli_option *option, const char *value)
{
        if (*field)
                return cli_usage("--%s may be given only once", option->name);
        *field = value;
        return CLI_YES;
}

static int set_number(struct cli_number *field, const struct cli_option *option, const char *value)
{
        bool good = option->type == CLI_SECONDS ? pjwt_duration(value, &field->value)
                                                : cli_number(value, &field->value);

        if (field->given)
                return cli_usage("--%s may be given only once", option->name);
        if (!good)
                return cli_usage("--%s requires %s, not \"%s\"", option->name,
                                 option->type == CLI_SECONDS ? "a time like " PJWT_DURATION_LIKE : "a number",
                                 value);
        field->given = true;
        return CLI_YES;
}

static void *field_of(void *options, const struct cli_option *option)
{
        return (char *)options + option->offset;
}

/* Stores the value of an option in its field. value: NULL for a flag. */
static int set_option(void *options, const struct cli_option *option, const char *value)
{
        void *field = field_of(options, option);

        switch (option->type) {
        case CLI_FLAG:
                *(bool *)field = true;
                return CLI_YES;
        case CLI_STRING:
                return set_string(field, option, value);
        case CLI_LIST:
                return list_add(field, value, strlen(value)) ? CLI_YES : cli_usage("out of memory");
        case CLI_WORDS:
                return words_add(field, value)
                               ? CLI_YES
                               : cli_usage("--%s contains an empty word: \"%s\"", option->name, value);
        case CLI_SECONDS:
        case CLI_NUMBER:
                return set_number(field, option, value);
        }
        return CLI_ERROR;
}

static int unknown_option(const struct cli_command *command, const char *text)
{
        const char *near = pjwt_nearest(text + 2, option_name_at, command->body->options);

        if (near)
                return cli_usage("unknown option %s for %s; did you mean --%s?", text, command->name, near);
        return cli_usage("unknown option %s for %s; see pamjwt %s --help", text, command->name,
                         command->name);
}

/*
 * Parses one argument that begins with --. *next is the argument after it; it is consumed if the option
 * takes a value.
 */
static int parse_option(const struct cli_command *command, void *options, const char *text, char **next,
                        int *rettaken)
{
        size_t len = strcspn(text + 2, "=");
        const char *value = text[2 + len] ? text + 2 + len + 1 : NULL;
        const struct cli_option *option = find_option(command, text + 2, len);

        if (!option)
                return unknown_option(command, text);
        if (option->type == CLI_FLAG && value)
                return cli_usage("--%s takes no value", option->name);
        if (option->type != CLI_FLAG && !value) {
                if (!*next)
                        return cli_usage("--%s requires a value: --%s %s", option->name, option->name,
                                         option->arg);
                value = *next;
                *rettaken = 1;
        }
        return set_option(options, option, value);
}

static int check_words(const struct cli_args *args)
{
        const struct cli_command *command = args->command;

        if (args->help)
                return CLI_YES;
        if (args->words.count < command->words_min)
                return cli_usage("%s requires %s; see pamjwt %s --help", command->name, command->synopsis,
                                 command->name);
        if (args->words.count > command->words_max)
                return cli_usage("%s takes at most %zu argument%s; see pamjwt %s --help", command->name,
                                 command->words_max, command->words_max == 1 ? "" : "s", command->name);
        return CLI_YES;
}

int cli_args_parse(const struct cli_command *command, int argc, char **argv, void *options)
{
        struct cli_args *args = options;
        bool dashes = true;
        int r = CLI_YES;

        args->command = command;
        for (int i = 0; i < argc && r == CLI_YES; i++) {
                int taken = 0;

                if (dashes && strcmp(argv[i], "--") == 0)
                        dashes = false;
                else if (dashes && strcmp(argv[i], "-h") == 0)
                        args->help = true;
                else if (dashes && strncmp(argv[i], "--", 2) == 0)
                        r = parse_option(command, options, argv[i], &argv[i + 1], &taken);
                else if (dashes && argv[i][0] == '-' && argv[i][1])
                        r = cli_usage("unknown option %s; options begin with two dashes", argv[i]);
                else if (!list_add(&args->words, argv[i], strlen(argv[i])))
                        r = cli_usage("out of memory");
                i += taken;
        }
        return r == CLI_YES ? check_words(args) : r;
}

void cli_args_clear(const struct cli_command *command, void *options)
{
        struct cli_args *args = options;

        for (const struct cli_option *o = command->body->options; o->name; o++)
                if (o->type == CLI_LIST || o->type == CLI_WORDS)
                        list_free(field_of(options, o));
        list_free(&args->words);
}
