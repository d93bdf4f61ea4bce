/*
 * run_stacks real MODULE-DIRECTORY | run_stacks ours BUILD | run_stacks rules
 *
 * Reads cases from standard input and answers each by a line: what every call returned, and which probe
 * modules ran.
 *
 *     service NAME
 *     file PATH LENGTH         and as many bytes and a newline
 *     dir PATH
 *     call NAME                authenticate, setcred, acct_mgmt, open_session, close_session, chauthtok
 *     go
 *
 * "real" asks the libpam of this host, in a mount namespace of its own whose root holds the files of the case
 * and nothing else. "ours" asks the evaluator, with the rules of a known build, or of this host's libpam for
 * "host", and looks whether the search of all ways agrees with single runs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"
#include "stackeval.h"
#include "stackfiles.h"
#include "walks.h"

enum { FILES = 64, CALLS = 64, SKIP = 77 };

struct scenario {
        char service[256];
        struct pjwt_stack_draft_file files[FILES];
        size_t file_count;
        char *dirs[FILES];
        size_t dir_count;
        int calls[CALLS];
        size_t call_count;
};

static const char *const call_names[PJWT_STACK_CALLS] = {"authenticate", "setcred",       "acct_mgmt",
                                                         "open_session", "close_session", "chauthtok"};

__attribute__((format(printf, 2, 3))) static _Noreturn void die(int status, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        vfprintf(stderr, format, args);
        va_end(args);
        fputc('\n', stderr);
        exit(status);
}

static void *must(void *p)
{
        if (!p)
                die(1, "out of memory");
        return p;
}

/* --- reading a case --- */

static void read_file(struct scenario *c, char *words)
{
        char *path = strtok(words, " ");
        size_t len = strtoul(strtok(NULL, " "), NULL, 10);
        char *bytes = must(malloc(len + 1));

        if (fread(bytes, 1, len, stdin) != len || getchar() != '\n' || c->file_count == FILES)
                die(1, "bad case");
        bytes[len] = '\0';
        c->files[c->file_count++] = (struct pjwt_stack_draft_file){must(strdup(path)), bytes, len};
}

static void read_call(struct scenario *c, const char *name)
{
        for (int i = 0; i < PJWT_STACK_CALLS; i++)
                if (strcmp(name, call_names[i]) == 0 && c->call_count < CALLS)
                        c->calls[c->call_count++] = i;
}

static void clear(struct scenario *c)
{
        for (size_t i = 0; i < c->file_count; i++) {
                free((char *)(uintptr_t)c->files[i].path);
                free((char *)(uintptr_t)c->files[i].bytes);
        }
        for (size_t i = 0; i < c->dir_count; i++)
                free(c->dirs[i]);
        *c = (struct scenario){.file_count = 0};
}

static bool read_case(struct scenario *c)
{
        char line[512];

        while (fgets(line, sizeof(line), stdin)) {
                line[strcspn(line, "\n")] = '\0';
                if (strncmp(line, "service ", 8) == 0)
                        snprintf(c->service, sizeof(c->service), "%.255s", line + 8);
                else if (strncmp(line, "file ", 5) == 0)
                        read_file(c, line + 5);
                else if (strncmp(line, "dir ", 4) == 0 && c->dir_count < FILES)
                        c->dirs[c->dir_count++] = must(strdup(line + 4));
                else if (strncmp(line, "call ", 5) == 0)
                        read_call(c, line + 5);
                else if (strcmp(line, "go") == 0)
                        return true;
        }
        return false;
}

/* --- the real libpam --- */

static void write_text(const char *path, const char *text, size_t len)
{
        FILE *f = fopen(path, "w");

        if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0)
                die(1, "%s: %s", path, strerror(errno));
}

static void make_dirs(const char *path)
{
        char copy[512];

        snprintf(copy, sizeof(copy), "%s", path);
        for (char *p = copy + 1; (p = strchr(p, '/')); p++) {
                *p = '\0';
                if (mkdir(copy, 0755) != 0 && errno != EEXIST)
                        die(1, "%s: %s", copy, strerror(errno));
                *p = '/';
        }
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
        (void)st;
        (void)kind;
        (void)walk;
        return remove(path);
}

