#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in the kernel; the headers of the oldest supported distribution have fewer fields. */
struct ruleset {
        uint64_t fs;
        uint64_t net;    /* since ABI 4 */
        uint64_t scoped; /* since ABI 6 */
};

#define FS_ABI_1      ((UINT64_C(1) << 13) - 1)
#define FS_REFER      (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE   (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV  (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP  UINT64_C(1)
#define SCOPE_SOCKETS UINT64_C(1)
#define SCOPE_SIGNALS UINT64_C(2)

#define READ_FILE (UINT64_C(0) + LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_DIR  (UINT64_C(0) + LANDLOCK_ACCESS_FS_READ_DIR)

static const char *const readable[] = {
        /* certificates and OpenSSL's settings, on Debian, Fedora, Arch, Alpine */
        "/etc/ssl",
        "/usr/lib/ssl",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
        "/etc/pki",
        "/usr/share/pki",
        "/etc/ca-certificates",
        "/etc/crypto-policies",
        "/usr/share/crypto-policies",
        /* names */
        "/etc/resolv.conf",
        "/etc/hosts",
        "/etc/nsswitch.conf",
        "/etc/gai.conf",
        "/etc/host.conf",
        "/etc/services",
        "/run/systemd/resolve",
        "/run/NetworkManager",
        "/run/resolvconf",
        /* libraries that NSS and OpenSSL load later, and the time zone */
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/usr/share/zoneinfo",
        "/dev/null",
        "/dev/urandom",
};

static struct ruleset ruleset_of(long abi)
{
        struct ruleset r = {.fs = FS_ABI_1};

        r.fs |= abi >= 2 ? FS_REFER : 0;
        r.fs |= abi >= 3 ? FS_TRUNCATE : 0;
        r.fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
        r.net = abi >= 4 ? NET_BIND_TCP : 0;
        r.scoped = abi >= 6 ? SCOPE_SOCKETS | SCOPE_SIGNALS : 0;
        return r;
}

static size_t ruleset_size(long abi)
{
        return abi >= 6 ? sizeof(struct ruleset) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* A missing file needs no rule. */
static bool allow(int ruleset, const char *path, uint64_t access)
{
        struct landlock_path_beneath_attr rule = {.allowed_access = access};
        struct stat st;
        int fd = open(path, O_PATH | O_CLOEXEC);
        bool done;

        if (fd < 0)
                return true;
        if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
                rule.allowed_access &= READ_FILE; /* rights for directories are rejected for a file */
        rule.parent_fd = fd;
        done = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
        close(fd);
        return done;
}

static bool add_rules(int ruleset)
{
        for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
                if (!allow(ruleset, readable[i], READ_FILE | READ_DIR))
                        return false;
        return true;
}

enum pjwt_reason fetch_landlock(struct pjwt_error *reterr)
{
        long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
        struct ruleset r = ruleset_of(abi);
        bool done;
        int fd;

        if (abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
                return PJWT_OK;
        fd = (int)syscall(SYS_landlock_create_ruleset, &r, ruleset_size(abi), 0);
        done = fd >= 0 && add_rules(fd) && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
        if (!done)
                (void)pjwt_fail(reterr, PJWT_FETCH_FAILED, "Landlock: %s", strerror(errno));
        if (fd >= 0)
                close(fd);
        return done ? PJWT_OK : PJWT_FETCH_FAILED;
}
