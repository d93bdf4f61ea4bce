/*
 * pamjwt refresh --answer: the refresh service's side of a login's question. systemd starts it for each
 * connection to /run/pam_jwt/refresh.socket, with the socket as standard input and output. One line comes in,
 * "stale NAME" or "unknown-kid NAME"; "yes" or "no" goes back, when the cache holds whatever could be had.
 */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

#include "keysource.h"
#include "policy.h"

#define LINE_MAX_BYTES 128

/* Splits the line; false when it is not one of ours. */
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

/* The name only picks a section of this host's configuration: what is asked, and of whom, stands there. */
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