static void lay_out(const struct scenario *c)
{
        static const char *const trees[] = {"/etc", "/usr/lib/pam.d", "/x"};

        for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
                nftw(trees[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
        make_dirs("/etc/");
        for (size_t i = 0; i < c->dir_count; i++) {
                make_dirs(c->dirs[i]);
                mkdir(c->dirs[i], 0755);
        }
        for (size_t i = 0; i < c->file_count; i++) {
                make_dirs(c->files[i].path);
                write_text(c->files[i].path, c->files[i].bytes, c->files[i].len);
        }
}

static int no_conversation(int n, const struct pam_message **messages, struct pam_response **ret, void *arg)
{
        (void)n;
        (void)messages;
        (void)ret;
        (void)arg;
        return PAM_CONV_ERR;
}

static int call_real(pam_handle_t *pamh, int call)
{
        switch (call) {
        case PJWT_STACK_AUTHENTICATE:
                return pam_authenticate(pamh, 0);
        case PJWT_STACK_SETCRED:
                return pam_setcred(pamh, PAM_ESTABLISH_CRED);
        case PJWT_STACK_ACCT_MGMT:
                return pam_acct_mgmt(pamh, 0);
        case PJWT_STACK_OPEN_SESSION:
                return pam_open_session(pamh, 0);
        case PJWT_STACK_CLOSE_SESSION:
                return pam_close_session(pamh, 0);
        default:
                return pam_chauthtok(pamh, 0);
        }
}

static void run_real_here(const struct scenario *c)
{
        const struct pam_conv conv = {no_conversation, NULL};
        pam_handle_t *pamh = NULL;
        int r = pam_start(c->service, "root", &conv, &pamh);

        printf("start=%d", r);
        for (size_t i = 0; r == PAM_SUCCESS && i < c->call_count; i++) {
                answers_reset_text();
                printf(" %s=%d", call_names[c->calls[i]], call_real(pamh, c->calls[i]));
                printf("[%s]", answers_text());
        }
        putchar('\n');
        fflush(stdout);
        _exit(0); /* without pam_end(): it tells audit of services that ran no stack */
}

/* In a process of its own: some files make libpam crash, or never return. */
static void run_real(const struct scenario *c)
{
        const struct rlimit cpu = {1, 2};
        pid_t child;
        int status;

        lay_out(c);
        answers_reset();
        fflush(stdout);
        child = fork();
        if (child == 0) {
                setrlimit(RLIMIT_CPU, &cpu);
                signal(SIGSEGV, SIG_DFL); /* a sanitizer would print a report */
                run_real_here(c);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
                die(1, "fork: %s", strerror(errno));
        if (WIFSIGNALED(status))
                puts(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "hang" : "crash");
        fflush(stdout);
}

static void copy_module(const char *from, const char *to)
{
        FILE *f = fopen(from, "r");
        char *bytes = must(malloc(4 << 20));
        size_t len = f ? fread(bytes, 1, 4 << 20, f) : 0;

        if (len == 0)
                die(1, "%s: %s", from, strerror(errno));
        fclose(f);
        make_dirs(to);
        write_text(to, bytes, len);
        free(bytes);
}

/* Where this host's libpam looks for modules: below the directory that it lies in, with and without /usr. */
static void copy_modules(const char *from, const char *root)
{
        static const char *const names[] = {"pam_probe.so", "pam_half.so"};
        char source[1024];
        char target[1024];
        char lib[512];
        const char *dir;
        Dl_info info;

        if (!dladdr((void *)(uintptr_t)pam_start, &info))
                die(1, "no libpam");
        snprintf(lib, sizeof(lib), "%s", info.dli_fname);
        *strrchr(lib, '/') = '\0';
        dir = strncmp(lib, "/usr/", 5) == 0 ? lib + 4 : lib;
        for (size_t i = 0; i < 2; i++) {
                snprintf(source, sizeof(source), "%s/%s", from, names[i]);
                snprintf(target, sizeof(target), "%s%s/security/%s", root, dir, names[i]);
                copy_module(source, target);
                snprintf(target, sizeof(target), "%s/usr%s/security/%s", root, dir, names[i]);
                copy_module(source, target);
                snprintf(target, sizeof(target), "%s/probe/%s", root, names[i]);
                copy_module(source, target);
        }
}

static void write_map(const char *path, unsigned id)
{
        char text[64];
        int n = snprintf(text, sizeof(text), "0 %u 1", id);

        write_text(path, text, (size_t)n);
}

/* An empty root that is ours alone; a tmpfs on /proc, which is there everywhere. */
static void enter_private_root(const char *modules)
{
        unsigned uid = geteuid();
        unsigned gid = getegid();

        if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0)
                die(SKIP, "no private mount namespace: %s", strerror(errno));
        if (uid != 0) {
                write_text("/proc/self/setgroups", "deny", 4);
                write_map("/proc/self/uid_map", uid);
                write_map("/proc/self/gid_map", gid);
        }
        if ((mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 &&
             mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) != 0) ||
            mount("tmpfs", "/proc", "tmpfs", 0, "mode=0755") != 0)
                die(SKIP, "no private mounts: %s", strerror(errno));
        copy_modules(modules, "/proc");
        if (chroot("/proc") != 0 || chdir("/") != 0)
                die(SKIP, "chroot: %s", strerror(errno));
}

/* --- the evaluator --- */

static int answer(void *arg, const struct pjwt_stack_line *line, enum pjwt_stack_function function)
{
        static const char *const places[] = {"pam_probe.so", "/probe/pam_probe.so", "pam_half.so",
                                             "/probe/pam_half.so"};

        (void)arg;
        for (size_t i = 0; i < 4; i++)
                if (strcmp(line->module, places[i]) == 0 &&
                    (i < 2 || function == PJWT_STACK_FN_AUTHENTICATE || function == PJWT_STACK_FN_ACCT_MGMT))
                        return answers_give((int)line->arg_count, (const char **)(uintptr_t)line->args,
                                            (int)function);
        return PAM_MODULE_UNKNOWN;
}

static enum pjwt_stack_file open_case(void *arg, const char *path, char **ret, size_t *retlen)
{
        const struct scenario *c = arg;
        struct pjwt_stack_drafts drafts = {.files = c->files, .count = c->file_count};
        size_t len = strlen(path);
        char clean[512];

        snprintf(clean, sizeof(clean), "%.*s", (int)(len > 1 && path[len - 1] == '/' ? len - 1 : len), path);
        for (size_t i = 0; i < c->dir_count; i++)
                if (strcmp(clean, c->dirs[i]) == 0 ||
                    (strncmp(c->dirs[i], clean, strlen(clean)) == 0 && c->dirs[i][strlen(clean)] == '/'))
                        return PJWT_STACK_FILE_DIRECTORY;
        return pjwt_stack_open_drafts(&drafts, clean, ret, retlen);
}

static void run_ours(struct scenario *c, const struct pjwt_stack_rules *rules)
{
        const struct pjwt_stack_files files = {open_case, c};
        struct pjwt_error err = {0};
        struct pjwt_stack *stack = NULL;
        struct pjwt_stack_run *run;
        const char *wrong;

        if (pjwt_stack_read(rules, &files, c->service, &stack, &err) != PJWT_OK)
                die(1, "%s", err.detail);
        run = must(pjwt_stack_run_new(stack));
        answers_reset();
        wrong = stack->start == PJWT_STACK_STARTS ? walks_check(stack, (unsigned)c->file_count * 977) : NULL;
        if (wrong)
                printf("walk: %s ", wrong);
        answers_reset();
        if (stack->unknown && !wrong)
                printf("unknown ");
        if (stack->start == PJWT_STACK_CRASHES || stack->start == PJWT_STACK_HANGS)
                printf("%s", stack->start == PJWT_STACK_HANGS ? "hang" : "crash");
        else
                printf("start=%d", stack->start == PJWT_STACK_STARTS ? PAM_SUCCESS : PAM_ABORT);
        for (size_t i = 0; stack->start == PJWT_STACK_STARTS && i < c->call_count; i++) {
                answers_reset_text();
                printf(" %s=%d", call_names[c->calls[i]],
                       pjwt_stack_call(run, (enum pjwt_stack_call)c->calls[i], answer, NULL));
                printf("[%s]", answers_text());
        }
        putchar('\n');
        fflush(stdout);
        pjwt_stack_run_free(run);
        pjwt_stack_free(stack);
}

static struct pjwt_stack_rules rules_of_host(void)
{
        struct pjwt_stack_rules rules;
        Dl_info info;
        size_t len;
        char *bytes = must(malloc(4 << 20));
        FILE *f;

        if (!dladdr((void *)(uintptr_t)pam_start, &info) || !(f = fopen(info.dli_fname, "r")))
                die(1, "no libpam");
        len = fread(bytes, 1, 4 << 20, f);
        fclose(f);
        if (!pjwt_stack_rules_of_library(bytes, len, &rules))
                die(1, "%s is not a libpam", info.dli_fname);
        free(bytes);
        return rules;
}

static int print_rules(void)
{
        const struct pjwt_stack_rules r = rules_of_host();

        printf("at_include=%d frozen_jumps=%d long_lines=%d include_limit=%d jump_limit=%d vendor_dir=%s\n",
               r.at_include, r.frozen_jumps, r.long_lines, r.include_limit, r.jump_limit, r.vendor_dir);
        return 0;
}

int main(int argc, char **argv)
{
        struct scenario c = {.file_count = 0};
        struct pjwt_stack_rules rules = {.at_include = false};
        bool real = argc == 3 && strcmp(argv[1], "real") == 0;

        if (argc == 2 && strcmp(argv[1], "rules") == 0)
                return print_rules();
        if (argc != 3 || (!real && strcmp(argv[1], "ours") != 0))
                die(2, "usage: run_stacks real MODULE-DIRECTORY | run_stacks ours BUILD | run_stacks rules");
        if (real) {
                enter_private_root(argv[2]);
        } else if (strcmp(argv[2], "host") == 0) {
                rules = rules_of_host();
        } else {
                if (!pjwt_stack_rules_of_build(argv[2]))
                        die(2, "%s: unknown build", argv[2]);
                rules = *pjwt_stack_rules_of_build(argv[2]);
        }
        for (; read_case(&c); clear(&c)) {
                if (real)
                        run_real(&c);
                else
                        run_ours(&c, &rules);
        }
        clear(&c);
        fflush(stdout);
        if (real)
                _exit(0); /* the leak checker wants a /proc, which this root has not */
        return 0;
}
