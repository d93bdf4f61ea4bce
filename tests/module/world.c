#include "world.h"

#include "tokens.h"

#include <errno.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

char *world_log[WORLD_LINES];
size_t world_log_count;

static char directory[64];

static const struct user {
        const char *name;
        uid_t uid;
} users[] = {{"alice", 1500}, {"bob", 1501}, {"bobby", 1501}, {"root", 0}, {"daemon", 1}};

/*
 * All functions that are called by libpam's pam_modutil_getpwnam(). As with SSSD and winbind, upper case
 * finds the same account; bob has two names; `flaky` is a name for which the directory does not answer. A
 * process that looks up `stopped-N` is stopped for a minute the first N times.
 */
static int64_t ahead; /* seconds */
static int stops;

int clock_gettime(clockid_t id, struct timespec *ret)
{
        long result = syscall(SYS_clock_gettime, id, ret);

        ret->tv_sec += ahead;
        return (int)result;
}

int getpwnam_r(const char *name, struct passwd *ret, char *buffer, size_t size, struct passwd **found)
{
        *found = NULL;
        if (strncmp(name, "stopped-", 8) == 0 && stops < atoi(name + 8)) {
                stops++;
                ahead += 60;
        }
        if (strcmp(name, "flaky") == 0)
                return EAGAIN;
        for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
                if (strcasecmp(users[i].name, name) == 0) {
                        (void)snprintf(buffer, size, "%s", users[i].name);
                        *ret = (struct passwd){
                                .pw_name = buffer, .pw_uid = users[i].uid, .pw_gid = users[i].uid};
                        ret->pw_passwd = ret->pw_gecos = ret->pw_dir = ret->pw_shell =
                                buffer + strlen(buffer);
                        *found = ret;
                }
        return 0;
}

static const char *priority_name(int priority)
{
        static const char *const names[] = {"EMERG",   "ALERT",  "CRIT", "ERR",
                                            "WARNING", "NOTICE", "INFO", "DEBUG"};

        return names[LOG_PRI(priority)];
}

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void world_after_fork(void)
{
        (void)pthread_mutex_init(&log_lock, NULL);
}

__attribute__((format(printf, 2, 0))) static void record(int priority, const char *fmt, va_list ap)
{
        char *text = NULL;

        (void)pthread_mutex_lock(&log_lock);
        if (vasprintf(&text, fmt, ap) < 0 || world_log_count == WORLD_LINES)
                abort();
        if (asprintf(&world_log[world_log_count], "%s%s %s",
                     (priority & LOG_FACMASK) == LOG_AUTHPRIV ? "" : "(facility) ", priority_name(priority),
                     text) < 0)
                abort();
        world_log_count++;
        free(text);
        (void)pthread_mutex_unlock(&log_lock);
}

void vsyslog(int priority, const char *fmt, va_list ap)
{
        record(priority, fmt, ap);
}

void syslog(int priority, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        record(priority, fmt, ap);
        va_end(ap);
}

/* The same under _FORTIFY_SOURCE. These names belong to the C library, which does not declare them. */
void __vsyslog_chk(int priority, int flag, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
void __syslog_chk(int priority, int flag, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void __vsyslog_chk(int priority, int flag, const char *fmt, va_list ap)
{
        (void)flag;
        record(priority, fmt, ap);
}

void __syslog_chk(int priority, int flag, const char *fmt, ...)
{
        va_list ap;

        (void)flag;
        va_start(ap, fmt);
        record(priority, fmt, ap);
        va_end(ap);
}

void world_forget(void)
{
        for (size_t i = 0; i < world_log_count; i++)
                free(world_log[i]);
        world_log_count = 0;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
        char path[512];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "w");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, mode) != 0) {
                perror(path);
                abort();
        }
}

/* Replaces `%d` by the name of the directory. */
static char *with_directory(const char *text)
{
        char *out = calloc(1, strlen(text) + 1);

        if (!out)
                abort();
        (void)strcpy(out, text);
        for (char *at = strstr(out, "%d"); at; at = strstr(out, "%d")) {
                char *longer = NULL;

                if (asprintf(&longer, "%.*s%s%s", (int)(at - out), out, directory, at + 2) < 0)
                        abort();
                free(out);
                out = longer;
        }
        return out;
}

static const char default_conf[] = "[issuer/test]\n"
                                   "issuer = https://idp.test\n"
                                   "audience = ssh://test\n"
                                   "algorithms = HS256\n"
                                   "leeway = 30s\n"
                                   "jwks = file://%d/jwks.json\n"
                                   "[grant/users]\n"
                                   "issuer = test\n"
                                   "services = sshd sudo\n";

static bool own_run;

/*
 * As root, the module leaves records under /run and reads the revocation list in /etc/security: use private
 * directories, if the kernel allows it.
 */
static void have_own_run(void)
{
        if (own_run || geteuid() != 0)
                return;
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 ||
            mount("security", "/etc/security", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0)
                perror("# no /run and /etc/security of our own");
        else
                own_run = true;
}

const char *world_folder(const char *conf)
{
        char *text;

        have_own_run();
        ahead = stops = 0;

        (void)strcpy(directory, "/tmp/pam_jwt-test-XXXXXX");
        if (!mkdtemp(directory))
                abort();
        text = with_directory(conf ? conf : default_conf);
        write_file("pam_jwt.conf", text, 0644);
        write_file("jwks.json", tokens_jwk, 0600);
        write_file("other", "auth required pam_deny.so\n", 0644); /* libpam complains if it does not exist */
        free(text);
        return directory;
}

void world_remove(void)
{
        char command[128];

        (void)snprintf(command, sizeof(command), "rm -rf '%s'%s", directory,
                       own_run ? " /run/pam_jwt /etc/security/pam_jwt.revoked" : "");
        if (system(command) != 0)
                abort();
}

void world_revoke(const char *text)
{
        FILE *f = own_run ? fopen("/etc/security/pam_jwt.revoked", "we") : NULL;

        if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
                perror("pam_jwt.revoked");
                abort();
        }
}

void world_stack(const char *service, const char *text)
{
        char *full = with_directory(text);

        write_file(service, full, 0644);
        free(full);
}

pam_handle_t *world_start(const char *service, const char *user, const struct pam_conv *conv)
{
        pam_handle_t *pamh = NULL;

        if (pam_start_confdir(service, user, conv, directory, &pamh) != PAM_SUCCESS)
                abort();
        return pamh;
}
