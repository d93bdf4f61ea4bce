#include "syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* On s390x the flags of clone are its second argument. */
#if defined(__s390__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* Names, since not every architecture has each call; libseccomp ignores those it does not have. */
static const char *const allowed[] = {
        /* descriptors and files; Landlock decides which files */
        "read",
        "write",
        "readv",
        "writev",
        "pread64",
        "pwrite64",
        "close",
        "open",
        "openat",
        "lseek",
        "_llseek",
        "stat",
        "lstat",
        "fstat",
        "stat64",
        "lstat64",
        "fstat64",
        "newfstatat",
        "fstatat64",
        "statx",
        "access",
        "faccessat",
        "faccessat2",
        "readlink",
        "readlinkat",
        "getdents64",
        "getcwd",
        "dup",
        "ftruncate",
        "ftruncate64",
        "fsync",
        "fadvise64",
        "fadvise64_64",
        "pipe",
        "pipe2",
        "eventfd2",
        "poll",
        "ppoll",
        "ppoll_time64",
        "select",
        "_newselect",
        "pselect6",
        "pselect6_time64",
        "epoll_create1",
        "epoll_ctl",
        "epoll_wait",
        "epoll_pwait",
        /* the network, on the sockets allowed by the rules below */
        "connect",
        "bind",
        "getsockname",
        "getpeername",
        "getsockopt",
        "setsockopt",
        "shutdown",
        "sendto",
        "sendmsg",
        "sendmmsg",
        "send",
        "recvfrom",
        "recvmsg",
        "recvmmsg",
        "recvmmsg_time64",
        "recv",
        /* memory */
        "brk",
        "mmap",
        "mmap2",
        "munmap",
        "mremap",
        "mprotect",
        "madvise",
        "mlock",
        "munlock",
        "membarrier",
        /* threads and signals of this process */
        "futex",
        "futex_time64",
        "set_robust_list",
        "rseq",
        "set_tid_address",
        "exit",
        "exit_group",
        "gettid",
        "sched_yield",
        "sched_getaffinity",
        "rt_sigaction",
        "rt_sigprocmask",
        "rt_sigreturn",
        "sigreturn",
        "sigaltstack",
        "restart_syscall",
        "alarm",
        "setitimer",
        /* properties of this process and the machine */
        "getpid",
        "getppid",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getresuid",
        "getresgid",
        "getrlimit",
        "ugetrlimit",
        "uname",
        "sysinfo",
        "getrandom",
        "getcpu",
        /* time */
        "clock_gettime",
        "clock_gettime64",
        "clock_getres",
        "clock_getres_time64",
        "clock_nanosleep",
        "clock_nanosleep_time64",
        "nanosleep",
        "gettimeofday",
        "time",
};

/* Never called by this program: if one is, the process has been taken over, and is killed. */
static const char *const deadly[] = {
        "execve",
        "execveat",
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "process_madvise",
        "bpf",
        "mount",
        "umount",
        "umount2",
        "move_mount",
        "fsopen",
        "fsmount",
        "open_tree",
        "mount_setattr",
        "pivot_root",
        "chroot",
        "unshare",
        "setns",
        "io_uring_setup",
        "io_uring_enter",
        "io_uring_register",
        "memfd_create",
        "memfd_secret",
        "keyctl",
        "add_key",
        "request_key",
        "userfaultfd",
        "perf_event_open",
        "kexec_load",
        "kexec_file_load",
        "init_module",
        "finit_module",
        "delete_module",
        "pidfd_getfd",
        "open_by_handle_at",
        "name_to_handle_at",
        "setuid",
        "setgid",
        "setreuid",
        "setregid",
        "setresuid",
        "setresgid",
        "setgroups",
        "setfsuid",
        "setfsgid",
        "capset",
        "personality",
        "acct",
        "swapon",
        "swapoff",
        "reboot",
        "quotactl",
        "syslog",
        "sethostname",
};

static int allow(scmp_filter_ctx filter, const char *name, unsigned count, const struct scmp_arg_cmp *args)
{
        int call = seccomp_syscall_resolve_name(name);

        if (call == __NR_SCMP_ERROR)
                return 0;
        return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, args);
}

static struct scmp_arg_cmp argument(unsigned number, uint64_t value)
{
        return (struct scmp_arg_cmp){.arg = number, .op = SCMP_CMP_EQ, .datum_a = value};
}

/*
 * Arguments are compared as the kernel reads an int: the upper half of the register does not belong to it.
 */
