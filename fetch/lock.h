/* One request an issuer at a time, over all processes of the host; and what the last one brought. */
#ifndef PJWT_FETCH_LOCK_H
#define PJWT_FETCH_LOCK_H

#include "fetchwire.h"

/* A lock that is held. */
struct fetch_lock {
        int fd; /* -1: there is no folder to lock in */
};

enum fetch_lock_result {
        FETCH_LOCK_BUSY, /* another request is on its way, and the caller would not wait (any longer) */
        FETCH_LOCK_HELD,
        FETCH_LOCK_NONE, /* no folder, or not ours: go on without */
};

/*
 * Takes the lock of an issuer, waiting until the deadline when the request says so. It belongs to this
 * process and ends with it. A lock whose holder has been stopped for longer than any request may last (a user
 * can freeze his own cgroup, with us in it) is put aside.
 */
enum fetch_lock_result fetch_lock_take(const char *folder, const struct pjwt_fetch_request *request,
                                       int64_t deadline, struct fetch_lock *ret);

/* The note of the last attempt: the text of its response, for free(). NULL when there is none. */
char *fetch_lock_note_read(const struct fetch_lock *lock, size_t *retlen);
void fetch_lock_note_write(const struct fetch_lock *lock, const char *text, size_t len);

void fetch_lock_release(struct fetch_lock *lock);

#endif
