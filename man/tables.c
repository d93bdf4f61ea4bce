/*
 * Makes a man page from its template: the lines @REASONS@ and @ARGUMENTS@ are replaced by tables made from
 * the rows that the code uses, so that the page always matches the code.
 *
 * tables < pam_jwt.8.in > pam_jwt.8
 */
#include "options.h"
#include "reason.h"
#include "roff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(const char *text)
{
        cli_put_roff(stdout, text, strlen(text), true);
        (void)putchar('\n');
}

static void put_reasons(void)
{
        static const struct {
                const char *name;
                enum pjwt_stage stage;
                const char *pam_code;
                const char *text;
        } rows[] = {
#define PJWT_REASON(code, name, stage, pam_code, text) {name, PJWT_STAGE_##stage, "PAM_" #pam_code, text},
#include "reasons.def"
#undef PJWT_REASON
        };

        (void)puts(".Bl -tag -width Ds");
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                (void)printf(".It Sy %s\n", rows[i].name);
                (void)printf("Stage %s,\n.Dv %s :\n", pjwt_stage_name(rows[i].stage), rows[i].pam_code);
                put_text(rows[i].text);
        }
        (void)puts(".El");
}

static void put_lines(unsigned lines)
{
        if (lines == PJWT_LINE_AUTH)
                (void)puts("(auth line)");
        else if (lines == PJWT_LINE_ACCOUNT)
                (void)puts("(account line)");
}

static void put_arguments(void)
{
        struct pjwt_option_doc doc;

        (void)puts(".Bl -tag -width Ds");
        for (size_t i = 0; pjwt_options_doc(i, &doc); i++) {
                if (doc.value)
                        (void)printf(".It Cm %s Ns = Ns Ar %s\n", doc.name, doc.value);
                else
                        (void)printf(".It Cm %s\n", doc.name);
                put_text(doc.text);
                put_lines(doc.lines);
        }
        (void)puts(".El");
}

int main(void)
{
        char *line = NULL;
        size_t size = 0;

        while (getline(&line, &size, stdin) >= 0)
                if (strcmp(line, "@REASONS@\n") == 0)
                        put_reasons();
                else if (strcmp(line, "@ARGUMENTS@\n") == 0)
                        put_arguments();
                else
                        (void)fputs(line, stdout);
        free(line);
        return ferror(stdout) || fflush(stdout) != 0;
}
