/* Completions for bash, zsh and fish. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "alg.h"
#include "out.h"

static const char claim_words[] = "exp nbf iat aud iss";

static void put_alg_words(void)
{
        for (size_t i = 0; pjwt_alg_at(i); i++)
                printf("%s%s", i ? " " : "", pjwt_alg_at(i)->name);
}

static void put_command_words(void)
{
        for (size_t i = 0; cli_command_at(i); i++)
                printf("%s%s", i ? " " : "", cli_command_at(i)->name);
}

static void bash_option_value(const struct cli_command *command, const struct cli_option *option)
{
        printf("        %s:--%s) ", command->name, option->name);
        switch (option->hint) {
        case CLI_FILE:
                fputs("_pamjwt_reply -f", stdout);
                break;
        case CLI_ALGS:
                fputs("_pamjwt_reply -W '", stdout);
                put_alg_words();
                fputs("'", stdout);
                break;
        case CLI_CLAIMS:
                printf("_pamjwt_reply -W '%s'", claim_words);
                break;
        case CLI_USER:
                fputs("_pamjwt_reply -u", stdout);
                break;
        case CLI_SERVICE:
                fputs("_pamjwt_reply -W \"$(ls /etc/pam.d 2>/dev/null)\"", stdout);
                break;
        default:
                fputs(":", stdout);
        }
        puts("; return ;;");
}

static void bash_command(const struct cli_command *command)
{
        printf("        %s) words='", command->name);
        for (const struct cli_option *o = command->body->options; o->name; o++)
                printf("%s--%s", o == command->body->options ? "" : " ", o->name);
        puts("' ;;");
}

static void completion_bash(void)
{
        puts("# bash completion for pamjwt, made by `pamjwt --completion bash`\n"
             "_pamjwt_reply() { mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\"); }\n_pamjwt() {\n"
             "        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
             "command=${COMP_WORDS[1]} words=\n        COMPREPLY=()\n        if [ \"$COMP_CWORD\" -eq 1 ]; "
             "then");
        fputs("                _pamjwt_reply -W '", stdout);
        put_command_words();
        puts(" --help --help-reasons --completion --version'\n                return\n        fi\n"
             "        case $command:$prev in\n        --completion:--completion) _pamjwt_reply -W 'bash zsh "
             "fish'; return ;;");
        for (size_t i = 0; cli_command_at(i); i++)
                for (const struct cli_option *o = cli_command_at(i)->body->options; o->name; o++)
                        if (o->type != CLI_FLAG)
                                bash_option_value(cli_command_at(i), o);
        puts("        esac\n        case $command in");
        for (size_t i = 0; cli_command_at(i); i++)
                bash_command(cli_command_at(i));
        puts("        esac\n        case $cur in\n        -*) _pamjwt_reply -W \"$words\" ;;\n"
             "        @*) cur=${cur#@} && _pamjwt_reply -P @ -f ;;\n"
             "        *) _pamjwt_reply -f ;;\n        esac\n}\n"
             "complete -o filenames -F _pamjwt pamjwt");
}

/* Text inside single quotes of a shell, with a backslash before each character of `also`. */
static void put_quoted(const char *text, const char *also)
{
        putchar('\'');
        for (; *text; text++) {
                if (*text == '\'')
                        fputs("'\\''", stdout);
                else if (strchr(also, *text))
                        printf("\\%c", *text);
                else
                        putchar(*text);
        }
        putchar('\'');
}

static void zsh_action(const struct cli_option *option)
{
        switch (option->hint) {
        case CLI_FILE:
                fputs("_files", stdout);
                break;
        case CLI_ALGS:
                fputs("(", stdout);
                put_alg_words();
                fputs(")", stdout);
                break;
        case CLI_CLAIMS:
                printf("(%s)", claim_words);
                break;
        case CLI_USER:
                fputs("_users", stdout);
                break;
        case CLI_SERVICE:
                fputs("_files -W /etc/pam.d", stdout);
                break;
        default:
                fputs(" ", stdout);
        }
}

