/*
 * Makes the documentation of the options of pam_jwt.conf from the rows of lib/conf/rows.c:
 *
 * confdoc conf              writes the commented etc/pam_jwt.conf
 * confdoc check FILE        compares FILE with that text; `confdoc conf > etc/pam_jwt.conf` updates it
 * confdoc man < IN          replaces @HOST@, @ISSUER@, @GRANT@ and @SERVICE@ in a page by lists of options
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "duration.h"
#include "roff.h"

#define WIDTH 110

static const char head[] =
        "# pam_jwt.conf: which tokens may log in where. See pam_jwt.conf(5). `pamjwt check` reads this file "
        "as a\n"
        "# login does, and reports errors and dangerous settings with file and line.\n"
        "#\n"
        "# This file lists all options, commented out with ; and with their default value, or an example if "
        "they have\n"
        "# none. A minimal policy for one provider is an issuer and a grant:\n"
        "#\n"
        "#   [issuer/acme]\n"
        "#   issuer   = https://login.acme.example/realms/staff\n"
        "#   audience = ssh://%h\n"
        "#\n"
        "#   [grant/staff]\n"
        "#   issuer       = acme\n"
        "#   match.groups = linux-users\n"
        "#\n"
        "# Comments must be on lines of their own. Durations are written as " PJWT_DURATION_LIKE "; a bare "
        "number is in\n"
        "# seconds. Files in pam_jwt.conf.d whose names end in .conf are read after this one, in the order "
        "of their\n"
        "# names.\n";

static const struct {
        const char *kind, *section, *about;
} kinds[] = {
        {"host", "[host]", "This host."},
        {"issuer", "[issuer/acme]",
         "An issuer section configures whose tokens are accepted: the iss, its keys, the audience, the "
         "algorithms."},
        {"grant", "[grant/staff]",
         "A grant section configures who may log in: with which claims, as which local users, to which "
         "services."},
        {"service", "[service/sudo]",
         "A service section adds requirements for a PAM service: a recent login, a second factor, single "
         "use."},
};

/* Sentences as comment lines of at most WIDTH columns. */
static void put_wrapped(FILE *out, const char *text)
{
        size_t column = 0;

        while (*text) {
                size_t word = strcspn(text, " ");

                if (column > 0 && column + 1 + word > WIDTH) {
                        (void)fputc('\n', out);
                        column = 0;
                }
                column += (size_t)fprintf(out, "%s%.*s", column ? " " : "# ", (int)word, text);
                text += word + (text[word] == ' ');
        }
        (void)fputc('\n', out);
}

static bool is_match(const struct pjwt_conf_option *option)
{
        return strcmp(option->name, "match.") == 0;
}

/* The claim of the example for match.CLAIM. */
static const char *example_claim(const struct pjwt_conf_option *option)
{
        return !is_match(option) ? "" : strcmp(option->kind, "grant") == 0 ? "groups" : "acr";
}

static void put_conf(FILE *out)
{
        struct pjwt_conf_option option;
        const char *kind = "";

        (void)fputs(head, out);
        for (size_t i = 0; pjwt_conf_option_at(i, &option); i++) {
                for (size_t k = 0; strcmp(kind, option.kind) != 0; k++)
                        if (strcmp(kinds[k].kind, option.kind) == 0) {
                                kind = option.kind;
                                (void)fputs("\n\n", out);
                                put_wrapped(out, kinds[k].about);
                                (void)fprintf(out, "; %s\n", kinds[k].section);
                        }
                (void)fputc('\n', out);
                put_wrapped(out, option.help);
                (void)fprintf(out, "; %s%s = %s\n", option.name, example_claim(&option),
                              option.def[0] ? option.def : option.example);
        }
}

/*
 * Without the semicolons the file must be a valid policy, so that each default and each example is a valid
 * value.
 */
static bool is_policy(char *text, size_t len)
{
        struct pjwt_conf_text all = {.file = "pam_jwt.conf without its semicolons", .text = text, .len = len};
        struct pjwt_conf *conf = NULL;
        struct pjwt_error err = {0};

        for (char *p = text; p; p = strstr(p + 1, "\n; "))
                if (strncmp(p, "\n; ", 3) == 0) {
                        memmove(p + 1, p + 3, strlen(p + 3) + 1);
                        all.len -= 2;
                }
        if (pjwt_conf_parse(&all, 1, "db1.acme.example", &conf, &err) != PJWT_OK) {
                (void)fprintf(stderr, "%s\n", err.detail);
                return false;
        }
        pjwt_conf_free(conf);
        return true;
}

static int check(const char *path)
{
        char *text = NULL, *seen = NULL;
        size_t len = 0, seen_len;
        FILE *out = open_memstream(&text, &len), *in = fopen(path, "r");
        int status = 1;

        if (!out || !in)
                return 2;
        put_conf(out);
        (void)fclose(out);
        seen = calloc(1, len + 2);
        seen_len = seen ? fread(seen, 1, len + 1, in) : 0;
        (void)fclose(in);
        if (!seen || !text || seen_len != len || memcmp(seen, text, len) != 0)
                (void)fprintf(stderr,
                              "%s does not match the rows of lib/conf/rows.c; run confdoc conf > %s\n", path,
                              path);
        else if (is_policy(text, len))
                status = 0;
        free(seen);
        free(text);
        return status;
}

static void put_roff(const char *text)
{
        cli_put_roff(stdout, text, strlen(text), true);
}

static void put_line(const char *macro, const char *text)
{
        (void)fputs(macro, stdout);
        put_roff(text);
        (void)putchar('\n');
}

static void put_options(const char *kind)
{
        struct pjwt_conf_option option;

        (void)puts(".Bl -tag -width Ds");
        for (size_t i = 0; pjwt_conf_option_at(i, &option); i++) {
                if (strcmp(option.kind, kind) != 0)
                        continue;
                (void)printf(".It Cm %s%s\n", option.name, is_match(&option) ? " Ns Ar CLAIM" : "");
                put_line("", option.help);
                (void)puts(".br");
                (void)fputs("Type: ", stdout);
                put_roff(option.type);
                (void)puts(".");
                if (option.def[0])
                        put_line("Default: ", option.def);
                else
                        put_line("Example: ", option.example);
        }
        (void)puts(".El");
}

static void put_man(void)
{
        char *line = NULL;
        size_t size = 0;

        while (getline(&line, &size, stdin) >= 0)
                if (strcmp(line, "@HOST@\n") == 0)
                        put_options("host");
                else if (strcmp(line, "@ISSUER@\n") == 0)
                        put_options("issuer");
                else if (strcmp(line, "@GRANT@\n") == 0)
                        put_options("grant");
                else if (strcmp(line, "@SERVICE@\n") == 0)
                        put_options("service");
                else if (strcmp(line, "@DURATION@\n") == 0)
                        (void)puts(PJWT_DURATION_LIKE ";");
                else
                        (void)fputs(line, stdout);
        free(line);
}

int main(int argc, char **argv)
{
        if (argc == 3 && strcmp(argv[1], "check") == 0)
                return check(argv[2]);
        if (argc == 2 && strcmp(argv[1], "conf") == 0)
                put_conf(stdout);
        else if (argc == 2 && strcmp(argv[1], "man") == 0)
                put_man();
        else
                return 2;
        return ferror(stdout) || fflush(stdout) != 0;
}
