#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keycache.h"
#include "landlock.h"
#include "syscalls.h"

#define NOBODY 65534

static enum pjwt_reason fail(const char *step, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s: %s", step, strerror(errno));
}

static enum pjwt_reason close_descriptors(struct pjwt_error *reterr)
{
        return syscall(SYS_close_range, FETCH_LAST_FD + 1, ~0U, 0) == 0 ? PJWT_OK
                                                                        : fail("close_range", reterr);
}

/*
 * Limits are inherited from the caller, such as the user who runs sudo, who must not be able to make a fetch
 * fail halfway or slow it down while it holds the lock. So they are set, not only lowered, while we are root.
 */
static const struct {
        int resource; /* glibc declares an enum for these */
        rlim_t value;
} limits[] = {
        {RLIMIT_CORE, 0},           {RLIMIT_FSIZE, 2 << 20},       {RLIMIT_NOFILE, 64},
        {RLIMIT_CPU, 60},           {RLIMIT_NPROC, RLIM_INFINITY}, {RLIMIT_STACK, 8 << 20},
        {RLIMIT_AS, RLIM_INFINITY}, {RLIMIT_DATA, RLIM_INFINITY},
};

/* Root in a container may lack CAP_SYS_RESOURCE; then the limits are only lowered, as for a user. */
static bool set_limit(int resource, rlim_t value, bool root)
{
        struct rlimit now, want = {value, value};

        if (root && setrlimit((__rlimit_resource_t)resource, &want) == 0)
                return true;
        if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
                return false;
        if (now.rlim_max < value)
                want = (struct rlimit){now.rlim_max, now.rlim_max};
        return setrlimit((__rlimit_resource_t)resource, &want) == 0;
}

static enum pjwt_reason set_limits(bool root, struct pjwt_error *reterr)
{
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
                if (!set_limit(limits[i].resource, limits[i].value, root))
                        return fail("setrlimit", reterr);
        if (root) { /* useful, but without effect in some containers */
                const struct sched_param normal = {0};

                (void)setpriority(PRIO_PROCESS, 0, 0);
                (void)sched_setscheduler(0, SCHED_OTHER, &normal);
        }
        return PJWT_OK;
}

static enum pjwt_reason find_user(uid_t *retuid, gid_t *retgid, struct pjwt_error *reterr)
{
        struct passwd pw, *found = NULL;
        char buf[4096];
        int error = getpwnam_r(FETCH_USER, &pw, buf, sizeof(buf), &found);

        if (!found)
                return pjwt_fail(reterr, PJWT_NO_FETCH_USER, "user %s: %s", FETCH_USER,
                                 error ? strerror(error) : "does not exist");
        if (pw.pw_uid == 0 || pw.pw_gid == 0 || pw.pw_uid == NOBODY)
                return pjwt_fail(reterr, PJWT_NO_FETCH_USER,
                                 "user %s must have a uid and gid of its own, not uid %u gid %u", FETCH_USER,
                                 (unsigned)pw.pw_uid, (unsigned)pw.pw_gid);
        *retuid = pw.pw_uid;
        *retgid = pw.pw_gid;
        return PJWT_OK;
}

/*
 * For hosts where nothing like systemd-tmpfiles does it, or where the directory belongs to root: without a
 * lock there is no cool-down. A failure is ignored.
 */
static void make_lock_dir(uid_t uid, gid_t gid)
{
        struct stat st;
        int run, lock = -1;

        (void)mkdir(PJWT_RUN_DIR, 0755);
        run = open(PJWT_RUN_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (run >= 0) {
                (void)mkdirat(run, "lock", 0700);
                lock = openat(run, "lock", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                close(run);
        }
        if (lock >= 0 && fstat(lock, &st) == 0 && st.st_uid == 0)
                (void)!fchown(lock, uid, gid);
        if (lock >= 0)
                close(lock);
}

/* All three ids, no groups, no return to root, no capability kept by unusual securebits. */
static enum pjwt_reason check_dropped(uid_t uid, gid_t gid, bool root, struct pjwt_error *reterr)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct caps[2] = {{0}};
        uid_t ruid, euid, suid;
        gid_t rgid, egid, sgid;

        if (getresuid(&ruid, &euid, &suid) != 0 || getresgid(&rgid, &egid, &sgid) != 0)
                return fail("getresuid", reterr);
        if (ruid != uid || euid != uid || suid != uid || rgid != gid || egid != gid || sgid != gid)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the user id was not changed");
        if (!root)
                return PJWT_OK;
        if (getgroups(0, NULL) != 0 || setresuid(0, 0, 0) == 0 || setresgid(0, 0, 0) == 0)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the process can still become root");
        if (syscall(SYS_capget, &header, caps) != 0)
                return fail("capget", reterr);
        if (caps[0].permitted || caps[0].effective || caps[1].permitted || caps[1].effective)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the process still has capabilities");
        return PJWT_OK;
}

static enum pjwt_reason change_user(bool root, const char *lock_dir, struct pjwt_error *reterr)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();
        enum pjwt_reason r = root ? find_user(&uid, &gid, reterr) : PJWT_OK;

        if (r != PJWT_OK)
                return r;
        if (root && strcmp(lock_dir, PJWT_LOCK_DIR) == 0)
                make_lock_dir(uid, gid);
        if (root && setgroups(0, NULL) != 0)
                return fail("setgroups", reterr);
        if (setresgid(gid, gid, gid) != 0)
                return fail("setresgid", reterr);
        if (setresuid(uid, uid, uid) != 0)
                return fail("setresuid", reterr);
        return check_dropped(uid, gid, root, reterr);
}

/*
 * Not dumpable: otherwise another process of the same user could take our descriptors (pidfd_getfd) and reply
 * to root in our place.
 */
static enum pjwt_reason close_doors(struct pjwt_error *reterr)
{
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
                return fail("PR_SET_DUMPABLE", reterr);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                return fail("PR_SET_NO_NEW_PRIVS", reterr);
        (void)alarm(FETCH_ALARM_S);
        return PJWT_OK;
}

enum pjwt_reason fetch_sandbox(const char *lock_dir, struct pjwt_error *reterr)
{
        bool root = geteuid() == 0;
        enum pjwt_reason r = close_descriptors(reterr);

        (void)umask(022);
        /*
 * If the user's limit on file sizes could not be raised, a note that does not fit is simply omitted.
         */
        (void)signal(SIGXFSZ, SIG_IGN);
        if (r == PJWT_OK)
                r = set_limits(root, reterr);
        if (r == PJWT_OK)
                r = change_user(root, lock_dir, reterr);
        if (r == PJWT_OK && chdir("/") != 0)
                r = fail("chdir", reterr);
        if (r == PJWT_OK)
                r = close_doors(reterr);
        if (r == PJWT_OK)
                r = fetch_landlock(lock_dir, reterr);
        if (r == PJWT_OK)
                r = fetch_syscalls(reterr);
        return r;
}