static void zsh_option(const struct cli_option *option)
{
        bool many = option->type == CLI_LIST || option->type == CLI_WORDS;

        printf("                '%s--%s", many ? "*" : "", option->name);
        fputs("'", stdout);
        if (option->help) {
                char text[256];

                snprintf(text, sizeof(text), "[%s]", option->help);
                put_quoted(text, ":");
        }
        if (option->type != CLI_FLAG) {
                fputs("':", stdout);
                fputs(option->arg, stdout);
                fputs(":", stdout);
                zsh_action(option);
                fputs("'", stdout);
        }
        puts(" \\");
}

static void completion_zsh(void)
{
        puts("#compdef pamjwt\n# zsh completion for pamjwt, made by `pamjwt --completion zsh`\n_pamjwt() {\n"
             "        local -a commands\n        commands=(");
        for (size_t i = 0; cli_command_at(i); i++) {
                printf("                '%s:'", cli_command_at(i)->name);
                put_quoted(cli_command_at(i)->summary, ":");
                putchar('\n');
        }
        puts("        )\n        if (( CURRENT == 2 )); then\n                _describe command commands\n"
             "                return\n        fi\n        local command=$words[2]\n        shift words\n"
             "        (( CURRENT-- ))\n        case $command in");
        for (size_t i = 0; cli_command_at(i); i++) {
                printf("        %s)\n                _arguments \\\n", cli_command_at(i)->name);
                for (const struct cli_option *o = cli_command_at(i)->body->options; o->name; o++)
                        zsh_option(o);
                puts("                '*:argument:_files'\n                ;;");
        }
        puts("        esac\n}\n_pamjwt \"$@\"");
}

static void fish_action(const struct cli_option *option)
{
        switch (option->hint) {
        case CLI_FILE:
                fputs(" -r -F", stdout);
                break;
        case CLI_ALGS:
                fputs(" -x -a '", stdout);
                put_alg_words();
                fputs("'", stdout);
                break;
        case CLI_CLAIMS:
                printf(" -x -a '%s'", claim_words);
                break;
        case CLI_USER:
                fputs(" -x -a '(__fish_complete_users)'", stdout);
                break;
        case CLI_SERVICE:
                fputs(" -x -a '(ls /etc/pam.d 2>/dev/null)'", stdout);
                break;
        default:
                fputs(" -x", stdout);
        }
}

/* In fish only the backslash and the single quote are special inside single quotes. */
static void fish_quoted(const char *text)
{
        putchar('\'');
        for (; *text; text++)
                printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
        putchar('\'');
}

static void completion_fish(void)
{
        puts("# fish completion for pamjwt, made by `pamjwt --completion fish`");
        for (size_t i = 0; cli_command_at(i); i++) {
                const struct cli_command *command = cli_command_at(i);

                printf("complete -c pamjwt -n __fish_use_subcommand -f -a %s -d ", command->name);
                fish_quoted(command->summary);
                putchar('\n');
                for (const struct cli_option *o = command->body->options; o->name; o++) {
                        printf("complete -c pamjwt -n '__fish_seen_subcommand_from %s' -l %s", command->name,
                               o->name);
                        if (o->type != CLI_FLAG)
                                fish_action(o);
                        fputs(" -d ", stdout);
                        fish_quoted(o->help);
                        putchar('\n');
                }
        }
}

int cli_completion(const char *shell)
{
        static const struct {
                const char *name;
                void (*print)(void);
        } shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

        for (size_t i = 0; shell && i < sizeof(shells) / sizeof(shells[0]); i++) {
                if (strcmp(shells[i].name, shell) == 0) {
                        shells[i].print();
                        return CLI_YES;
                }
        }
        return cli_usage("--completion requires bash, zsh or fish");
}
