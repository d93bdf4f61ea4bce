/* --help: of the command, of a subcommand, of the reasons. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "out.h"
#include "reason.h"

#define WIDTH 100

/* Wraps text at spaces; each line is indented by `indent` spaces, the first one from the current column. */
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
        puts("\n  pamjwt COMMAND --help       description and options of a command\n"
             "  pamjwt --help-reasons       all reasons for a refusal and what they mean\n"
             "  pamjwt --completion SHELL   completion for bash, zsh or fish\n"
             "  pamjwt --version\n\n"
             "A TOKEN, secret or JSON given as - is read from standard input, as @FILE from a file.\n"
             "Exit status: 0 yes, 1 no, 2 usage or configuration error.");
}

/* Reasons are numbered without gaps; after the last one the name is that of zero. */
bool cli_is_reason(int i)
{
        return i == 0 || strcmp(pjwt_reason_name((enum pjwt_reason)i), pjwt_reason_name(PJWT_UNDECIDED)) != 0;
}

void cli_help_reasons(void)
{
        for (int i = 0; cli_is_reason(i); i++)
                printf("%-18s %s\n", pjwt_reason_name((enum pjwt_reason)i),
                       pjwt_reason_text((enum pjwt_reason)i));
}
