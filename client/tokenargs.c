#include "tokenargs.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clientconf.h"
#include "nearest.h"
#include "out.h"
#include "roff.h"

enum { FLAG, WORD, FILENAME, SHELL };

struct row {
        const char *name;
        const char *arg; /* NULL: a flag */
        int type;
        size_t offset;
        const char *help; /* NULL: not shown */
};

#define ROW(name, arg, type, field, help)                                                                    \
        {                                                                                                    \
                name, arg, type, offsetof(struct token_args, field), help                                    \
        }

static const struct row rows[] = {
        ROW("host", "NAME", WORD, host,
            "get a token for this host: the first [host/...] section that matches"),
        ROW("sudo", NULL, FLAG, sudo, "get a token for sudo on this host: the section [sudo]"),
        ROW("config", "FILE", FILENAME, config,
            "read this configuration instead of ~/.config/pamjwt/client.conf"),
        ROW("renew", NULL, FLAG, renew, "request a new token even if one is kept"),
        ROW("forget", NULL, FLAG, forget, "remove all kept tokens and exit"),
        ROW("qr", NULL, FLAG, qr, "show a QR code with a device code, even without a terminal"),
        ROW("no-qr", NULL, FLAG, no_qr, "do not show a QR code"),
        ROW("json", NULL, FLAG, json, "print one JSON object"),
        ROW("help", NULL, FLAG, help, "show this help"),
        ROW("version", NULL, FLAG, version, "show the version"),
        ROW("completion", "SHELL", SHELL, completion, "print the completion for bash, zsh or fish"),
        ROW("man", NULL, FLAG, man, NULL),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool usage(const char *text, const char *what)
{
        fprintf(stderr, "pamjwt-token: usage: %s", text);
        cli_put_str(stderr, what);
        fputs("; see pamjwt-token --help\n", stderr);
        return false;
}

/* *rettaken: the value was the next argument. */
static bool set(struct token_args *args, const struct row *row, const char *given, const char *next,
                bool *rettaken)
{
        char *base = (char *)args + row->offset;

        if (!row->arg && given)
                return usage("this option does not take a value: --", row->name);
        if (!row->arg) {
                *(bool *)base = true;
                return true;
        }
        *rettaken = !given;
        *(const char **)base = given ? given : next;
        return given || next || usage("this option requires a value: --", row->name);
}

static const char *name_at(const void *table, size_t i)
{
        (void)table;
        return i < ROW_COUNT ? rows[i].name : NULL;
}

static bool not_understood(const char *text, size_t len)
{
        char name[32] = "";
        const char *near;

        (void)snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 0, text + 2);
        near = len > 0 ? pjwt_nearest(name, name_at, NULL) : NULL;
        if (!near)
                return usage("unexpected argument: ", text);
        fprintf(stderr, "pamjwt-token: usage: unknown option --");
        cli_put_str(stderr, name);
        fprintf(stderr, "; did you mean --%s?\n", near);
        return false;
}

static bool parse_one(struct token_args *args, const char *text, const char *next, bool *rettaken)
{
        size_t len = strncmp(text, "--", 2) == 0 ? strcspn(text + 2, "=") : 0;

        for (size_t i = 0; len > 0 && i < ROW_COUNT; i++)
                if (strlen(rows[i].name) == len && memcmp(rows[i].name, text + 2, len) == 0)
                        return set(args, &rows[i], text[2 + len] ? text + 3 + len : NULL, next, rettaken);
        return not_understood(text, len);
}

bool token_args_parse(int argc, char **argv, struct token_args *ret)
{
        for (int i = 1; i < argc; i++) {
                bool taken = false;

                if (!parse_one(ret, argv[i], argv[i + 1], &taken))
                        return false;
                i += taken;
        }
        if (ret->help || ret->version || ret->man || ret->completion || ret->forget)
                return true;
        if (ret->sudo == (ret->host != NULL))
                return usage("either --host NAME or --sudo is required", "");
        return !(ret->qr && ret->no_qr) || usage("--qr and --no-qr cannot be combined", "");
}

/* --- help --- */

static void put_wrapped(const char *text, size_t indent)
{
        size_t column = indent;

        while (*text) {
                size_t len = strcspn(text, " ");

                if (column > indent && column + 1 + len > 100) {
                        printf("\n%*s", (int)indent, "");
                        column = indent;
                }
                if (column > indent) {
                        putchar(' ');
                        column++;
                }
                printf("%.*s", (int)len, text);
                column += len;
                text += len + strspn(text + len, " ");
        }
        putchar('\n');
}

static void put_item(const char *head, const char *text)
{
        printf("  %-22s  ", head);
        if (strlen(head) > 22)
                printf("\n%26s", "");
        put_wrapped(text, 26);
}

