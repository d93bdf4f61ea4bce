#include "pamstack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stackfiles.h"

#define ASSUMED "debian-12"

const char *const cli_pam_dirs[] = {"/etc/pam.d", "/usr/lib/pam.d", NULL};

static int open_root(const char *root)
{
        return open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Finds libpam.so.0 in the root. ret: its rules; retdir: its directory, below which its modules are. May be
 * NULL.
 */
static bool find_libpam(int *root, struct pjwt_stack_rules *ret, const char **retdir)
{
        static const char *const dirs[] = {"/lib/x86_64-linux-gnu",
                                           "/usr/lib/x86_64-linux-gnu",
                                           "/lib/aarch64-linux-gnu",
                                           "/usr/lib/aarch64-linux-gnu",
                                           "/lib64",
                                           "/usr/lib64",
                                           "/lib",
                                           "/usr/lib",
                                           (PJWT_MODULE_DIR "/..")};
        struct pjwt_stack_rules rules;
        char path[512];

        for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
                char *bytes = NULL;
                size_t len = 0;
                bool known;

                snprintf(path, sizeof(path), "%s/libpam.so.0", dirs[i]);
                if (pjwt_stack_open_in_root(root, path, &bytes, &len) != PJWT_STACK_FILE_TEXT)
                        continue;
                known = pjwt_stack_rules_of_library(bytes, len, &rules);
                free(bytes);
                if (!known)
                        continue;
                if (ret)
                        *ret = rules;
                if (retdir)
                        *retdir = dirs[i];
                return true;
        }
        return false;
}

static struct pjwt_stack_rules rules_of(int *root)
{
        struct pjwt_stack_rules rules;

        return find_libpam(root, &rules, NULL) ? rules : *pjwt_stack_rules_of_build(ASSUMED);
}

const char *cli_pam_assumes(const char *root)
{
        int fd = open_root(root);
        bool known = fd >= 0 && find_libpam(&fd, NULL, NULL);

        if (fd >= 0)
                close(fd);
        return known ? NULL : ASSUMED;
}

static bool has_own(const struct pjwt_stack *stack)
{
        for (int i = 0; i < PJWT_STACK_TYPES; i++)
                if (stack->own[i].count > 0)
                        return true;
        return stack->start != PJWT_STACK_STARTS && stack->note_count > 0 &&
               stack->notes[0].kind != PJWT_STACK_NOTE_NO_SERVICE;
}

bool cli_pam_read(const char *root, const char *service, struct pjwt_stack **ret)
{
        struct pjwt_error err = {0};
        struct pjwt_stack *stack = NULL;
        struct pjwt_stack_files files = {.look = pjwt_stack_open_in_root};
        struct pjwt_stack_rules rules;
        int fd = open_root(root);

        *ret = NULL;
        if (fd < 0)
                return false;
        files.arg = &fd;
        rules = rules_of(&fd);
        if (pjwt_stack_read(&rules, &files, service, &stack, &err) == PJWT_OK && !has_own(stack)) {
                pjwt_stack_free(stack);
                stack = NULL;
        }
        close(fd);
        *ret = stack;
        return stack != NULL;
}

/* --- modules --- */

/*
 * Debian's libpam also looks in /lib/security for a relative name, others replace "$ISA" by nothing that
 * matters here.
 */
static bool is_there(int *root, const char *dir, const char *module)
{
        const char *const places[] = {dir, "/lib", "/usr/lib"};
        char path[1024];

        if (*module == '/')
                return pjwt_stack_open_in_root(root, module, NULL, NULL) != PJWT_STACK_FILE_ABSENT;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                snprintf(path, sizeof(path), "%s/security/%s", places[i], module);
                if (pjwt_stack_open_in_root(root, path, NULL, NULL) != PJWT_STACK_FILE_ABSENT)
                        return true;
        }
        return strstr(module, "$ISA") != NULL;
}

bool cli_pam_is_missing(const struct cli_pam_modules *modules, const struct pjwt_stack_line *line)
{
        for (size_t i = 0; line->module && i < modules->count; i++)
                if (strcmp(modules->missing[i], line->module) == 0)
                        return true;
        return false;
}

/* Ours is not among them: whether it is there is a question of its own. */
static enum pjwt_module_kind kind_here(void *arg, const struct pjwt_stack_line *line)
{
        enum pjwt_module_kind kind = pjwt_module_kind(line);

        return kind != PJWT_MODULE_TOKEN && cli_pam_is_missing(arg, line) ? PJWT_MODULE_MISSING : kind;
}

void cli_pam_look_for_modules(const char *root, const struct pjwt_stack *stack, struct cli_pam_modules *ret)
{
        const size_t most = sizeof(ret->missing) / sizeof(ret->missing[0]);
        const char *dir = NULL;
        int fd = open_root(root);
        bool known = fd >= 0 && find_libpam(&fd, NULL, &dir);

        *ret = (struct cli_pam_modules){.asked = {.stack = stack, .kind = kind_here, .arg = ret}};
        for (int type = 0; known && type < PJWT_STACK_TYPES; type++) {
                const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, (enum pjwt_stack_type)type);

                for (size_t i = 0; i < chain->count && ret->count < most; i++)
                        if (chain->lines[i].kind == PJWT_STACK_MODULE &&
                            !cli_pam_is_missing(ret, &chain->lines[i]) &&
                            !is_there(&fd, dir, chain->lines[i].module))
                                ret->missing[ret->count++] = chain->lines[i].module;
        }
        if (fd >= 0)
                close(fd);
}

/* --- lines and ways --- */

const struct pjwt_stack_line *cli_pam_find(const struct pjwt_stack *stack, enum pjwt_stack_type type,
                                           const char *module, size_t from)
{
        const struct pjwt_stack_chain *chain = pjwt_stack_chain(stack, type);

        for (size_t i = from; i < chain->count; i++)
                if (strcmp(pjwt_stack_module(&chain->lines[i]), module) == 0)
                        return &chain->lines[i];
        return NULL;
}

bool cli_pam_mentions(const char *root, const char *path, const char *word)
{
        char *bytes = NULL;
        size_t len = 0;
        int fd = open_root(root);
        bool found = fd >= 0 && pjwt_stack_open_in_root(&fd, path, &bytes, &len) == PJWT_STACK_FILE_TEXT &&
                     memmem(bytes, len, word, strlen(word));

        free(bytes);
        if (fd >= 0)
                close(fd);
        return found;
}

bool cli_pam_has_arg(const struct pjwt_stack_line *line, const char *arg)
{
        for (size_t i = 0; i < line->arg_count; i++)
                if (strcmp(line->args[i], arg) == 0)
                        return true;
        return false;
}

const char *cli_pam_way(const struct pjwt_stack_finding *finding, char *ret, size_t size)
{
        size_t used = 0;

        *ret = '\0';
        for (size_t i = 0; i < finding->count && used < size; i++) {
                const char *code = pjwt_stack_code_name(finding->way[i].answer);
                const char *module = pjwt_stack_module(finding->way[i].line);
                int n;

                if (!*module)
                        continue;
                n = snprintf(ret + used, size - used, "%s%s answers %s", used > 0 ? ", " : "", module,
                             code ? code : "an unknown code");
                used += n > 0 ? (size_t)n : 0;
        }
        return ret;
}
