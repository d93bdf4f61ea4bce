#include "fetchnote.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetchwire.h"
#include "jsonwrite.h"
#include "strictjson.h"

#define STORE_MS INT64_C(1000) /* the time a caller has to store the keys in the cache */

static const char *const end_names[] = {
        [PJWT_NOTE_STARTED] = "started",
        [PJWT_NOTE_KEYS] = "keys",
        [PJWT_NOTE_FAILED] = "failed",
};

static bool fill(struct json_object *o, const struct pjwt_note *n)
{
        return pjwt_json_add_string(o, "end", end_names[n->end]) &&
               pjwt_json_add_string(o, "issuer", n->issuer) && pjwt_json_add_string(o, "jwks", n->jwks) &&
               pjwt_json_add(o, "asked_boot_ms", json_object_new_int64(n->asked_boot_ms)) &&
               pjwt_json_add(o, "ends_boot_ms", json_object_new_int64(n->ends_boot_ms)) &&
               (n->end != PJWT_NOTE_FAILED ||
                (pjwt_json_add_string(o, "reason", pjwt_reason_name(n->reason)) &&
                 pjwt_json_add_string(o, "detail", n->detail)));
}

enum pjwt_reason pjwt_note_write(const struct pjwt_note *note, char **ret, size_t *retlen,
                                 struct pjwt_error *reterr)
{
        struct json_object *o = json_object_new_object();
        const char *line = o && fill(o, note) ? pjwt_json_text(o) : NULL;
        char *text = NULL;
        int n = line ? asprintf(&text, "%s\n", line) : -1;

        json_object_put(o);
        if (n < 0)
                return pjwt_fail_memory(reterr);
        *ret = text;
        *retlen = (size_t)n;
        return PJWT_OK;
}

static bool read_end(struct json_object *o, enum pjwt_note_end *ret)
{
        const char *name = pjwt_json_string(pjwt_json_member(o, "end"), NULL);

        for (size_t i = 0; name && i < sizeof(end_names) / sizeof(end_names[0]); i++)
                if (strcmp(name, end_names[i]) == 0) {
                        *ret = (enum pjwt_note_end)i;
                        return true;
                }
        return false;
}

static bool read_time(struct json_object *o, const char *name, int64_t *ret)
{
        struct json_object *member = pjwt_json_member(o, name);

        if (!member || !json_object_is_type(member, json_type_int))
                return false;
        *ret = json_object_get_int64(member);
        return *ret >= 0;
}

static bool read_note(struct json_object *o, struct pjwt_note *n)
{
        struct json_object *jwks = pjwt_json_member(o, "jwks");

        n->issuer = pjwt_json_string(pjwt_json_member(o, "issuer"), NULL);
        n->jwks = pjwt_json_string(jwks, NULL);
        n->detail = pjwt_json_string(pjwt_json_member(o, "detail"), NULL);
        if (!read_end(o, &n->end) || !n->issuer || (jwks && !n->jwks) ||
            !read_time(o, "asked_boot_ms", &n->asked_boot_ms) ||
            !read_time(o, "ends_boot_ms", &n->ends_boot_ms))
                return false;
        if (n->end != PJWT_NOTE_FAILED)
                return true;
        n->reason = pjwt_fetch_reason(pjwt_json_string(pjwt_json_member(o, "reason"), NULL));
        return n->detail != NULL;
}

enum pjwt_reason pjwt_note_parse(const char *text, size_t len, struct pjwt_note *ret,
                                 struct pjwt_error *reterr)
{
        struct pjwt_note note = {0};
        enum pjwt_reason r = PJWT_FETCH_FAILED;

        if (len > 0 && len <= PJWT_NOTE_BYTES_MAX && text[len - 1] == '\n')
                r = pjwt_json_parse_object(text, len - 1, "note", &note.json, NULL);
        if (r == PJWT_NO_MEMORY)
                return pjwt_fail_memory(reterr);
        if (r == PJWT_OK && read_note(note.json, &note)) {
                *ret = note;
                return PJWT_OK;
        }
        pjwt_note_clear(&note);
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "not a note of a request");
}

void pjwt_note_clear(struct pjwt_note *note)
{
        json_object_put(note->json);
        *note = (struct pjwt_note){0};
}

static bool equal_or_both_absent(const char *a, const char *b)
{
        return a && b ? strcmp(a, b) == 0 : !a && !b;
}

enum pjwt_note_verdict pjwt_note_judge(const struct pjwt_note_question *question,
                                       const struct pjwt_note *note, int64_t now)
{
        int64_t age = now - note->asked_boot_ms, since = now - note->ends_boot_ms;
        bool while_waiting = note->asked_boot_ms >= question->started;

        if (age < 0 || !equal_or_both_absent(note->issuer, question->issuer) ||
            !equal_or_both_absent(note->jwks, question->jwks))
                return PJWT_NOTE_ASK;
        if (!while_waiting && (question->force || age >= question->cool_down_ms))
                return PJWT_NOTE_ASK;
        if (note->end == PJWT_NOTE_FAILED)
                return PJWT_NOTE_WAIT;
        if (note->end == PJWT_NOTE_KEYS &&
            (question->cached_boot_ms < note->asked_boot_ms || question->cached_boot_ms > now) &&
            since >= 0 && since < STORE_MS)
                return PJWT_NOTE_BUSY;
        if (note->end == PJWT_NOTE_KEYS && question->cached_boot_ms >= note->asked_boot_ms &&
            question->cached_boot_ms <= now)
                return PJWT_NOTE_WAIT;
        return question->has_keys ? PJWT_NOTE_WAIT : PJWT_NOTE_ASK;
}

static const char *outcome_of(const struct pjwt_note *note)
{
        return note->end == PJWT_NOTE_FAILED ? note->detail
               : note->end == PJWT_NOTE_KEYS ? "the issuer answered"
                                             : "the last request was interrupted";
}

enum pjwt_reason pjwt_note_too_early(const struct pjwt_note_question *question, const struct pjwt_note *note,
                                     int64_t now, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, note->end == PJWT_NOTE_FAILED ? note->reason : PJWT_NO_KEYS,
                         "%.380s (%" PRId64 " s ago; not repeated within %" PRId64 " s)", outcome_of(note),
                         (now - note->asked_boot_ms) / 1000, question->cool_down_ms / 1000);
}
