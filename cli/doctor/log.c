/* Denials by SELinux and AppArmor, from the logs. */
#include <string.h>

#include "buf.h"
#include "doctor.h"

#define TAIL_MAX (2L * 1024 * 1024) /* of each log, from its end */

/* Whether a line of a log reports a denial that concerns us. */
static bool is_denial(const char *line)
{
        bool denied = (strstr(line, "avc:") && strstr(line, "denied")) || strstr(line, "apparmor=\"DENIED\"");

        return denied && (strstr(line, "pam_jwt") || strstr(line, "pamjwt"));
}

/* The end of a file, starting with a whole line. False if it cannot be read. */
static bool read_tail(const char *path, struct cli_buf *out)
{
        FILE *f = fopen(path, "re");
        char block[4096];
        size_t n;
        bool cut;

        if (!f)
                return false;
        cut = fseek(f, -TAIL_MAX, SEEK_END) == 0;
        if (!cut)
                rewind(f);
        while (out->len < 2 * (size_t)TAIL_MAX && (n = fread(block, 1, sizeof(block), f)) > 0)
                cli_buf_add(out, block, n);
        fclose(f);
        return !out->failed && out->len > 0;
}

/* The last denial in a log: the same one repeats with every login. */
static void look_at_log(struct cli_doctor *d, const char *file)
{
        struct cli_buf text = {0};
        char path[512];
        const char *last = NULL;
        char *rest;
        char *line;

        if (read_tail(cli_root_path(d, file, path), &text)) {
                rest = text.bytes;
                while ((line = strsep(&rest, "\n")))
                        if (is_denial(line))
                                last = line;
        }
        if (last)
                cli_found(d, CLI_FIND_DENIAL, NULL, "%s: %.600s", file, last);
        cli_buf_clear(&text);
}

void cli_doctor_log(struct cli_doctor *d)
{
        static const char *const files[] = {"/var/log/audit/audit.log", "/var/log/kern.log",
                                            "/var/log/syslog", "/var/log/messages"};

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                look_at_log(d, files[i]);
}
