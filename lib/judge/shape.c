#include "shape.h"

#include <string.h>
#include <strings.h>

#define EYJ         "eyJ" /* the base64url form of `{"` */
#define EYJ_LETTERS 20

static bool is_wrapping(char c)
{
        return c == ' ' || (c >= '\t' && c <= '\r') || c == '"' || c == '\'' || c == '`';
}

static struct pjwt_span skip(struct pjwt_span s, size_t n)
{
        return (struct pjwt_span){s.text + n, s.len - n};
}

static bool begins_with_bearer(struct pjwt_span s)
{
        static const char word[] = "Bearer ";

        return s.len >= sizeof(word) - 1 && strncasecmp(s.text, word, sizeof(word) - 1) == 0;
}

struct pjwt_span pjwt_shape_trim(struct pjwt_span reply)
{
        for (;;) {
                if (reply.len > 0 && is_wrapping(reply.text[0]))
                        reply = skip(reply, 1);
                else if (reply.len > 0 && is_wrapping(reply.text[reply.len - 1]))
                        reply.len--;
                else if (begins_with_bearer(reply))
                        reply = skip(reply, strlen("Bearer "));
                else
                        return reply;
        }
}

static bool is_base64url(char c)
{
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
}

bool pjwt_shape_letter(char c)
{
        return is_base64url(c) || c == '.';
}

/* The number of leading bytes that are base64url characters, optionally dots. */
static size_t run_of(struct pjwt_span s, bool dots)
{
        size_t n = 0;

        while (n < s.len && (is_base64url(s.text[n]) || (dots && s.text[n] == '.')))
                n++;
        return n;
}

static bool begins_with_eyj(struct pjwt_span s)
{
        return s.len >= strlen(EYJ) && memcmp(s.text, EYJ, strlen(EYJ)) == 0;
}

bool pjwt_shape_token(struct pjwt_span reply)
{
        struct pjwt_span rest = pjwt_shape_trim(reply);

        while (rest.len > 0) {
                size_t run = run_of(rest, true);

                if (run >= PJWT_SHAPE_LONG)
                        return true;
                for (size_t i = 0; i < run; i++) /* at most PJWT_SHAPE_LONG steps of EYJ_LETTERS: linear */
                        if (begins_with_eyj(skip(rest, i)) &&
                            run_of((struct pjwt_span){rest.text + i + strlen(EYJ), run - i - strlen(EYJ)},
                                   false) >= EYJ_LETTERS)
                                return true;
                rest = skip(rest, run < rest.len ? run + 1 : run);
        }
        return false;
}

bool pjwt_shape_truncated(struct pjwt_span reply)
{
        struct pjwt_span rest = reply;
        const char *dot;

        for (unsigned dots = 0; (dot = memchr(rest.text, '.', rest.len)); dots++) {
                if (dots == 1)
                        return false; /* two dots: it has all its parts, so the letters do not matter */
                rest = skip(rest, (size_t)(dot - rest.text) + 1);
        }
        return begins_with_eyj(reply) && run_of(reply, true) == reply.len;
}

bool pjwt_shape_stand_in(struct pjwt_span reply)
{
        static const char junk[] = "\b\n\r\177INCORRECT"; /* openssh auth-pam.c */

        for (size_t i = 0; i < reply.len; i++)
                if (reply.text[i] != junk[i % (sizeof(junk) - 1)])
                        return false;
        return reply.len > 0;
}
