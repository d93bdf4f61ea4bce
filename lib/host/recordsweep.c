#include "recordsweep.h"

#include "recordname.h"

#include <sys/stat.h>

/*
 * Whether the token of the record has expired. The modification time is the expiry, so that the file need
 * not be read.
 */
static bool has_expired(const char *run_dir, const char *directory, const char *name, int64_t now)
{
        char path[PATH_MAX];
        struct stat st;

        return pjwt_recordname_path(run_dir, directory, name, path) && lstat(path, &st) == 0 &&
               st.st_mtime <= now;
}

typedef void entry_fn(const char *run_dir, const char *name, int64_t now);

static void sweep_pending(const char *run_dir, const char *name, int64_t now)
{
        struct pjwt_process process;

        if (pjwt_recordname_process(name, &process) &&
            (!pjwt_process_is_alive(process) || has_expired(run_dir, PJWT_RECORD_PENDING, name, now)))
                pjwt_recordname_remove(run_dir, PJWT_RECORD_PENDING, name);
}

static void sweep_session(const char *run_dir, const char *name, int64_t now)
{
        unsigned id;

        if (pjwt_recordname_session(name, &id) && has_expired(run_dir, PJWT_RECORD_SESSION, name, now))
                pjwt_recordname_remove(run_dir, PJWT_RECORD_SESSION, name);
}

static void sweep(const char *run_dir, const char *directory, entry_fn *fn, int64_t now)
{
        DIR *dir = pjwt_recordname_open(run_dir, directory);

        if (!dir)
                return;
        for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
                fn(run_dir, entry->d_name, now);
        (void)closedir(dir);
}

void pjwt_record_sweep(const char *run_dir, int64_t now)
{
        sweep(run_dir, PJWT_RECORD_PENDING, sweep_pending, now);
        sweep(run_dir, PJWT_RECORD_SESSION, sweep_session, now);
}
