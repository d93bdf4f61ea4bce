#include "stacktext.h"

#include <stdlib.h>
#include <string.h>

bool pjwt_stack_text_open(struct pjwt_stack_text *text, const struct pjwt_stack_rules *rules,
                          const char *bytes, size_t len)
{
        size_t room = len + 2 > PJWT_STACK_LINE_BUFFER ? len + 2 : PJWT_STACK_LINE_BUFFER;

        *text = (struct pjwt_stack_text){.rules = rules, .len = len, .line = 1};
        text->bytes = malloc(len + 1);
        text->joined = malloc(room);
        if (!text->bytes || !text->joined)
                return false;
        if (len > 0)
                memcpy(text->bytes, bytes, len);
        text->bytes[len] = '\0';
        return true;
}

void pjwt_stack_text_free(struct pjwt_stack_text *text)
{
        free(text->bytes);
        free(text->joined);
        *text = (struct pjwt_stack_text){.rules = NULL};
}

/* The bytes up to and with the next newline, at most `most`; 0 at the end. */
static size_t next_chunk(struct pjwt_stack_text *text, size_t most, char **ret)
{
        char *start = text->bytes + text->at;
        size_t left = text->len - text->at;
        char *newline;

        if (left > most)
                left = most;
        newline = left ? memchr(start, '\n', left) : NULL;
        if (newline) {
                left = (size_t)(newline - start) + 1;
                text->line++;
        }
        text->at += left;
        *ret = start;
        return left;
}

/* The last byte of s that is neither a space nor the newline; at least the first. */
static char *last_visible(char *s, size_t len)
{
        char *p = s + len;

        while (p > s && (*--p == ' ' || *p == '\t' || *p == '\n'))
                ;
        return p;
}

/* --- libpam before 1.7 --- */

/*
 * One chunk, which has been read to `s`. Returns true if it ends the line; *at moves to where a further chunk
 * goes. A comment or an empty line leaves *at, so that a line which ends in a backslash goes on after it.
 */
static bool take_short(char *s, size_t *at, bool *used)
{
        char *start = s + strspn(s, " \n\t");
        char *comment = strchr(start, '#');
        char *last;

        if (!*start || *start == '#')
                return false;
        *used = true;
        if (comment) {
                *comment = '\0';
                return true;
        }
        last = last_visible(start, strlen(start));
        if (*last != '\\')
                return true;
        last[0] = ' ';
        last[1] = '\0';
        *at += (size_t)(last + 1 - s);
        return false;
}

static enum pjwt_stack_text_end next_short(struct pjwt_stack_text *text, struct pjwt_stack_text_note *note)
{
        size_t at = 0;
        bool used = false;
        bool skipped = false; /* a comment or an empty line, within a continued line */

        for (;;) {
                char *chunk;
                size_t before = at;
                size_t room = PJWT_STACK_LINE_BUFFER - at - 1;
                unsigned line = text->line;
                bool ends;
                size_t n;

                if (room == 0) /* libpam reads no byte, sees no error, and tries again for ever */
                        return PJWT_STACK_TEXT_ENDLESS;
                n = next_chunk(text, room, &chunk);
                if (n == 0)
                        return used ? PJWT_STACK_TEXT_BROKEN : PJWT_STACK_TEXT_EOF;
                if (!used)
                        note->first = line;
                if (n == room && chunk[n - 1] != '\n' && text->at < text->len)
                        note->split = line;
                memcpy(text->joined + at, chunk, n);
                text->joined[at + n] = '\0';
                ends = take_short(text->joined + at, &at, &used);
                if (skipped && (ends || at > before) && !note->swallowed)
                        note->swallowed = line;
                if (ends)
                        return PJWT_STACK_TEXT_LINE;
                skipped |= used && at == before;
        }
}

/* --- libpam from 1.7 on --- */

static void append(struct pjwt_stack_text *text, size_t *at, const char *from, const char *to)
{
        size_t n = (size_t)(to - from);

        memcpy(text->joined + *at, from, n);
        *at += n;
        text->joined[*at] = '\0';
}

static enum pjwt_stack_text_end next_long(struct pjwt_stack_text *text, struct pjwt_stack_text_note *note)
{
        size_t at = 0;
        bool begun = false;     /* something has been joined */
        bool continued = false; /* the chunk before ended in a backslash */

        *text->joined = '\0';
        for (;;) {
                char *start;
                unsigned line = text->line;
                size_t n = next_chunk(text, text->len, &start);
                char *end = start + n;
                char *last;
                bool ends = true;

                if (n == 0)
                        return continued ? PJWT_STACK_TEXT_BROKEN : PJWT_STACK_TEXT_EOF;
                if (!begun)
                        note->first = line;
                last = last_visible(start, n);
                if (*last == '\\') {
                        last[0] = ' ';
                        end = last + 1; /* what follows it is space and a newline: not looked at again */
                        ends = memchr(start, '#', strnlen(start, (size_t)(end - start))) != NULL;
                }
                start += strspn(start, " \t") < (size_t)(end - start) ? strspn(start, " \t")
                                                                      : (size_t)(end - start);
                if (memchr(start, '#', (size_t)(end - start)))
                        *(char *)memchr(start, '#', (size_t)(end - start)) = '\0';
                if (start < end && (!ends || begun || (*start != '\0' && *start != '\n'))) {
                        append(text, &at, start, end);
                        begun = true;
                }
                if (ends && *text->joined)
                        return PJWT_STACK_TEXT_LINE;
                if (ends) {
                        at = 0;
                        begun = false;
                }
                continued = !ends;
        }
}

enum pjwt_stack_text_end pjwt_stack_text_next(struct pjwt_stack_text *text, char **ret,
                                              struct pjwt_stack_text_note *retnote)
{
        *retnote = (struct pjwt_stack_text_note){.first = text->line};
        *ret = text->joined;
        return text->rules->long_lines ? next_long(text, retnote) : next_short(text, retnote);
}

/* --- words --- */

/* s: after the '['. Returns where the text goes on. */
static char *end_of_bracket(char *s)
{
        char *to = s;

        for (; *s && *s != ']'; s++) {
                if (s[0] == '\\' && s[1] == ']')
                        s++;
                *to++ = *s;
        }
        if (to != s)
                *to = '\0';
        return s;
}

char *pjwt_stack_word(char **rest)
{
        char *start = *rest;
        char *end;

        if (!start)
                return NULL;
        start += strspn(start, " \n\t");
        if (!*start) {
                *rest = NULL;
                return NULL;
        }
        if (*start == '[')
                end = end_of_bracket(++start);
        else
                end = start + strcspn(start, " \n\t");
        if (*end)
                *end++ = '\0';
        *rest = *end ? end : NULL;
        return start;
}
