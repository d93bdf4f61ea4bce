/* The INI reader: every line has exactly one meaning, or the text is refused. */
#include <string.h>

#include "fuzz.h"
#include "ini.h"

struct seen {
        unsigned line;
        bool section;
};

static void check_text(const char *s)
{
        for (; s != NULL && *s != '\0'; s++)
                FUZZ_CHECK((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static enum pjwt_reason on_line(void *arg, const struct pjwt_ini_line *line, struct pjwt_error *reterr)
{
        struct seen *seen = arg;

        (void)reterr;
        FUZZ_CHECK(line->origin.line > seen->line && line->kind != NULL);
        FUZZ_CHECK((line->key == NULL) == (line->value == NULL));
        FUZZ_CHECK(line->key == NULL || seen->section);
        seen->line = line->origin.line;
        seen->section |= line->key == NULL;
        check_text(line->kind);
        check_text(line->name);
        check_text(line->key);
        check_text(line->value);
        if (line->value != NULL)
                FUZZ_CHECK(strstr(line->value, " #") == NULL && strstr(line->value, " ;") == NULL);
        return PJWT_OK;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        struct pjwt_error err = {0};
        struct seen seen = {0};
        enum pjwt_reason r = pjwt_ini_read((const char *)data, size, "fuzz", on_line, &seen, &err);

        FUZZ_CHECK(r == PJWT_OK ? err.reason == PJWT_UNDECIDED : err.reason == r);
        if (r == PJWT_OK && size > 0)
                FUZZ_CHECK(memchr(data, '\0', size) == NULL && memchr(data, '\r', size) == NULL);
        return r == PJWT_OK;
}
