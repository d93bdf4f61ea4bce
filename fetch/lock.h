/* One request per issuer at a time, over all processes of the host; and the result of the last one. */
#ifndef PJWT_FETCH_LOCK_H
#define PJWT_FETCH_LOCK_H

#include "fetchwire.h"

/* A lock that is held. */
struct fetch_lock {
        int fd; /* -1: there is no lock directory */
};

enum fetch_lock_result {
        FETCH_LOCK_BUSY, /* another request is running, and the caller does not wait (any longer) */
        FETCH_LOCK_HELD,
        FETCH_LOCK_NONE, /* no directory, or not ours: continue without a lock */
};

/*
 * Takes the lock of an issuer, waiting until the deadline if the request asks for it. It belongs to this
 * process and ends with it. If its holder has been stopped for longer than any request may last (a user can
 * freeze a cgroup with this process in it), the lock is moved aside.
 */
enum fetch_lock_result fetch_lock_take(const char *path, const struct pjwt_fetch_request *request,
                                       int64_t deadline, struct fetch_lock *ret);

/* The note of the last attempt: the text of its response, for free(). NULL if there is none. */
char *fetch_lock_note_read(const struct fetch_lock *lock, size_t *retlen);
void fetch_lock_note_write(const struct fetch_lock *lock, const char *text, size_t len);

void fetch_lock_release(struct fetch_lock *lock);

#endif
