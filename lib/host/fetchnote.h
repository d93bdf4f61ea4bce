/*
 * The note of the last request to an issuer: the response of pamjwt-fetch, kept under its lock. Logins share
 * it, so that one request serves all and a failure is not tried again before min_refresh is over.
 */
#ifndef PJWT_FETCHNOTE_H
#define PJWT_FETCHNOTE_H

#include "fetchwire.h"

/* What the note says to a request. Zero asks: a note that cannot be read decides nothing. */
enum pjwt_note {
        PJWT_NOTE_ASK,   /* ask the issuer */
        PJWT_NOTE_SHARE, /* the noted response is the response */
        PJWT_NOTE_WAIT,  /* neither: it is too early to ask again */
        PJWT_NOTE_BUSY,  /* a request is on its way */
};

/*
 * started, now: by pjwt_boot_ms(); started is when this request came into being. Pure; never answers BUSY.
 * A response of another issuer or jwks setting, or of an earlier boot, says nothing.
 */
enum pjwt_note pjwt_fetchnote_judge(const struct pjwt_fetch_request *request,
                                    const struct pjwt_fetch_response *note, int64_t started, int64_t now);

/* "DETAIL (12 s ago; not asked again before 60 s)": what a request that comes too early is told. */
enum pjwt_reason pjwt_fetchnote_too_early(const struct pjwt_fetch_request *request,
                                          const struct pjwt_fetch_response *note, int64_t now,
                                          struct pjwt_error *reterr);

/*
 * Looks at lock_dir/NAME without taking the lock: a caller who was stopped must not hold one (REV-07). The
 * file belongs to the helper's user, whose word counts here as much as it does on the pipe.
 * rettext: for free(), what *ret borrows from; both are set for SHARE and WAIT, and *ret is for
 *          pjwt_fetch_response_clear(). Otherwise untouched.
 */
enum pjwt_note pjwt_fetchnote_look(const char *lock_dir, const struct pjwt_fetch_request *request,
                                   int64_t started, char **rettext, struct pjwt_fetch_response *ret);

#endif
