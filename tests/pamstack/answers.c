#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 7, IDS = 512 };

static const char *const names[FUNCTIONS] = {"auth", "cred", "acct", "open", "close", "check", "update"};
static unsigned calls[IDS][FUNCTIONS];
static char text[ANSWERS_TEXT_MAX];
static size_t used;

static const char *value_of(int argc, const char **argv, const char *name)
{
        size_t len = strlen(name);

        for (int i = 0; i < argc; i++)
                if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
                        return argv[i] + len + 1;
        return NULL;
}

int answers_give(int argc, const char **argv, int function)
{
        const char *id = value_of(argc, argv, "id");
        const char *list = value_of(argc, argv, names[function]);
        unsigned number = id ? (unsigned)atoi(id) % IDS : 0;
        unsigned nth = calls[number][function]++;
        int n = snprintf(text + used, sizeof(text) - used, "%s%u", used ? "," : "", number);

        if (n > 0 && (size_t)n < sizeof(text) - used)
                used += (size_t)n;
        for (; list && nth > 0 && strchr(list, ','); nth--)
                list = strchr(list, ',') + 1;
        return list ? atoi(list) : 0;
}

void answers_reset(void)
{
        memset(calls, 0, sizeof(calls));
        answers_reset_text();
}

const char *answers_text(void)
{
        return text;
}

void answers_reset_text(void)
{
        used = 0;
        text[0] = '\0';
}
