/*
 * One request an issuer at a time, over all processes of the host: a lock file with the note of the
 * last request in it, in a directory that belongs to root.
 *
 * A caller takes the lock and hands it to the pamjwt-fetch that it starts: the lock is one of the open
 * file and ends with the last process that has it open. So the first of many logins starts a helper
 * and the others find it locked. A caller on whose behalf a user may act (sudo, su) has a file of its
 * own, NAME@UID: a process that the user stops or kills, or a failure the user causes, affects neither
 * other users nor root (RVW-33).
 */
#ifndef PJWT_FETCHLOCK_H
#define PJWT_FETCHLOCK_H

#include <sys/types.h>

#include "conf.h"
#include "fetchnote.h"

#define PJWT_LOCK_DIR PJWT_RUN_DIR "/lock"

/* The lock of an issuer. Borrowed strings. */
struct pjwt_fetchlock {
        const char *dir;
        const char *name; /* of the issuer section */
        uid_t user;       /* pjwt_fetchlock_user() */
};

/*
 * The user who can stop or limit this process: its real user, else the one who logged in (the kernel's audit
 * uid) and became root since; 0: none, as in a daemon, or if the process has no other rights than its user.
 */
uid_t pjwt_fetchlock_user(void);

/*
 * Evaluates the notes without taking a lock: root's note, then that of the lock's own user.
 * patient: this process has waited long enough: a lock whose holder has exceeded its time is removed
 * (a user can freeze a cgroup with a helper in it).
 * ret: on WAIT the note, for pjwt_note_clear(); otherwise untouched.
 */
enum pjwt_note_verdict pjwt_fetchlock_look(const struct pjwt_fetchlock *lock,
                                           const struct pjwt_note_question *question, bool patient,
                                           struct pjwt_note *ret);

/* Reads the note in root's lock. False if there is none; otherwise *ret is for pjwt_note_clear(). */
bool pjwt_fetchlock_read(const struct pjwt_fetchlock *lock, struct pjwt_note *ret);

/*
 * Takes the lock and notes `started`, so that an interrupted request can be recognised.
 * retfd: the open lock, O_CLOEXEC; -1 if there is no usable directory to lock in: continue without a lock.
 * False if another process has the lock, or had it in the meantime.
 */
bool pjwt_fetchlock_take(const struct pjwt_fetchlock *lock, const struct pjwt_note_question *question,
                         const struct pjwt_note *started, int *retfd);

/* Replaces the note `started` by a failure, for a helper that ended without a note of its own. */
void pjwt_fetchlock_fail(const struct pjwt_fetchlock *lock, const struct pjwt_note *started,
                         const struct pjwt_error *err);

/* Replaces the text of an open note. If the new text cannot be written, the note becomes empty. */
void pjwt_fetchlock_put(int fd, const struct pjwt_note *note);

#endif
