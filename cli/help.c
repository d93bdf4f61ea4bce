#include "help.h"

#include <stdio.h>
#include <string.h>

#include "alg.h"
#include "doctor.h"
#include "duration.h"
#include "out.h"
#include "reason.h"

#define WIDTH 100

/* --- help --- */

/* Text broken at spaces; every line begins with `indent` spaces, the first one where the caller stands. */
static void put_wrapped(const char *text, int indent)
{
        int column = indent;

        while (*text) {
                int len = (int)strcspn(text, " \n");

                if (column > indent && column + 1 + len > WIDTH) {
                        printf("\n%*s", indent, "");
                        column = indent;
                } else if (column > indent) {
                        putchar(' ');
                        column++;
                }
                printf("%.*s", len, text);
                column += len;
                text += len;
                while (*text == ' ')
                        text++;
        }
        putchar('\n');
}

static void put_paragraphs(const char *text)
{
        const char *end;

        while ((end = strstr(text, "\n\n"))) {
                char paragraph[2048];

                snprintf(paragraph, sizeof(paragraph), "%.*s", (int)(end - text), text);
                put_wrapped(paragraph, 0);
                putchar('\n');
                text = end + 2;
        }
        put_wrapped(text, 0);
}

static void put_option(const struct cli_option *option)
{
        char head[64];

        snprintf(head, sizeof(head), "--%s%s%s", option->name, option->arg ? " " : "",
                 option->arg ? option->arg : "");
        if (strlen(head) > 22)
                printf("  %s\n%26s", head, "");
        else
                printf("  %-22s  ", head);
        put_wrapped(option->help, 26);
}

static void put_examples(const char *examples)
{
        puts("\nExamples:");
        while (*examples) {
                int len = (int)strcspn(examples, "\n");

                printf("  %.*s\n", len, examples);
                examples += len + (examples[len] == '\n');
        }
}

void cli_help_command(const struct cli_command *command)
{
        printf("usage: pamjwt %s%s%s [OPTION]...\n\n", command->name, *command->synopsis ? " " : "",
               command->synopsis);
        put_paragraphs(command->about);
        puts("\nOptions:");
        for (const struct cli_option *o = command->body->options; o->name; o++)
                put_option(o);
        put_examples(command->examples);
        puts("\nExit status: 0 yes, 1 no, 2 usage or configuration error.");
}

void cli_help(void)
{
        puts("usage: pamjwt COMMAND [ARGUMENT]... [OPTION]...\n\nJSON Web Tokens for logins.\n\nCommands:");
        for (size_t i = 0; cli_command_at(i); i++)
                printf("  %-9s %s\n", cli_command_at(i)->name, cli_command_at(i)->summary);
        puts("\n  pamjwt COMMAND --help       what it does, and its options\n"
             "  pamjwt --help-reasons       every reason for a refusal and what it means\n"
             "  pamjwt --completion SHELL   completion for bash, zsh or fish\n"
             "  pamjwt --version\n\n"
             "A token, secret or JSON of - is read from standard input, @FILE from a file.\n"
             "Exit status: 0 yes, 1 no, 2 usage or configuration error.");
}

/* The reasons are numbered without a gap, and end where the word falls back to that of zero. */
static bool is_reason(int i)
{
        return i == 0 || strcmp(pjwt_reason_name((enum pjwt_reason)i), pjwt_reason_name(PJWT_UNDECIDED)) != 0;
}

void cli_help_reasons(void)
{
        for (int i = 0; is_reason(i); i++)
                printf("%-18s %s\n", pjwt_reason_name((enum pjwt_reason)i),
                       pjwt_reason_text((enum pjwt_reason)i));
}

/* --- the man page --- */

/* mdoc reads a backslash, and a dot or quote at the begin of a line, as its own. */
static void put_mdoc_len(const char *text, size_t len, bool line_begin)
{
        for (size_t i = 0; i < len; i++) {
                if (line_begin && (text[i] == '.' || text[i] == '\''))
                        fputs("\\&", stdout);
                if (text[i] == '\\')
                        fputs("\\e", stdout);
                else if (text[i] == '-')
                        fputs("\\-", stdout);
                else
                        putchar(text[i]);
                line_begin = text[i] == '\n';
        }
}

static void put_mdoc(const char *text)
{
        put_mdoc_len(text, strlen(text), true);
}

static bool ends_sentence(const char *word, size_t len)
{
        return len > 1 && word[len - 1] == '.' && word[len - 2] != '.';
}

/* Sentences on lines of their own, as mdoc wants them, and no line longer than 78; paragraphs behind .Pp. */
static void put_mdoc_paragraphs(const char *text)
{
        size_t column = 0;

        while (*text) {
                size_t len = strcspn(text, " \n");

                if (column > 0 && column + 1 + len > 70) {
                        putchar('\n');
                        column = 0;
                }
                if (column > 0)
                        putchar(' ');
                put_mdoc_len(text, len, column == 0);
                column += len + 1;
                if (ends_sentence(text, len)) {
                        putchar('\n');
                        column = 0;
                }
                text += len;
                if (strncmp(text, "\n\n", 2) == 0)
                        fputs(column ? "\n.Pp\n" : ".Pp\n", stdout);
                if (*text == '\n')
                        column = 0;
                text += strspn(text, " \n");
        }
        if (column > 0)
                putchar('\n');
}

