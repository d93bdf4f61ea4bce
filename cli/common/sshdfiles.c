#include "sshdfiles.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tree.h"

#define DEPTH_MAX    16 /* as in sshd */
#define INCLUDES_MAX 256

static const struct {
        const char *name;
        enum cli_sshd_keyword keyword;
} rows[] = {
        {"passwordauthentication", CLI_SSHD_PASSWORD},
        {"kbdinteractiveauthentication", CLI_SSHD_KBDINT},
        {"challengeresponseauthentication", CLI_SSHD_KBDINT}, /* its name before OpenSSH 8.7 */
        {"skeyauthentication", CLI_SSHD_KBDINT},
        {"usepam", CLI_SSHD_USEPAM},
        {"authenticationmethods", CLI_SSHD_METHODS},
};

/* One reading on its way, and the file that it is in. */
struct reading {
        const char *root;
        const struct cli_sshd_draft *draft;
        struct cli_sshd_files *files;
        struct pjwt_error *err;
        const char *file;
        unsigned number;
        int outer; /* the Match block that this file was included in */
        int block; /* the one that the line is in */
        int depth;
};

static void *checked(void *p)
{
        if (!p)
                abort(); /* a command that looks at a few kilobytes; there is nothing to go on with */
        return p;
}

#define BLANKS " \t\r\f"

static bool trouble(struct reading *r, const char *what)
{
        pjwt_fail(r->err, PJWT_FILE_KIND, "%s%s:%u: %s", r->root, r->file, r->number, what);
        return false;
}

char *cli_sshd_word(char **p, const char *blanks)
{
        char *start = *p + strspn(*p, blanks);
        char *end;

        if (!*start || *start == '#')
                return NULL;
        if (*start == '"') {
                start++;
                end = start + strcspn(start, "\"");
        } else {
                end = start + strcspn(start, blanks);
        }
        *p = *end ? end + 1 : end;
        *end = '\0';
        return start;
}

/* The keyword ends at white space or at one `=`. */
static char *take_keyword(char **p)
{
        char *start = *p + strspn(*p, " \t\r\f");
        char *end = start + strcspn(start, " \t\r\f=");

        if (!*start || *start == '#')
                return NULL;
        *p = *end ? end + 1 : end;
        if (*end && *end != '=') {
                *p += strspn(*p, " \t");
                *p += **p == '=';
        }
        *end = '\0';
        return start;
}

static bool read_file(struct reading *from, const char *path);

/* --- Include --- */

static int by_name(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory that a pattern matches, in order. Returns how many; names are for free(). */
static size_t list(const char *root, const char *dir, const char *pattern, const struct cli_sshd_draft *draft,
                   char *names[INCLUDES_MAX])
{
        int fd = cli_tree_open(root, dir, O_RDONLY | O_DIRECTORY);
        DIR *open_dir = fd >= 0 ? fdopendir(fd) : NULL;
        size_t in_dir = strlen(dir);
        bool drafted = draft && draft->path && strncmp(draft->path, dir, in_dir) == 0 &&
                       draft->path[in_dir] == '/' &&
                       fnmatch(pattern, draft->path + in_dir + 1, FNM_PERIOD | FNM_PATHNAME) == 0;
        struct dirent *entry;
        size_t count = 0;

        while (open_dir && (entry = readdir(open_dir)) && count < INCLUDES_MAX - 1) {
                if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0)
                        continue;
                drafted = drafted && strcmp(entry->d_name, draft->path + in_dir + 1) != 0;
                names[count++] = checked(strdup(entry->d_name));
        }
        if (open_dir)
                closedir(open_dir);
        if (drafted && draft->text)
                names[count++] = checked(strdup(draft->path + in_dir + 1));
        qsort(names, count, sizeof(*names), by_name);
        return count;
}

static bool include(struct reading *r, const char *pattern)
{
        char path[1024];
        char full[1400];
        char *names[INCLUDES_MAX];
        char *slash;
        size_t count;
        bool good = true;

        snprintf(path, sizeof(path), "%s%s", *pattern == '/' ? "" : "/etc/ssh/", pattern);
        slash = strrchr(path, '/');
        *slash = '\0';
        if (strpbrk(path, "*?[\\") || *pattern == '~')
                return trouble(r, "Include with a pattern in the directory's name cannot be followed");
        count = list(r->root, path, slash + 1, r->draft, names);
        if (count >= INCLUDES_MAX - 1)
                good = trouble(r, "Include names too many files");
        for (size_t i = 0; i < count; i++) {
                snprintf(full, sizeof(full), "%s/%s", path, names[i]);
                good = good && read_file(r, full);
                free(names[i]);
        }
        return good;
}

