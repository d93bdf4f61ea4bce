#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "out.h"
#include "safefile.h"
#include "tree.h"

void cli_file_dir(const char *path, char dir[640])
{
        snprintf(dir, 640, "%.*s", (int)(strrchr(path, '/') - path), path);
}

enum pjwt_reason cli_file_write(const char *root, const char *path, const char *text, size_t len, mode_t mode,
                                struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        char in[CLI_TREE_FD_PATH];
        char dir[640];
        const char *name;
        enum pjwt_reason r;
        int fd;

        cli_file_dir(path, dir);
        if (!cli_tree_make_dir(root, dir, 0755))
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", root, dir, strerror(errno));
        fd = cli_tree_parent(root, path, in, &name);
        if (fd < 0)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", root, dir, strerror(errno));
        r = pjwt_file_replace(in, name, text, len, mode, &err);
        if (r == PJWT_OK)
                (void)syncfs(fd);
        else
                pjwt_fail(reterr, r, "%s%s: %s", root, path, err.detail);
        close(fd);
        return r;
}

/* --- the lock --- */

static bool make_dirs(const char *root, struct pjwt_error *reterr)
{
        static const char *const parts[] = {"/var", "/var/lib", "/var/lib/pam_jwt", CLI_SETUP_DIR};

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                if (!cli_tree_make_dir(root, parts[i], i == 3 ? 0700 : 0755)) {
                        pjwt_fail(reterr, PJWT_FILE_WRITE, "%s%s: %s", root, parts[i], strerror(errno));
                        return false;
                }
        return true;
}

/* Waits and says so. Returns 0 or an errno. */
static int wait_for(int fd, const char *root)
{
        const struct timespec nap = {.tv_nsec = 100000000};
        int64_t begun = pjwt_boot_ms();
        bool said = false;

        while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
                int64_t waited = pjwt_boot_ms() - begun;

                if (errno != EWOULDBLOCK && errno != EINTR)
                        return errno;
                if (waited > CLI_LOCK_SECONDS * 1000)
                        return EWOULDBLOCK;
                if (!said && waited > 1000) {
                        cli_complain("setup", "waiting up to %d s for another pamjwt setup that holds %s%s",
                                     CLI_LOCK_SECONDS, root, CLI_SETUP_DIR);
                        said = true;
                }
                nanosleep(&nap, NULL);
        }
        return 0;
}

/* The holder before us may have removed the directory: then what is locked is not what others will lock. */
static bool is_still_there(int fd, const char *root)
{
        struct stat locked;
        struct stat now;
        int again = cli_tree_open(root, CLI_SETUP_DIR, O_PATH | O_DIRECTORY);
        bool same = again >= 0 && fstat(fd, &locked) == 0 && fstat(again, &now) == 0 &&
                    locked.st_dev == now.st_dev && locked.st_ino == now.st_ino;

        if (again >= 0)
                close(again);
        return same;
}

static enum pjwt_reason lock_once(const char *root, int fd, struct pjwt_error *reterr)
{
        struct stat st;
        int error;

        if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077))
                return pjwt_fail(reterr, PJWT_FILE_MODE,
                                 "%s%s: others can open it; it must belong to root and have mode 0700", root,
                                 CLI_SETUP_DIR);
        error = wait_for(fd, root);
        if (error == EWOULDBLOCK)
                return pjwt_fail(
                        reterr, PJWT_FILE_OPEN,
                        "%s%s: locked by another pamjwt setup for more than %d s; nothing was changed", root,
                        CLI_SETUP_DIR, CLI_LOCK_SECONDS);
        return error ? pjwt_fail(reterr, PJWT_FILE_OPEN, "%s%s: %s", root, CLI_SETUP_DIR, strerror(error))
                     : PJWT_OK;
}

enum pjwt_reason cli_setup_lock(const char *root, bool create, int *retfd, struct pjwt_error *reterr)
{
        *retfd = -1;
        for (int tries = 0; tries < 100; tries++) {
                if (create && !make_dirs(root, reterr))
                        return reterr->reason;
                *retfd = cli_tree_open(root, CLI_SETUP_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
                if (*retfd < 0 && errno == ENOENT && !create)
                        return PJWT_OK;
                if (*retfd < 0 && errno != ENOENT)
                        return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s%s: %s", root, CLI_SETUP_DIR,
                                         strerror(errno));
                if (*retfd < 0)
                        continue;
                if (lock_once(root, *retfd, reterr) != PJWT_OK)
                        return reterr->reason;
                if (is_still_there(*retfd, root))
                        return PJWT_OK;
                close(*retfd);
                *retfd = -1;
        }
        return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s%s: removed again and again", root, CLI_SETUP_DIR);
}

void cli_setup_unlock(int fd)
{
        if (fd >= 0)
                close(fd);
}
