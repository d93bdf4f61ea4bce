/*
 * The note of the last request to an issuer: when it was sent and how it ended. It holds no keys,
 * since pamjwt-fetch writes it (RVW-31): it is how logins share the time and the failure of a request;
 * they share keys through the cache. Pure.
 */
#ifndef PJWT_FETCHNOTE_H
#define PJWT_FETCHNOTE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "reason.h"

#define PJWT_NOTE_BYTES_MAX 8192

/* How a request ended. Zero: not yet, or its process was killed. */
enum pjwt_note_end {
        PJWT_NOTE_STARTED,
        PJWT_NOTE_KEYS,   /* the issuer sent keys, or confirmed those that are there */
        PJWT_NOTE_FAILED, /* for `reason` and `detail` */
};

/* Borrowed strings when written; when read, they live as long as `json`. */
struct pjwt_note {
        enum pjwt_note_end end;
        const char *issuer;      /* the issuer it was sent to: a note about another one is ignored (KEY-25) */
        const char *jwks;        /* the same; NULL: by discovery */
        int64_t asked_boot_ms;   /* when it began */
        int64_t ends_boot_ms;    /* when it ended; STARTED: the latest time at which it ends */
        enum pjwt_reason reason; /* FAILED: as in struct pjwt_fetch_response */
        const char *detail;      /* FAILED */
        struct json_object *json;
};

/* ret: a line for free(). Returns PJWT_OK, PJWT_NO_MEMORY. */
enum pjwt_reason pjwt_note_write(const struct pjwt_note *note, char **ret, size_t *retlen,
                                 struct pjwt_error *reterr);

/*
 * ret: for pjwt_note_clear(); untouched on failure.
 * Returns PJWT_OK, PJWT_FETCH_FAILED when the text is not a note, PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_note_parse(const char *text, size_t len, struct pjwt_note *ret,
                                 struct pjwt_error *reterr);
void pjwt_note_clear(struct pjwt_note *note);

/* A process that wants keys. Borrowed strings. */
struct pjwt_note_question {
        const char *issuer;
        const char *jwks;
        int64_t started;        /* when this process began, by pjwt_boot_ms() */
        int64_t cool_down_ms;   /* min_refresh */
        int64_t cached_boot_ms; /* when the cached keys were asked for; 0: there are none */
        bool has_keys; /* the cached keys may still be used: this process does not depend on newer ones */
        bool force;    /* send the request even during the cool-down */
};

/* What a note means for such a process. Zero sends the request: an unreadable note decides nothing. */
enum pjwt_note_verdict {
        PJWT_NOTE_ASK,  /* send a request */
        PJWT_NOTE_WAIT, /* it is too early for another request */
        PJWT_NOTE_BUSY, /* a request is being processed, or its keys are being stored */
};

/*
 * The verdict about a request that has ended. Only a noted failure, and keys that are in the cache,
 * count for all processes. A request that was killed with its caller, or whose caller did not store
 * the keys, counts only for processes that have usable keys: a local user can cause both (RVW-34).
 */
enum pjwt_note_verdict pjwt_note_judge(const struct pjwt_note_question *question,
                                       const struct pjwt_note *note, int64_t now);

/* "DETAIL (12 s ago; not repeated within 60 s)": the error of a request that is too early. */
enum pjwt_reason pjwt_note_too_early(const struct pjwt_note_question *question, const struct pjwt_note *note,
                                     int64_t now, struct pjwt_error *reterr);

#endif
