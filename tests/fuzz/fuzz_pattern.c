/* The first line is a pattern, the rest a text: as a glob, as a regular expression, as a template. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "pattern.h"
#include "template.h"

static void check_template(const char *s)
{
        struct pjwt_piece piece;
        size_t pieces = 0;

        if (pjwt_template_problem(s) != NULL)
                return;
        FUZZ_CHECK(pjwt_template_groups(s) <= 9);
        for (const char *cursor = s; pjwt_template_next(&cursor, &piece); pieces++) {
                FUZZ_CHECK(pieces <= strlen(s));
                FUZZ_CHECK(piece.kind != PJWT_PIECE_GROUP || (piece.group >= 1 && piece.group <= 9));
                FUZZ_CHECK(piece.kind == PJWT_PIECE_TEXT || !pjwt_template_is_literal(s));
        }
}

static bool check_regex(const char *pattern, const char *text, size_t len)
{
        struct pjwt_group spans[PJWT_REGEX_GROUPS + 1];
        struct pjwt_regex *regex = NULL;
        struct pjwt_error err = {0};
        bool matched;

        if (pjwt_regex_compile(pattern, &regex, &err) != PJWT_OK)
                return false;
        FUZZ_CHECK(pjwt_regex_groups(regex) <= PJWT_REGEX_GROUPS);
        matched = pjwt_regex_match(regex, text, len, spans);
        if (matched) {
                FUZZ_CHECK(spans[0].start == 0 && spans[0].end == len);
                for (unsigned i = 1; i <= pjwt_regex_groups(regex); i++)
                        FUZZ_CHECK((spans[i].start == SIZE_MAX && spans[i].end == SIZE_MAX) ||
                                   (spans[i].start <= spans[i].end && spans[i].end <= len));
        }
        FUZZ_CHECK(fuzz_faulty() || pjwt_regex_match(regex, text, len, NULL) == matched);
        pjwt_regex_free(regex);
        return matched;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        size_t len = end != NULL ? (size_t)(end - data) : size, rest = end != NULL ? size - len - 1 : 0;
        char *pattern = malloc(len + 1), *text = malloc(rest + 1);
        bool matched = false;

        if (pattern != NULL && text != NULL) {
                memcpy(pattern, data, len);
                pattern[len] = '\0';
                memcpy(text, data + size - rest, rest);
                check_template(pattern);
                matched = pjwt_glob_match(pattern, text, rest);
                matched |= check_regex(pattern, text, rest);
        }
        free(pattern);
        free(text);
        return matched;
}
