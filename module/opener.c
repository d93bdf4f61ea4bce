#include "opener.h"

#include "conf.h"
#include "recordstore.h"

#include <limits.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static bool runs_sshd(void)
{
        char path[PATH_MAX];
        ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
        const char *base;

        if (len <= 0)
                return false;
        path[len] = '\0';
        base = strrchr(path, '/');
        return base && strncmp(base + 1, "sshd", 4) == 0; /* also sshd-session, since OpenSSH 9.8 */
}

static bool parent_runs_the_same(void)
{
        char path[64];
        struct stat self;
        struct stat parent;

        (void)snprintf(path, sizeof(path), "/proc/%ld/exe", (long)getppid());
        return stat("/proc/self/exe", &self) == 0 && stat(path, &parent) == 0 &&
               self.st_dev == parent.st_dev && self.st_ino == parent.st_ino;
}

/*
 * The process that will open the session. sshd runs the keyboard-interactive conversation in a forked
 * child. The process of a connection is a session leader (or, in debug mode, was not started by sshd); the
 * child is not, and its parent is also sshd.
 */
static bool find_opener(struct pjwt_process *ret)
{
        if (runs_sshd() && getsid(0) != getpid() && parent_runs_the_same())
                return pjwt_process_parent(ret);
        return pjwt_process_of(getpid(), ret);
}

void pjwt_opener_announce(pam_handle_t *pamh, const struct pjwt_record *record, int64_t now,
                          struct pjwt_process *retopener)
{
        struct pjwt_process opener = {0};
        struct pjwt_error err = {0};

        if (getuid() != 0 || geteuid() != 0)
                return;
        if (!find_opener(&opener))
                (void)pjwt_fail(&err, PJWT_FILE_OPEN,
                                "/proc does not show the process that opens the session");
        else if (pjwt_record_put(PJWT_RUN_DIR, opener, record, now, &err) == PJWT_OK) {
                *retopener = opener;
                return;
        }
        pam_syslog(pamh, record->session_until_exp ? LOG_WARNING : LOG_NOTICE, "no login record%s: %s: %s",
                   record->session_until_exp ? ", and session_until_exp has no effect" : "",
                   pjwt_reason_name(err.reason), err.detail);
}
