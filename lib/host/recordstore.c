#include "recordstore.h"

#include "recordname.h"
#include "recordsweep.h"
#include "safefile.h"
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MAX (256 * 1024) /* claims of a 32 KiB token, each byte escaped */

/* Creates one of our directories if necessary; the caller's umask has no effect (attacks REV-08). */
static bool make_directory(const char *run_dir, const char *directory, mode_t mode)
{
        char path[PATH_MAX];
        int fd;
        bool done;

        if (!pjwt_recordname_directory(run_dir, directory, path))
                return false;
        if (mkdir(path, 0700) != 0)
                return errno == EEXIST;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        done = fd >= 0 && fchmod(fd, mode) == 0;
        if (fd >= 0)
                close(fd);
        return done;
}

static enum pjwt_reason make_directories(const char *run_dir, struct pjwt_error *reterr)
{
        if (make_directory(run_dir, "", 0755) && make_directory(run_dir, PJWT_RECORD_PENDING, 0700) &&
            make_directory(run_dir, PJWT_RECORD_SESSION, 0700))
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", run_dir, strerror(errno));
}

enum pjwt_reason pjwt_record_put(const char *run_dir, struct pjwt_process opener,
                                 const struct pjwt_record *record, int64_t now, struct pjwt_error *reterr)
{
        char directory[PATH_MAX];
        char name[PJWT_RECORD_NAME];
        char *text;
        enum pjwt_reason reason = make_directories(run_dir, reterr);

        if (reason != PJWT_OK)
                return reason;
        pjwt_record_sweep(run_dir, now);
        pjwt_recordname_of_process(opener, name);
        text = pjwt_record_text(record);
        if (!text)
                return pjwt_fail_memory(reterr);
        if (pjwt_recordname_directory(run_dir, PJWT_RECORD_PENDING,
                                      directory)) /* the modification time is the expiry, for the sweep */
                reason = pjwt_file_replace_dated(directory, name, text, strlen(text), 0600, record->until,
                                                 reterr);
        else
                reason = pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: the path is too long", run_dir);
        pjwt_wipe_free_str(text);
        return reason;
}

static enum pjwt_reason read_record(const char *run_dir, const char *directory, const char *name,
                                    struct pjwt_record **ret, struct pjwt_error *reterr)
{
        char path[PATH_MAX];
        char *text = NULL;
        size_t len = 0;
        struct pjwt_error err = {0};
        enum pjwt_reason reason;

        if (!pjwt_recordname_path(run_dir, directory, name, path))
                return pjwt_fail(reterr, PJWT_NO_RECORD, "%s: the path is too long", run_dir);
        reason = pjwt_file_read(path, PJWT_FILE_SECRET, RECORD_MAX, &text, &len, NULL, &err);
        if (reason != PJWT_OK)
                return pjwt_fail(reterr, errno == ENOENT ? PJWT_NO_RECORD : reason, "%s", err.detail);
        reason = pjwt_record_parse(text, len, ret, reterr);
        pjwt_wipe_free(text, len + 1);
        return reason;
}

enum pjwt_reason pjwt_record_pending(const char *run_dir, struct pjwt_process opener,
                                     struct pjwt_record **ret, struct pjwt_error *reterr)
{
        char name[PJWT_RECORD_NAME];

        pjwt_recordname_of_process(opener, name);
        return read_record(run_dir, PJWT_RECORD_PENDING, name, ret, reterr);
}

enum pjwt_reason pjwt_record_session(const char *run_dir, unsigned id, struct pjwt_record **ret,
                                     struct pjwt_error *reterr)
{
        char name[PJWT_RECORD_NAME];

        pjwt_recordname_of_session(id, name);
        return read_record(run_dir, PJWT_RECORD_SESSION, name, ret, reterr);
}

enum pjwt_reason pjwt_record_move(const char *run_dir, struct pjwt_process opener, unsigned id,
                                  struct pjwt_error *reterr)
{
        char from[PATH_MAX];
        char to[PATH_MAX];
        char name[PJWT_RECORD_NAME];
        bool moved;
        int saved;

        pjwt_recordname_of_process(opener, name);
        if (!pjwt_recordname_path(run_dir, PJWT_RECORD_PENDING, name, from))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: the path is too long", run_dir);
        pjwt_recordname_of_session(id, name);
        moved = pjwt_recordname_path(run_dir, PJWT_RECORD_SESSION, name, to) &&
                renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
        saved = errno;
        if (moved)
                return PJWT_OK;
        pjwt_record_drop_pending(run_dir, opener);
        if (saved == EEXIST)
                pjwt_recordname_remove(run_dir, PJWT_RECORD_SESSION, name);
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", to, strerror(saved));
}

static int compare_ids(const void *a, const void *b)
{
        const unsigned *left = a;
        const unsigned *right = b;

        return (*left > *right) - (*left < *right);
}

/* The ids of all sessions, to be freed; NULL with *retcount 0 if there are none. */
static unsigned *session_ids(DIR *dir, size_t *retcount)
{
        unsigned *ids = NULL;
        size_t count = 0;
        size_t room = 0;
        unsigned id;

        for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
                if (!pjwt_recordname_session(entry->d_name, &id))
                        continue;
                if (count == room) {
                        unsigned *larger = reallocarray(ids, room * 2 + 16, sizeof(*ids));

                        if (!larger)
                                break;
                        ids = larger;
                        room = room * 2 + 16;
                }
                ids[count++] = id;
        }
        if (count > 0)
                qsort(ids, count, sizeof(*ids), compare_ids);
        *retcount = count;
        return ids;
}

enum pjwt_reason pjwt_record_list(const char *run_dir, pjwt_record_fn *fn, void *arg,
                                  struct pjwt_error *reterr)
{
        DIR *dir = pjwt_recordname_open(run_dir, PJWT_RECORD_SESSION);
        size_t count = 0;
        unsigned *ids;

        if (!dir)
                return errno == ENOENT ? PJWT_OK
                                       : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s/%s: %s", run_dir,
                                                   PJWT_RECORD_SESSION, strerror(errno));
        ids = session_ids(dir, &count);
        (void)closedir(dir);
        for (size_t i = 0; i < count; i++) {
                struct pjwt_record *record = NULL;
                struct pjwt_error err = {0};
                enum pjwt_reason reason = pjwt_record_session(run_dir, ids[i], &record, &err);

                if (reason != PJWT_NO_RECORD)
                        fn(arg, ids[i], record, &err);
                pjwt_record_free(record);
        }
        free(ids);
        return PJWT_OK;
}
