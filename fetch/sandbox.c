#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
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
        return PJWT_OK;
}

/*
 * A user who runs sudo can also slow it down by nice value, scheduling class, CPU affinity and I/O
 * class; none of that is passed on. Not checked: useful, but without effect in some containers.
 */
static void set_speed(void)
{
        const struct sched_param normal = {0};
        cpu_set_t all;

        memset(&all, 0xff,
               sizeof(all)); /* the kernel ignores CPUs that the host or its cpuset does not have */
        (void)sched_setaffinity(0, sizeof(all), &all);
        (void)setpriority(PRIO_PROCESS, 0, 0);
        (void)sched_setscheduler(0, SCHED_OTHER, &normal);
        (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0));
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

/* All three ids, no group, no return to root, no capability left over by odd securebits. */
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

static enum pjwt_reason change_user(bool root, struct pjwt_error *reterr)
{
        uid_t uid = geteuid();
        gid_t gid = getegid();
        enum pjwt_reason r = root ? find_user(&uid, &gid, reterr) : PJWT_OK;

        if (r != PJWT_OK)
                return r;
        if (root && setgroups(0, NULL) != 0)
                return fail("setgroups", reterr);
        if (setresgid(gid, gid, gid) != 0)
                return fail("setresgid", reterr);
        if (setresuid(uid, uid, uid) != 0)
                return fail("setresuid", reterr);
        return check_dropped(uid, gid, root, reterr);
}

/*
 * The helper ends with its caller (RVW-34). A change of user clears the signal, so it is set after the
 * last one; a parent that has ended before that sends none, which another parent shows.
 * Not dumpable: another process of the same user could else take our descriptors (pidfd_getfd) and
 * answer root in our place.
 */
static enum pjwt_reason close_doors(pid_t parent, struct pjwt_error *reterr)
{
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
                return fail("PR_SET_PDEATHSIG", reterr);
        if (getppid() != parent)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the caller has ended");
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
                return fail("PR_SET_DUMPABLE", reterr);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
                return fail("PR_SET_NO_NEW_PRIVS", reterr);
        (void)alarm(FETCH_ALARM_S);
        return PJWT_OK;
}

enum pjwt_reason fetch_sandbox(struct pjwt_error *reterr)
{
        const pid_t parent = getppid();
        bool root = geteuid() == 0;
        enum pjwt_reason r = close_descriptors(reterr);

        (void)umask(022);
        /*
 * If the user's limit on file sizes could not be raised, a note that does not fit is simply omitted.
         */
        (void)signal(SIGXFSZ, SIG_IGN);
        if (r == PJWT_OK)
                r = set_limits(root, reterr);
        if (root)
                set_speed();
        if (r == PJWT_OK)
                r = change_user(root, reterr);
        if (r == PJWT_OK && chdir("/") != 0)
                r = fail("chdir", reterr);
        if (r == PJWT_OK)
                r = close_doors(parent, reterr);
        if (r == PJWT_OK)
                r = fetch_landlock(reterr);
        if (r == PJWT_OK)
                r = fetch_syscalls(reterr);
        return r;
}