static struct scmp_arg_cmp masked(unsigned number, uint64_t mask, uint64_t value)
{
        return (struct scmp_arg_cmp){
                .arg = number, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

#define INT_MASK UINT64_C(0xffffffff)

/*
 * TCP and UDP, and the kernel's list of addresses, which getaddrinfo() reads. No unix socket, through which
 * the helper could talk to every daemon of the host. A pair of stream sockets cannot be connected elsewhere,
 * and libcurl wakes its resolver through one.
 */
static int allow_sockets(scmp_filter_ctx filter)
{
        const struct scmp_arg_cmp inet = masked(0, INT_MASK, AF_INET), inet6 = masked(0, INT_MASK, AF_INET6);
        const struct scmp_arg_cmp unix_socket = masked(0, INT_MASK, AF_UNIX);
        const struct scmp_arg_cmp route[] = {masked(0, INT_MASK, AF_NETLINK),
                                             masked(2, INT_MASK, NETLINK_ROUTE)};
        const struct scmp_arg_cmp pair[] = {masked(0, INT_MASK, AF_UNIX), masked(1, 0xf, SOCK_STREAM)};
        int r = allow(filter, "socket", 1, &inet);

        if (r == 0)
                r = allow(filter, "socket", 1, &inet6);
        if (r == 0)
                r = allow(filter, "socket", 2, route);
        if (r == 0)
                r = allow(filter, "socketpair", 2, pair);
        if (r == 0)
                r = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                           &unix_socket);
        return r;
}

/*
 * O_ASYNC with F_SETOWN and F_SETSIG would send a signal of choice to any process of the same user, the
 * helper of another issuer for example.
 */
static int allow_fcntl(scmp_filter_ctx filter, const char *name)
{
        static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL};
        const struct scmp_arg_cmp set_flags[] = {masked(1, INT_MASK, F_SETFL), masked(2, O_ASYNC, 0)};
        int r = allow(filter, name, 2, set_flags);

        for (size_t i = 0; r == 0 && i < COUNT(commands); i++) {
                const struct scmp_arg_cmp command = masked(1, INT_MASK, (uint32_t)commands[i]);

                r = allow(filter, name, 1, &command);
        }
        return r;
}

/* Calls that are needed in one form only. clone3 hides its flags in memory; glibc then uses clone. */
static int allow_forms(scmp_filter_ctx filter)
{
        static const unsigned ioctls[] = {FIONBIO, FIONREAD, TCGETS};
        static const int prctls[] = {PR_SET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS};
        const struct scmp_arg_cmp thread = masked(CLONE_FLAGS, CLONE_THREAD, CLONE_THREAD);
        const struct scmp_arg_cmp own = masked(0, INT_MASK, (uint32_t)getpid());
        const struct scmp_arg_cmp ask_limit[] = {masked(0, INT_MASK, 0), argument(2, 0)};
        int r = allow(filter, "clone", 1, &thread);

        if (r == 0)
                r = allow(filter, "tgkill", 1, &own);
        if (r == 0)
                r = allow(filter, "prlimit64", 2, ask_limit);
        for (size_t i = 0; r == 0 && i < COUNT(ioctls); i++) {
                const struct scmp_arg_cmp request = masked(1, INT_MASK, ioctls[i]);

                r = allow(filter, "ioctl", 1, &request);
        }
        for (size_t i = 0; r == 0 && i < COUNT(prctls); i++) {
                const struct scmp_arg_cmp option = masked(0, INT_MASK, (uint32_t)prctls[i]);

                r = allow(filter, "prctl", 1, &option);
        }
        return r;
}

static int add_rules(scmp_filter_ctx filter)
{
        int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

        if (r == 0) /* the kernel's own error, not ECANCELED */
                r = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
        for (size_t i = 0; r == 0 && i < COUNT(allowed); i++)
                r = allow(filter, allowed[i], 0, NULL);
        for (size_t i = 0; r == 0 && i < COUNT(deadly); i++) {
                int call = seccomp_syscall_resolve_name(deadly[i]);

                if (call != __NR_SCMP_ERROR)
                        r = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, call, 0, NULL);
        }
        if (r == 0)
                r = allow_sockets(filter);
        if (r == 0)
                r = allow_forms(filter);
        if (r == 0)
                r = allow_fcntl(filter, "fcntl");
        if (r == 0)
                r = allow_fcntl(filter, "fcntl64");
        return r;
}

/* Killing the whole process requires level 3 (Linux 4.14); no older kernel is supported. */
#define API_LEVEL 3

enum pjwt_reason fetch_syscalls(struct pjwt_error *reterr)
{
        scmp_filter_ctx filter;
        int r;

        if (seccomp_api_get() < API_LEVEL) /* no filters: an emulated kernel, or one built without them */
                return PJWT_OK;
        filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
        if (!filter)
                return pjwt_fail_memory(reterr);
        r = add_rules(filter);
        if (r == 0)
                r = seccomp_load(filter);
        seccomp_release(filter);
        return r == 0 ? PJWT_OK : pjwt_fail(reterr, PJWT_FETCH_FAILED, "seccomp: %s", strerror(-r));
}