static void put_options(void)
{
        for (size_t i = 0; i < ROW_COUNT; i++) {
                char head[80];

                if (!rows[i].help)
                        continue;
                (void)snprintf(head, sizeof(head), "--%s%s%s", rows[i].name, rows[i].arg ? " " : "",
                               rows[i].arg ? rows[i].arg : "");
                put_item(head, rows[i].help);
        }
}

static void put_keys(const char *kind)
{
        for (size_t i = 0; client_option_at(i); i++)
                if (strcmp(client_option_at(i)->kind, kind) == 0)
                        put_item(client_option_at(i)->name, client_option_at(i)->text);
}

void token_help(void)
{
        puts("usage: pamjwt-token --host NAME | --sudo [OPTION]...\n\n"
             "Gets an access token from an OpenID provider, as configured in ~/.config/pamjwt/client.conf, "
             "and prints it.\n"
             "pamjwt ssh and pamjwt sudo use it.\n\n"
             "Options:");
        put_options();
        puts("\nIn client.conf, [issuer/NAME] configures a provider:");
        put_keys("issuer");
        puts("\nand [host/NAME] or [sudo] configures what to request a token for:");
        put_keys("host");
        puts("\nExit status: 0 a token was printed, 1 no token, 2 usage or configuration error.");
}

/* --- the manual --- */

static void put_roff(const char *text)
{
        cli_put_roff(stdout, text, strlen(text), true);
        putchar('\n');
}

static void man_options(void)
{
        puts(".Bl -tag -width Ds");
        for (size_t i = 0; i < ROW_COUNT; i++) {
                if (!rows[i].help)
                        continue;
                printf(".It Fl \\-%s%s%s\n", rows[i].name, rows[i].arg ? " Ar " : "",
                       rows[i].arg ? rows[i].arg : "");
                put_roff(rows[i].help);
        }
        puts(".El");
}

static void man_keys(const char *kind)
{
        puts(".Bl -tag -width Ds");
        for (size_t i = 0; client_option_at(i); i++) {
                const struct client_option *o = client_option_at(i);

                if (strcmp(o->kind, kind) != 0)
                        continue;
                printf(".It Cm %s No = Ar %s\n", o->name, o->value);
                put_roff(o->text);
        }
        puts(".El");
}

int token_man(void)
{
        char *line = NULL;
        size_t size = 0;

        while (getline(&line, &size, stdin) >= 0)
                if (strcmp(line, "@OPTIONS@\n") == 0)
                        man_options();
                else if (strcmp(line, "@ISSUER@\n") == 0)
                        man_keys("issuer");
                else if (strcmp(line, "@HOST@\n") == 0)
                        man_keys("host");
                else
                        fputs(line, stdout);
        free(line);
        return 0;
}

/* --- completions --- */

static void completion_bash(void)
{
        puts("# bash completion for pamjwt-token, made by `pamjwt-token --completion bash`\n_pamjwt_token() "
             "{\n"
             "        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n        case "
             "$prev in");
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].help && rows[i].arg)
                        printf("        --%s) mapfile -t COMPREPLY < <(compgen %s -- \"$cur\"); return ;;\n",
                               rows[i].name,
                               rows[i].type == FILENAME ? "-f"
                               : rows[i].type == SHELL  ? "-W 'bash zsh fish'"
                                                        : "-A hostname");
        fputs("        esac\n        mapfile -t COMPREPLY < <(compgen -W '", stdout);
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].help)
                        printf("%s--%s", i ? " " : "", rows[i].name);
        puts("' -- \"$cur\")\n}\ncomplete -o filenames -F _pamjwt_token pamjwt-token");
}

static void completion_zsh(void)
{
        puts("#compdef pamjwt-token\n# zsh completion for pamjwt-token, made by `pamjwt-token --completion "
             "zsh`\n"
             "_arguments \\");
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].help)
                        printf("        '--%s[%s]%s%s' \\\n", rows[i].name, rows[i].help,
                               rows[i].arg ? ":" : "",
                               !rows[i].arg               ? ""
                               : rows[i].type == FILENAME ? "file:_files"
                               : rows[i].type == SHELL    ? "shell:(bash zsh fish)"
                                                          : "host:_hosts");
        puts("        && return 0");
}

static void completion_fish(void)
{
        puts("# fish completion for pamjwt-token, made by `pamjwt-token --completion fish`");
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].help)
                        printf("complete -c pamjwt-token -l %s%s -d '%s'\n", rows[i].name,
                               !rows[i].arg               ? " -f"
                               : rows[i].type == FILENAME ? " -r -F"
                               : rows[i].type == SHELL    ? " -x -a 'bash zsh fish'"
                                                          : " -x -a '(__fish_print_hostnames)'",
                               rows[i].help);
}

int token_completion(const char *shell)
{
        if (strcmp(shell, "bash") == 0)
                completion_bash();
        else if (strcmp(shell, "zsh") == 0)
                completion_zsh();
        else if (strcmp(shell, "fish") == 0)
                completion_fish();
        else
                return usage("--completion wants bash, zsh or fish", ""), CLI_ERROR;
        return CLI_YES;
}