/* One option as a list item. A comma in an argument's name must not be read as punctuation of the macro. */
static void put_mdoc_option(const struct cli_option *option)
{
        fputs(".It Fl Fl ", stdout);
        put_mdoc(option->name);
        if (option->arg) {
                fputs(" Ar ", stdout);
                put_mdoc(option->arg);
        }
        putchar('\n');
        put_mdoc_paragraphs(option->help);
}

static void put_mdoc_synopsis(const char *synopsis)
{
        if (!*synopsis)
                return;
        fputs(" Ar ", stdout);
        put_mdoc(synopsis);
}

static void put_mdoc_examples(const char *examples)
{
        puts(".Bd -literal -offset indent");
        put_mdoc(examples);
        puts("\n.Ed");
}

static void put_mdoc_command(const struct cli_command *command)
{
        printf(".Ss pamjwt %s\n", command->name);
        printf(".Nm Cm %s", command->name);
        put_mdoc_synopsis(command->synopsis);
        puts("\n.Op Ar option ...\n.Pp");
        put_mdoc_paragraphs(command->about);
        puts(".Bl -tag -width Ds");
        for (const struct cli_option *o = command->body->options; o->name; o++)
                put_mdoc_option(o);
        puts(".El");
        puts(".Pp\nExamples:");
        put_mdoc_examples(command->examples);
}

static void put_mdoc_reasons(void)
{
        puts(".Bl -tag -width not-a-token-xx -compact");
        for (int i = 0; is_reason(i); i++) {
                fputs(".It Li ", stdout);
                put_mdoc(pjwt_reason_name((enum pjwt_reason)i));
                putchar('\n');
                put_mdoc_paragraphs(pjwt_reason_text((enum pjwt_reason)i));
        }
        puts(".El");
}

static const char man_description[] =
        ".Sh DESCRIPTION\n"
        ".Nm\n"
        "makes and verifies tokens as\n"
        ".Xr pam_jwt 8\n"
        "does, and shows what that module would do.\n"
        "A\n"
        ".Ar TOKEN ,\n"
        "secret or JSON of\n"
        ".Sq \\-\n"
        "is read from standard input, and\n"
        ".Ar @FILE\n"
        "from a file.\n"
        "What stands on the command line can be read by everybody on the host.\n"
        "Times are seconds, or have a unit: " PJWT_DURATION_LIKE ".\n"
        "Results go to standard output and complaints to standard error.\n"
        "With\n"
        ".Fl Fl json\n"
        "every result is one JSON object.";

static const char man_end[] = ".Sh FILES\n"
                              ".Bl -tag -width Ds -compact\n"
                              ".It Pa /etc/security/pam_jwt.conf\n"
                              "the configuration, see\n"
                              ".Xr pam_jwt.conf 5\n"
                              ".It Pa /var/cache/pam_jwt\n"
                              "the cached keys\n"
                              ".El\n"
                              ".Sh EXIT STATUS\n"
                              "0 for yes.\n"
                              "1 for no: the token is invalid, the login would be denied, the check\n"
                              "failed.\n"
                              "2 for a mistake in the usage or the configuration.\n"
                              ".Sh DIAGNOSTICS\n"
                              "A refusal is\n"
                              ".Ql pamjwt: REASON: detail\n"
                              "on standard error.\n"
                              "The reasons:\n"
                              ".Pp";

static const char man_see_also[] = ".Sh SEE ALSO\n"
                                   ".Xr pam_jwt.conf 5 ,\n"
                                   ".Xr pam_jwt 8 ,\n"
                                   ".Xr pamjwt-fetch 8\n"
                                   ".Sh STANDARDS\n"
                                   "RFC 7515 (JWS), RFC 7517 (JWK), RFC 7518 (JWA), RFC 7519 (JWT),\n"
                                   "RFC 7638 (thumbprints), RFC 8725 (best current practice).";

static void put_mdoc_findings(void)
{
        const char *id;
        const char *why;

        puts(".Pp\nThe findings of\n.Cm doctor ,\nand why each matters:\n.Pp\n.Bl -tag -width Ds -compact");
        for (size_t i = 0; cli_doctor_row(i, &id, &why); i++) {
                fputs(".It Li ", stdout);
                put_mdoc(id);
                putchar('\n');
                put_mdoc_paragraphs(why);
        }
        puts(".El");
}

void cli_man(void)
{
        puts(".\\\" Made by `pamjwt --man` from the rows in cli/; a test compares the two.\n"
             ".Dd November 24, 2026\n.Dt PAMJWT 1\n.Os\n.Sh NAME\n.Nm pamjwt\n"
             ".Nd make, verify and inspect JSON Web Tokens, and look after pam_jwt\n.Sh SYNOPSIS");
        for (size_t i = 0; cli_command_at(i); i++) {
                printf(".Nm\n.Cm %s\n", cli_command_at(i)->name);
                if (*cli_command_at(i)->synopsis) {
                        fputs(".Ar ", stdout);
                        put_mdoc(cli_command_at(i)->synopsis);
                        putchar('\n');
                }
                puts(".Op Ar option ...");
        }
        puts(man_description);
        for (size_t i = 0; cli_command_at(i); i++)
                put_mdoc_command(cli_command_at(i));
        puts(man_end);
        put_mdoc_reasons();
        put_mdoc_findings();
        puts(man_see_also);
}

/* --- completion --- */

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

/* Text inside single quotes of a shell, with the letters of `also` behind a backslash. */
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

/* In fish a backslash and a single quote are the two letters that are special inside single quotes. */
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
        return cli_usage("--completion wants bash, zsh or fish");
}
