/*
 * A minimal PAM application: performs one login in a process of its own.
 *
 *   drive SERVICE USER SECRET-FILE [REPEAT [THREADS]]     exit status 0: every login succeeded
 *
 * SERVICE is a service of /etc/pam.d, or the path of such a file elsewhere.
 *
 * With REPEAT it logs in that often in one process, and prints the memory use after the first login and after
 * each tenth of the rest: RSS and private dirty memory in KB. With THREADS as well, the first thread logs in
 * once, then each of that many threads logs in that often, and only the milliseconds that this took are
 * printed. For `./dev bench`.
 */
#include <fcntl.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "converse.h"

static char secret[1 << 16];

static int start(const char *service, const char *user, const struct pam_conv *conv, pam_handle_t **ret)
{
        const char *slash = strrchr(service, '/');
        char folder[4096];

        if (!slash)
                return pam_start(service, user, conv, ret);
        (void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - service), service);
        return pam_start_confdir(slash + 1, user, conv, folder, ret);
}

static int log_in(const char *service, const char *user)
{
        const struct pam_conv conv = {answer, secret};
        pam_handle_t *pamh = NULL;
        int r = start(service, user, &conv, &pamh);

        if (r == PAM_SUCCESS)
                r = pam_authenticate(pamh, PAM_SILENT);
        (void)pam_end(pamh, r);
        return r;
}

static void print_memory(unsigned long logins)
{
        FILE *f = fopen("/proc/self/smaps_rollup", "re");
        unsigned long rss = 0, dirty = 0;
        char line[256];

        while (f && fgets(line, sizeof(line), f)) {
                (void)sscanf(line, "Rss: %lu", &rss);
                (void)sscanf(line, "Private_Dirty: %lu", &dirty);
        }
        if (f)
                (void)fclose(f);
        printf("%lu %lu %lu\n", logins, rss, dirty);
}

static int log_in_aloud(const char *service, const char *user)
{
        int r = log_in(service, user);

        if (r != PAM_SUCCESS)
                fprintf(stderr, "drive: %s: refused (%d)\n", service, r);
        return r;
}

static int log_in_often(const char *service, const char *user, unsigned long repeat, int tell)
{
        for (unsigned long i = 1; i <= repeat; i++) {
                if (log_in_aloud(service, user) != PAM_SUCCESS)
                        return 1;
                if (tell && (i == 1 || i % ((repeat + 9) / 10) == 0))
                        print_memory(i);
        }
        return 0;
}

struct work {
        const char *service;
        const char *user;
        unsigned long repeat;
        pthread_t thread;
        int failed;
};

static void *do_work(void *arg)
{
        struct work *work = arg;

        work->failed = log_in_often(work->service, work->user, work->repeat, 0);
        return NULL;
}

static double now_ms(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#define THREADS_MAX 64

static int in_threads(const char *service, const char *user, unsigned long repeat, unsigned long count)
{
        struct work works[THREADS_MAX];
        int failed = log_in_often(service, user, 1, 0);
        double started = now_ms();

        for (unsigned long i = 0; i < count; i++) {
                works[i] = (struct work){service, user, repeat, 0, 0};
                if (pthread_create(&works[i].thread, NULL, do_work, &works[i]) != 0)
                        return 1;
        }
        for (unsigned long i = 0; i < count; i++) {
                (void)pthread_join(works[i].thread, NULL);
                failed |= works[i].failed;
        }
        printf("%.3f\n", now_ms() - started);
        return failed;
}

int main(int argc, char **argv)
{
        unsigned long repeat = argc >= 5 ? strtoul(argv[4], NULL, 10) : 1;
        unsigned long threads = argc == 6 ? strtoul(argv[5], NULL, 10) : 1;
        int fd = argc >= 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;

        if (fd < 0 || argc > 6 || repeat == 0 || threads == 0 || threads > THREADS_MAX ||
            read(fd, secret, sizeof(secret) - 1) <= 0) {
                fputs("usage: drive SERVICE USER SECRET-FILE [REPEAT [THREADS]]\n", stderr);
                return 2;
        }
        (void)close(fd);
        secret[strcspn(secret, "\n")] = '\0';
        if (argc == 6)
                return in_threads(argv[1], argv[2], repeat, threads);
        return log_in_often(argv[1], argv[2], repeat, argc == 5);
}
