/*
 * Directories and names of login records below PJWT_RUN_DIR.
 *
 * pending/PID.STARTTIME   from authenticate to open_session, named after the process that will open the
 * session
 * session/ID              during the session, named after the kernel's audit session id
 *
 * Both directories are accessible only by root (0700, files 0600).
 */
#ifndef PJWT_RECORDNAME_H
#define PJWT_RECORDNAME_H

#include <dirent.h>
#include <limits.h>

#include "process.h"

#define PJWT_RECORD_PENDING "pending"
#define PJWT_RECORD_SESSION "session"
#define PJWT_RECORD_NAME    48

/* The path of a directory, "" for run_dir itself, or of a file in one. False if it is too long. */
bool pjwt_recordname_directory(const char *run_dir, const char *directory, char path[PATH_MAX]);
bool pjwt_recordname_path(const char *run_dir, const char *directory, const char *name, char path[PATH_MAX]);

void pjwt_recordname_of_process(struct pjwt_process process, char name[PJWT_RECORD_NAME]);
void pjwt_recordname_of_session(unsigned id, char name[PJWT_RECORD_NAME]);

/* The session id of a file name. False for any other name, with ret untouched. */
bool pjwt_recordname_session(const char *name, unsigned *ret);

/*
 * The process of PID.START, a pending login, or of .PID.START.new, left by a writer that was killed. False
 * for any other name, with ret untouched.
 */
bool pjwt_recordname_process(const char *name, struct pjwt_process *ret);

/* Opens a directory, O_CLOEXEC, for closedir(); NULL with errno set. */
DIR *pjwt_recordname_open(const char *run_dir, const char *directory);

/* Removes a file, if it exists. */
void pjwt_recordname_remove(const char *run_dir, const char *directory, const char *name);

#endif
