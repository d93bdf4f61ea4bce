#include "fetchnote.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cachefile.h"
#include "safefile.h"

static bool serves_for(const struct pjwt_fetch_request *request, const struct pjwt_fetch_response *note)
{
        return !note->not_modified || (request->etag && note->etag && strcmp(request->etag, note->etag) == 0);
}

enum pjwt_note pjwt_fetchnote_judge(const struct pjwt_fetch_request *request,
                                    const struct pjwt_fetch_response *note, int64_t started, int64_t now)
{
        int64_t age = now - note->asked_boot_ms;
        bool while_waiting = note->asked_boot_ms >= started;

        if (age < 0 || !pjwt_fetch_response_is_for(note, request))
                return PJWT_NOTE_ASK;
        if (!while_waiting && (request->force || age >= request->cool_down_ms))
                return PJWT_NOTE_ASK;
        if (note->ok && !serves_for(request, note))
                return PJWT_NOTE_ASK;
        return note->ok && age < PJWT_RESPONSE_AGE_MS ? PJWT_NOTE_SHARE : PJWT_NOTE_WAIT;
}

enum pjwt_reason pjwt_fetchnote_too_early(const struct pjwt_fetch_request *request,
                                          const struct pjwt_fetch_response *note, int64_t now,
                                          struct pjwt_error *reterr)
{
        /* Keys that were received too long ago to be shared are not a failure. */
        return pjwt_fail(reterr, note->ok ? PJWT_NO_KEYS : note->reason,
                         "%.380s (%" PRId64 " s ago; not repeated within %" PRId64 " s)",
                         note->ok ? "the issuer answered" : note->detail, (now - note->asked_boot_ms) / 1000,
                         request->cool_down_ms / 1000);
}

/* Whether a helper holds the lock of the file. Does not take the lock. */
static bool is_locked(int fd)
{
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static int open_note(const char *lock_dir, const char *name)
{
        char path[PATH_MAX];

        if (snprintf(path, sizeof(path), "%s/%s", lock_dir, name) >= (int)sizeof(path))
                return -1;
        return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* A note that cannot be parsed, such as one that is just being written, is ignored. */
static enum pjwt_note judge_text(char *text, size_t len, const struct pjwt_fetch_request *request,
                                 int64_t started, struct pjwt_fetch_response *ret)
{
        struct pjwt_fetch_response note = {0};
        enum pjwt_note what = PJWT_NOTE_ASK;

        if (pjwt_fetch_response_parse(text, len, &note, NULL) == PJWT_OK)
                what = pjwt_fetchnote_judge(request, &note, started, pjwt_boot_ms());
        if (what == PJWT_NOTE_ASK)
                pjwt_fetch_response_clear(&note);
        else
                *ret = note;
        return what;
}

enum pjwt_note pjwt_fetchnote_look(const char *lock_dir, const struct pjwt_fetch_request *request,
                                   int64_t started, char **rettext, struct pjwt_fetch_response *ret)
{
        int fd = open_note(lock_dir, request->name);
        enum pjwt_note what = PJWT_NOTE_ASK;
        char *text = NULL;
        size_t len = 0;

        if (fd < 0)
                return PJWT_NOTE_ASK;
        if (is_locked(fd))
                what = PJWT_NOTE_BUSY;
        else if (pjwt_file_read_fd(fd, "note", PJWT_FILE_ANY_OWNER, PJWT_CACHEFILE_BYTES_MAX, &text, &len,
                                   NULL, NULL) == PJWT_OK)
                what = judge_text(text, len, request, started, ret);
        close(fd);
        if (what == PJWT_NOTE_SHARE || what == PJWT_NOTE_WAIT)
                *rettext = text;
        else
                free(text);
        return what;
}
