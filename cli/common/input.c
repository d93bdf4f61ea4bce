#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "out.h"
#include "secret.h"

static unsigned mode_of(int fd)
{
        struct stat st;

        return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? st.st_mode & 07777u : 0;
}

static enum pjwt_reason read_all(int fd, const char *name, struct cli_input *ret, struct pjwt_error *reterr)
{
        struct cli_buf buf = {0};
        char block[4096];
        ssize_t n;

        cli_buf_str(&buf, "");
        while ((n = read(fd, block, sizeof(block))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 || buf.failed || buf.len > CLI_INPUT_MAX)
                        break;
                cli_buf_add(&buf, block, (size_t)n);
        }
        pjwt_wipe(block, sizeof(block));
        if (n == 0 && !buf.failed && buf.len <= CLI_INPUT_MAX) {
                *ret = (struct cli_input){.bytes = buf.bytes, .len = buf.len, .mode = mode_of(fd)};
                return PJWT_OK;
        }
        if (n < 0)
                pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", name, strerror(errno));
        else if (buf.failed)
                pjwt_fail_memory(reterr);
        else
                pjwt_fail(reterr, PJWT_FILE_SIZE, "%s: more than %d bytes", name, CLI_INPUT_MAX);
        cli_buf_clear(&buf);
        return reterr->reason;
}

enum pjwt_reason cli_input_file(const char *path, struct cli_input *ret, struct pjwt_error *reterr)
{
        enum pjwt_reason r;
        int fd;

        if (strcmp(path, "-") == 0)
                return read_all(STDIN_FILENO, "standard input", ret, reterr);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", path, strerror(errno));
        r = read_all(fd, path, ret, reterr);
        close(fd);
        return r;
}

static bool is_white(char c)
{
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(struct cli_input *input)
{
        size_t start = 0;

        while (input->len > 0 && is_white(input->bytes[input->len - 1]))
                input->len--;
        while (start < input->len && is_white(input->bytes[start]))
                start++;
        input->len -= start;
        memmove(input->bytes, input->bytes + start, input->len);
        input->bytes[input->len] = '\0';
}

/* `echo secret > file` adds a newline that is not part of the secret. */
static void chomp(struct cli_input *input)
{
        if (input->len > 0 && input->bytes[input->len - 1] == '\n')
                input->len--;
        if (input->len > 0 && input->bytes[input->len - 1] == '\r')
                input->len--;
        input->bytes[input->len] = '\0';
}

static enum pjwt_reason literal(const char *argument, struct cli_input *ret, struct pjwt_error *reterr)
{
        size_t len = strlen(argument);
        char *bytes = pjwt_secret_dup(argument, len);

        if (!bytes)
                return pjwt_fail_memory(reterr);
        *ret = (struct cli_input){.bytes = bytes, .len = len, .on_command_line = true};
        return PJWT_OK;
}

enum pjwt_reason cli_input_read(const char *argument, unsigned flags, struct cli_input *ret,
                                struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        if (argument[0] != '@' && strcmp(argument, "-") != 0)
                return literal(argument, ret, reterr);
        r = cli_input_file(argument[0] == '@' ? argument + 1 : argument, ret, reterr);
        if (r == PJWT_OK && flags & CLI_INPUT_TRIM)
                trim(ret);
        if (r == PJWT_OK && flags & CLI_INPUT_CHOMP)
                chomp(ret);
        return r;
}

void cli_input_clear(struct cli_input *input)
{
        pjwt_wipe_free(input->bytes, input->len);
        *input = (struct cli_input){0};
}

void cli_input_warn(const struct cli_input *input, const char *what)
{
        if (input->on_command_line && isatty(STDERR_FILENO))
                cli_warn(
                        "other users on this host can read the %s in the process list; give it as - or @FILE",
                        what);
}

void cli_input_warn_file(const struct cli_input *input, const char *path, const char *what)
{
        const char *name = path[0] == '@' ? path + 1 : path;

        if (input->mode & 077u)
                cli_warn("%s: other users can %s this %s (mode %04o); it should have mode 0600",
                         strcmp(name, "-") == 0 ? "standard input" : name,
                         input->mode & 044u ? "read" : "use or change", what, input->mode);
}

int cli_input_token(const char *argument, bool json, struct cli_input *ret)
{
        struct pjwt_error err = {0};

        if (cli_input_read(argument, CLI_INPUT_TRIM, ret, &err) != PJWT_OK)
                return cli_unusable(json, &err);
        cli_input_warn(ret, "token");
        return CLI_YES;
}

int cli_input_stdin_once(const char *const *arguments, size_t count)
{
        size_t found = 0;

        for (size_t i = 0; i < count; i++)
                if (arguments[i] && (strcmp(arguments[i], "-") == 0 || strcmp(arguments[i], "@-") == 0))
                        found++;
        return found > 1 ? cli_usage("only one argument can be - (standard input)") : CLI_YES;
}
