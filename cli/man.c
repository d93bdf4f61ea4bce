/* pamjwt(1) in mdoc. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "duration.h"
#include "reason.h"
#include "roff.h"

static void put_mdoc(const char *text)
{
        cli_put_roff(stdout, text, strlen(text), true);
}

static bool ends_sentence(const char *word, size_t len)
{
        return len > 1 && word[len - 1] == '.' && word[len - 2] != '.';
}

/* One sentence per line, as mdoc expects, no line longer than 78 columns; paragraphs separated by .Pp. */
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
                cli_put_roff(stdout, text, len, column == 0);
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
        for (int i = 0; cli_is_reason(i); i++) {
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
        "Arguments on the command line can be read by every user on the host.\n"
        "Times are seconds, or have a unit: " PJWT_DURATION_LIKE ".\n"
        "Results go to standard output, errors and warnings to standard error.\n"
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
                              "2 for a usage or configuration error.\n"
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

        puts(".Pp\n"
             "The findings of\n"
             ".Cm doctor ,\n"
             "with the reason why each matters:\n"
             ".Pp\n"
             ".Bl -tag -width Ds -compact");
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
        puts(".\\\" Generated by `pamjwt --man` from the rows in cli/; a test compares the two.\n"
             ".Dd November 24, 2026\n.Dt PAMJWT 1\n.Os\n.Sh NAME\n.Nm pamjwt\n"
             ".Nd make, verify and inspect JSON Web Tokens, and manage pam_jwt\n.Sh SYNOPSIS");
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
