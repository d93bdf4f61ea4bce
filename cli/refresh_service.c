/*
 * pamjwt refresh --answer: the service side of a request that a login makes. systemd starts it for each
 * connection to /run/pam_jwt/refresh.socket, with the socket as standard input and output. It reads one line,
 * "stale NAME" or "unknown-kid NAME", and replies "yes" or "no" once the cache is as fresh as possible.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "keysource.h"
#include "policy.h"

#define LINE_MAX_BYTES 128

/* Splits the line; false if it is not a valid request. */
static bool read_question(unsigned *retflags, char name[LINE_MAX_BYTES])
{
        char line[LINE_MAX_BYTES];
        char *space;

        if (!fgets(line, sizeof(line), stdin) || !strchr(line, '\n'))
                return false;
        *strchr(line, '\n') = '\0';
        space = strchr(line, ' ');
        if (!space)
                return false;
        *space = '\0';
        *retflags = strcmp(line, "unknown-kid") == 0 ? PJWT_KEYS_REFRESH : 0;
        memcpy(name, space + 1, strlen(space + 1) + 1);
        return *retflags || strcmp(line, "stale") == 0;
}

/* The name only selects a section of this host's configuration, which decides where keys come from. */
int cli_refresh_service(const struct pjwt_keycache *cache, const struct pjwt_conf *conf)
{
        struct pjwt_keycache_info info = {0};
        const struct pjwt_issuer *issuer;
        struct pjwt_keyset *set = NULL;
        char name[LINE_MAX_BYTES];
        unsigned flags = 0;
        bool known = read_question(&flags, name);

        issuer = known ? cli_issuer_find(conf, name) : NULL;
        if (issuer)
                (void)pjwt_keycache_get(cache, issuer, flags, &set, &info, NULL);
        pjwt_keyset_free(set);
        puts(info.stored ? "yes" : "no");
        return CLI_YES;
}