/* --- lines --- */

static bool add_block(struct reading *r, const char *criteria)
{
        struct cli_sshd_files *files = r->files;

        if (files->block_count == CLI_SSHD_BLOCKS_MAX)
                return trouble(r, "more Match blocks than can be told apart");
        r->block = (int)files->block_count;
        files->blocks[files->block_count++] = (struct cli_sshd_block){
                checked(strdup(criteria)), checked(strdup(r->file)), r->number, r->outer};
        return true;
}

static bool add_line(struct reading *r, enum cli_sshd_keyword keyword, char *rest)
{
        struct cli_sshd_files *files = r->files;
        char value[512] = "";
        size_t used = 0;
        char *word;

        while ((word = cli_sshd_word(&rest, BLANKS))) {
                int n = snprintf(value + used, sizeof(value) - used, "%s%s", used ? " " : "", word);

                if (n < 0 || (size_t)n >= sizeof(value) - used)
                        return trouble(r, "a value that is too long to be judged");
                used += (size_t)n;
        }
        for (char *c = value; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        files->lines = checked(realloc(files->lines, (files->line_count + 1) * sizeof(*files->lines)));
        files->lines[files->line_count++] = (struct cli_sshd_line){
                keyword, checked(strdup(value)), checked(strdup(r->file)), r->number, r->block};
        return true;
}

static bool read_line(struct reading *r, char *line)
{
        const char *keyword = take_keyword(&line);
        char *word;

        if (!keyword)
                return true;
        if (strcasecmp(keyword, "match") == 0)
                return add_block(r, line);
        if (strcasecmp(keyword, "include") == 0) {
                while ((word = cli_sshd_word(&line, BLANKS)))
                        if (!include(r, word))
                                return false;
                return true;
        }
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (strcasecmp(keyword, rows[i].name) == 0)
                        return add_line(r, rows[i].keyword, line);
        return true;
}

static char *text_of(const struct reading *r, const char *path)
{
        size_t len;

        if (!r->draft || !r->draft->path || strcmp(r->draft->path, path) != 0)
                return cli_tree_text(r->root, path, &len);
        errno = ENOENT;
        return r->draft->text ? checked(strdup(r->draft->text)) : NULL;
}

/* A Match block ends with its file. */
static bool read_file(struct reading *from, const char *path)
{
        struct reading r = *from;
        char *text;
        bool good = true;

        r.depth++;
        if (r.depth > DEPTH_MAX)
                return trouble(from, "too many levels of Include");
        text = text_of(&r, path);
        if (!text) {
                pjwt_fail(r.err, PJWT_FILE_OPEN, "%s%s: %s", r.root, path, strerror(errno));
                return false;
        }
        r.file = path;
        r.outer = from->block;
        r.block = from->block;
        r.number = 0;
        for (char *line = text, *next; good && line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                r.number++;
                good = read_line(&r, line);
        }
        free(text);
        return good;
}

enum pjwt_reason cli_sshd_files_read(const char *root, const struct cli_sshd_draft *draft,
                                     struct cli_sshd_files *ret, struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        struct reading r = {.root = root,
                            .draft = draft,
                            .files = ret,
                            .err = &err,
                            .file = CLI_SSHD_CONFIG,
                            .outer = -1,
                            .block = -1};

        *ret = (struct cli_sshd_files){0};
        return read_file(&r, CLI_SSHD_CONFIG) ? PJWT_OK : pjwt_fail(reterr, err.reason, "%s", err.detail);
}

void cli_sshd_files_free(struct cli_sshd_files *files)
{
        for (size_t i = 0; i < files->line_count; i++) {
                free(files->lines[i].value);
                free(files->lines[i].file);
        }
        for (size_t i = 0; i < files->block_count; i++) {
                free(files->blocks[i].criteria);
                free(files->blocks[i].file);
        }
        free(files->lines);
        *files = (struct cli_sshd_files){0};
}
