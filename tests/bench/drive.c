/*
 * A minimal PAM application: performs one login in a process of its own.
 *
 *   drive SERVICE USER SECRET-FILE [REPEAT]     exit status 0: every login succeeded
 *
 * SERVICE is a service of /etc/pam.d, or the path of such a file elsewhere.
 *
 * With REPEAT it logs in that often in one process, and prints the memory use after the first login and after
 * each tenth of the rest: RSS and private dirty memory in KB. For `./dev bench`.
 */
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv)
{
        unsigned long repeat = argc == 5 ? strtoul(argv[4], NULL, 10) : 1;
        int fd = argc >= 4 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;

        if (fd < 0 || argc > 5 || repeat == 0 || read(fd, secret, sizeof(secret) - 1) <= 0) {
                fputs("usage: drive SERVICE USER SECRET-FILE [REPEAT]\n", stderr);
                return 2;
        }
        (void)close(fd);
        secret[strcspn(secret, "\n")] = '\0';
        for (unsigned long i = 1; i <= repeat; i++) {
                int r = log_in(argv[1], argv[2]);

                if (r != PAM_SUCCESS) {
                        fprintf(stderr, "drive: %s: refused (%d)\n", argv[1], r);
                        return 1;
                }
                if (argc == 5 && (i == 1 || i % ((repeat + 9) / 10) == 0))
                        print_memory(i);
        }
        return 0;
}
