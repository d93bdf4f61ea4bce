#include "sshdconf.h"

#include <stdio.h>
#include <string.h>

#include "run.h"

bool cli_sshd_ask(const char *path, const char *connection, struct cli_buf *out)
{
        const char *const argv[] = {path, connection ? "-TC" : "-T", connection, NULL};
        bool good = cli_run(argv, NULL, out) == 0 && !out->failed;

        if (!good && out->bytes)
                out->bytes[strcspn(out->bytes, "\n")] = '\0';
        return good;
}

const char *cli_sshd_value(const char *text, const char *keyword, char ret[256])
{
        size_t len = strlen(keyword);

        *ret = '\0';
        for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
                if (strncmp(line, keyword, len) == 0 && line[len] == ' ') {
                        snprintf(ret, 256, "%.*s", (int)strcspn(line + len + 1, "\n"), line + len + 1);
                        break;
                }
        return ret;
}

bool cli_sshd_says(const char *text, const char *keyword, const char *value)
{
        char found[256];

        return strcmp(cli_sshd_value(text, keyword, found), value) == 0;
}

bool cli_sshd_kbdint(const char *text)
{
        return cli_sshd_says(text, "kbdinteractiveauthentication", "yes") ||
               cli_sshd_says(text, "challengeresponseauthentication", "yes");
}
