/*
 * The note of the last request to an issuer: the response of pamjwt-fetch, kept under its lock. It is
 * shared by logins, so that one request serves all and a failed one is not repeated before min_refresh has
 * elapsed.
 */
#ifndef PJWT_FETCHNOTE_H
#define PJWT_FETCHNOTE_H

#include "fetchwire.h"

/* What a note means for a request. Zero is ASK: a note that cannot be read does not affect the request. */
enum pjwt_note {
        PJWT_NOTE_ASK,   /* ask the issuer */
        PJWT_NOTE_SHARE, /* use the noted response */
        PJWT_NOTE_WAIT,  /* fail: it is too early for another request */
        PJWT_NOTE_BUSY,  /* another request is in progress */
};

/*
 * started, now: by pjwt_boot_ms(); started is when this request began. Pure; never returns BUSY. A response
 * for another issuer or jwks setting, or from before the last boot, is ignored.
 */
enum pjwt_note pjwt_fetchnote_judge(const struct pjwt_fetch_request *request,
                                    const struct pjwt_fetch_response *note, int64_t started, int64_t now);

/* "DETAIL (12 s ago; not repeated within 60 s)": the error of a request that is too early. */
enum pjwt_reason pjwt_fetchnote_too_early(const struct pjwt_fetch_request *request,
                                          const struct pjwt_fetch_response *note, int64_t now,
                                          struct pjwt_error *reterr);

/*
 * Reads lock_dir/NAME without taking the lock, because a caller that was stopped must not hold one
 * (REV-07). The file is owned by the helper's user, and is trusted as much as the helper's output.
 * rettext: for free(); *ret borrows from it; both are set for SHARE and WAIT, and *ret is for
 *          pjwt_fetch_response_clear(). Otherwise untouched.
 */
enum pjwt_note pjwt_fetchnote_look(const char *lock_dir, const struct pjwt_fetch_request *request,
                                   int64_t started, char **rettext, struct pjwt_fetch_response *ret);

#endif
