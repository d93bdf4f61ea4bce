#include "template.h"

#include <string.h>

#include "value.h"

bool pjwt_template_next(const char **cursor, struct pjwt_piece *ret)
{
        const char *s = *cursor, *close;

        if (s[0] == '\0')
                return false;
        if (s[0] == '%' && s[1] == '{' && (close = strchr(s, '}'))) {
                *ret = (struct pjwt_piece){PJWT_PIECE_CLAIM, s + 2, (size_t)(close - s) - 2, 0};
                *cursor = close + 1;
        } else if (s[0] == '\\' && s[1] >= '1' && s[1] <= '9') {
                *ret = (struct pjwt_piece){PJWT_PIECE_GROUP, s, 2, (unsigned)(s[1] - '0')};
                *cursor = s + 2;
        } else if ((s[0] == '%' || s[0] == '\\') && s[1] == s[0]) {
                *ret = (struct pjwt_piece){PJWT_PIECE_TEXT, s, 1, 0};
                *cursor = s + 2;
        } else {
                size_t len = strcspn(s + 1, "%\\") + 1;

                *ret = (struct pjwt_piece){PJWT_PIECE_TEXT, s, len, 0};
                *cursor = s + len;
        }
        return true;
}

static const char *claim_problem(const struct pjwt_piece *piece)
{
        char name[256];

        if (piece->len == 0 || piece->len >= sizeof(name))
                return "not a claim name; write %{NAME}";
        memcpy(name, piece->text, piece->len);
        name[piece->len] = '\0';
        if (name[0] == '/' && !pjwt_value_pointer_ok(name))
                return "not a JSON Pointer; write ~0 for a ~, ~1 for a / inside a name";
        return NULL;
}

const char *pjwt_template_problem(const char *s)
{
        struct pjwt_piece piece;

        while (pjwt_template_next(&s, &piece)) {
                const char *problem = NULL;

                if (piece.kind == PJWT_PIECE_CLAIM)
                        problem = claim_problem(&piece);
                else if (piece.kind == PJWT_PIECE_TEXT && piece.text[0] == '%' && piece.text[1] != '%')
                        problem = "an unescaped %; write %{CLAIM}, or %% for a percent sign";
                else if (piece.kind == PJWT_PIECE_TEXT && piece.text[0] == '\\' && piece.text[1] != '\\')
                        problem = "an unescaped backslash; write \\1 to \\9, or \\\\ for a backslash";
                if (problem)
                        return problem;
        }
        return NULL;
}

bool pjwt_template_is_literal(const char *s)
{
        struct pjwt_piece piece;

        while (pjwt_template_next(&s, &piece))
                if (piece.kind != PJWT_PIECE_TEXT)
                        return false;
        return true;
}

unsigned pjwt_template_groups(const char *s)
{
        struct pjwt_piece piece;
        unsigned most = 0;

        if (!strchr(s, '\\'))
                return 0;
        while (pjwt_template_next(&s, &piece))
                if (piece.kind == PJWT_PIECE_GROUP && piece.group > most)
                        most = piece.group;
        return most;
}
