/*
 *   rate_NAME DIRECTORY     reads lines `ALG SECONDS`, answers each with verifications a second, or `none`
 *
 * DIRECTORY holds ALG.token, ALG.jwk and ALG.pem or, for HS256, ALG.secret.
 */
#include "rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOM 16384

static char token[ROOM], jwk[ROOM], pem[ROOM], secret[ROOM];

static size_t read_file(const char *folder, const char *alg, const char *kind, char out[ROOM])
{
        char path[4096];
        size_t len = 0;
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s.%s", folder, alg, kind);
        f = fopen(path, "re");
        if (f) {
                len = fread(out, 1, ROOM - 1, f);
                (void)fclose(f);
        }
        out[len] = '\0';
        return len;
}

static double seconds(void)
{
        struct timespec t;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* CPU time of the process, which depends less on other load. */
static double measure(const struct rate_case *given, double time)
{
        unsigned long done = 0;
        double start, now;

        for (int i = 0; i < 3; i++)
                if (!rate_decode(given))
                        return 0;
        start = seconds();
        do {
                for (int i = 0; i < 16; i++)
                        if (!rate_decode(given))
                                return 0;
                done += 16;
                now = seconds();
        } while (now - start < time);
        return (double)done / (now - start);
}

int main(int argc, char **argv)
{
        char line[128], alg[64];
        double time_limit;

        while (argc == 2 && fgets(line, sizeof(line), stdin) &&
               sscanf(line, "%63s %lf", alg, &time_limit) == 2) {
                struct rate_case given = {
                        .alg = alg, .token = token, .jwk = jwk, .pem = pem, .secret = secret};
                double rate = 0;

                given.token_len = read_file(argv[1], alg, "token", token);
                given.secret_len = read_file(argv[1], alg, "secret", secret);
                (void)read_file(argv[1], alg, "jwk", jwk);
                (void)read_file(argv[1], alg, "pem", pem);
                given.now = (long)time(NULL);
                if (rate_load(&given)) {
                        rate = measure(&given, time_limit);
                        rate_unload();
                }
                if (rate > 0)
                        printf("%.1f\n", rate);
                else
                        puts("none");
                (void)fflush(stdout);
        }
        return argc == 2 ? 0 : 2;
}
