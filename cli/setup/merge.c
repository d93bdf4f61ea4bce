#include "merge.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 4096

/* Lines of a text, with their line feeds. Borrowed. */
struct lines {
        const char **at; /* count + 1 of them: the last is the end */
        size_t count;
};

static bool split(const char *text, struct lines *ret)
{
        *ret = (struct lines){.at = calloc(LINES_MAX + 1, sizeof(*ret->at))};
        if (!ret->at)
                return false;
        while (*text && ret->count < LINES_MAX) {
                ret->at[ret->count++] = text;
                text += strcspn(text, "\n");
                text += *text == '\n';
        }
        ret->at[ret->count] = text;
        return !*text;
}

static bool same_line(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
        size_t len = (size_t)(a->at[i + 1] - a->at[i]);

        return len == (size_t)(b->at[k + 1] - b->at[k]) && memcmp(a->at[i], b->at[k], len) == 0;
}

/* A run of lines of the old text, and what it became. Either may be empty, not both. */
struct run {
        size_t old;
        size_t old_count;
        size_t text;
        size_t text_count;
};

/* Up to where the next line is that both have, nearest first. */
static struct run next_run(const struct lines *old, size_t i, const struct lines *text, size_t k)
{
        size_t most = old->count - i + (text->count - k);

        for (size_t sum = 0; sum < most; sum++)
                for (size_t a = 0; a <= sum; a++) {
                        size_t b = sum - a;

                        if (i + a < old->count && k + b < text->count && same_line(old, i + a, text, k + b))
                                return (struct run){i, a, k, b};
                }
        return (struct run){i, old->count - i, k, text->count - k};
}

static bool is_at(const struct lines *text, const struct run *run, const struct lines *now, size_t n)
{
        for (size_t i = 0; i < run->text_count; i++)
                if (n + i >= now->count || !same_line(text, run->text + i, now, n + i))
                        return false;
        return true;
}

/* Where the run is in `now` from a line on; -1: not at all, or more than once. */
static long find(const struct lines *text, const struct run *run, const struct lines *now, size_t from)
{
        long found = -1;

        for (size_t n = from; n + run->text_count <= now->count; n++) {
                if (!is_at(text, run, now, n))
                        continue;
                if (found >= 0)
                        return -1;
                found = (long)n;
        }
        return found;
}

static void put(struct cli_buf *out, const struct lines *from, size_t first, size_t count)
{
        if (count > 0)
                cli_buf_add(out, from->at[first], (size_t)(from->at[first + count] - from->at[first]));
}

static bool merge(const struct lines *old, const struct lines *text, const struct lines *now,
                  struct cli_buf *out)
{
        size_t n = 0;
        size_t k = 0;

        for (size_t i = 0; i < old->count || k < text->count;) {
                struct run run = next_run(old, i, text, k);
                long at;

                i = run.old + run.old_count;
                k = run.text + run.text_count;
                if (run.old_count || run.text_count) {
                        /* What was only removed has left no line by which its place could be found. */
                        at = run.text_count ? find(text, &run, now, n) : -1;
                        if (at < 0)
                                return false;
                        put(out, now, n, (size_t)at - n);
                        put(out, old, run.old, run.old_count);
                        n = (size_t)at + run.text_count;
                }
                while (i < old->count && k < text->count && same_line(old, i, text, k)) {
                        i++;
                        k++;
                }
        }
        put(out, now, n, now->count - n);
        return !out->failed;
}

bool cli_merge_undo(const char *old, const char *text, const char *now, struct cli_buf *out)
{
        struct lines o = {0};
        struct lines t = {0};
        struct lines n = {0};
        bool good;

        cli_buf_str(out, "");
        good = split(old, &o) && split(text, &t) && split(now, &n) && merge(&o, &t, &n, out);
        free(o.at);
        free(t.at);
        free(n.at);
        return good;
}
