/* One issuer's file in the cache of keys: its form, who may have written it, and how it is replaced. */
#ifndef PJWT_CACHEFILE_H
#define PJWT_CACHEFILE_H

#include "clock.h"
#include "conf.h"
#include "keyset.h"
#include "reason.h"

/* A key set and a little about it; also the form of what pamjwt-fetch brings. */
#define PJWT_CACHEFILE_BYTES_MAX (PJWT_KEYSET_BYTES_MAX + 256 * 1024)

/* What was asked for longer ago than this, in ms, is dropped: somebody stopped the process in between. */
#define PJWT_RESPONSE_AGE_MS INT64_C(60000)

/* Clocks of two processes may differ by this much before a file counts as one from the future. */
#define PJWT_CLOCK_SLACK INT64_C(60)

/* What a file says. Free with pjwt_cachefile_clear(). */
struct pjwt_cachefile {
        struct pjwt_keyset *set; /* NULL when only the first line was read */
        char *source;            /* the URL that the keys came from */
        char *etag;              /* NULL: the server gave none */
        int64_t asked_at;        /* when the keys were asked for, seconds since the epoch */
        int64_t asked_boot_ms;   /* the same by CLOCK_BOOTTIME: tells two requests of one second apart */
        int64_t fresh_until;
        int64_t server_date; /* the server's clock when it answered; 0: not said. For doctor alone. */
};

/*
 * Reads folder/NAME.json. The file is two lines, `{"format":1,...}` and the key set, each ended by a line
 * feed. It counts only when it was written for this issuer and this jwks setting, and not in the future of
 * `now`.
 * with_keys: false reads the first line only.
 * ret: untouched on failure.
 * Returns PJWT_OK; PJWT_NO_KEYS when there is no such file; PJWT_FILE_..., PJWT_BAD_KEYSET, PJWT_BAD_JSON
 * when there is one that is not trusted; PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_cachefile_read(const char *folder, const struct pjwt_issuer *issuer, int64_t now,
                                     bool with_keys, struct pjwt_cachefile *ret, struct pjwt_error *reterr);

/*
 * Replaces folder/NAME.json, unless what stands there was asked for later than this, or the keys were asked
 * for more than 60 seconds ago: then a process was stopped in between (REV-07).
 * Returns PJWT_OK, PJWT_FILE_..., PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_cachefile_write(const char *folder, const struct pjwt_issuer *issuer, int64_t now,
                                      const struct pjwt_cachefile *file, struct pjwt_error *reterr);

/* Was a asked for later than b? */
bool pjwt_cachefile_newer(const struct pjwt_cachefile *a, const struct pjwt_cachefile *b);

void pjwt_cachefile_clear(struct pjwt_cachefile *file);

#endif
