/* The cache file of an issuer's keys: its format, checks, and replacement. */
#ifndef PJWT_CACHEFILE_H
#define PJWT_CACHEFILE_H

#include "clock.h"
#include "conf.h"
#include "keyset.h"
#include "reason.h"

/* A key set with metadata; also the format of the output of pamjwt-fetch. */
#define PJWT_CACHEFILE_BYTES_MAX (PJWT_KEYSET_BYTES_MAX + 256 * 1024)

/* Keys requested longer ago than this, in ms, are discarded: the process was stopped in between. */
#define PJWT_RESPONSE_AGE_MS INT64_C(60000)

/* Clocks of two processes may differ by this much before a file counts as from the future. */
#define PJWT_CLOCK_SLACK INT64_C(60)

/* The contents of a file. Free with pjwt_cachefile_clear(). */
struct pjwt_cachefile {
        struct pjwt_keyset *set; /* NULL if only the first line was read */
        char *source;            /* the URL of the keys */
        char *etag;              /* NULL: none from the server */
        int64_t asked_at;        /* when the keys were requested, seconds since the epoch */
        int64_t asked_boot_ms;   /* the same by CLOCK_BOOTTIME: distinguishes requests in the same second */
        int64_t fresh_until;
        int64_t server_date; /* the server's clock at the time of the response; 0: unknown (for doctor) */
};

/*
 * Reads dir/NAME.json. The file consists of two lines, `{"format":1,...}` and the key set, each with a
 * newline. It is used only if it was written for this issuer and this jwks setting, and is not from the
 * future of `now`.
 * with_keys: false reads only the first line.
 * ret: untouched on failure.
 * Returns PJWT_OK; PJWT_NO_KEYS if there is no such file; PJWT_FILE_..., PJWT_BAD_KEYSET, PJWT_BAD_JSON if
 * it is not trusted; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_cachefile_read(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                                     bool with_keys, struct pjwt_cachefile *ret, struct pjwt_error *reterr);

/*
 * Replaces dir/NAME.json, unless the existing file was requested later than this one, or these keys were
 * requested more than 60 seconds ago, that is if a process was stopped in between (REV-07).
 * Returns PJWT_OK, PJWT_FILE_..., PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_cachefile_write(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                                      const struct pjwt_cachefile *file, struct pjwt_error *reterr);

/* Whether a was requested later than b. */
bool pjwt_cachefile_newer(const struct pjwt_cachefile *a, const struct pjwt_cachefile *b);

/*
 * Whether the file has keys that were requested later than `than`. Reads the first line only, so that a
 * waiting login can ask often.
 */
bool pjwt_cachefile_is_newer(const char *dir, const struct pjwt_issuer *issuer, int64_t now,
                             const struct pjwt_cachefile *than);

void pjwt_cachefile_clear(struct pjwt_cachefile *file);

#endif
