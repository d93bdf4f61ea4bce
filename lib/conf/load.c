/* Opens the files of a configuration; parse.c reads a policy from them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "safefile.h"

static enum pjwt_reason add_file(struct pjwt_sources *sources, const char *path, struct pjwt_error *reterr)
{
        char *bytes = NULL;
        size_t len = 0;
        enum pjwt_reason reason = pjwt_file_read(path, 0, PJWT_INI_BYTES_MAX, &bytes, &len, NULL, reterr);

        return reason == PJWT_OK ? pjwt_sources_add(sources, path, bytes, len, reterr) : reason;
}

/* NAME.conf; backup files of editors (NAME.conf~) and hidden files are ignored. */
static int is_conf_name(const struct dirent *entry)
{
        size_t len = strlen(entry->d_name);

        return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
        return strcmp((*a)->d_name, (*b)->d_name);
}

static enum pjwt_reason add_directory(struct pjwt_sources *sources, const char *directory,
                                      struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;
        struct dirent **entries = NULL;
        int count = scandir(directory, &entries, is_conf_name, by_bytes);

        if (count < 0)
                return errno == ENOENT ? PJWT_OK
                       : errno == ENOMEM
                               ? pjwt_fail_memory(reterr)
                               : pjwt_fail(reterr, PJWT_FILE_OPEN, "%s: %s", directory, strerror(errno));
        for (int i = 0; i < count; i++) {
                char path[PATH_MAX];

                if (reason == PJWT_OK && (size_t)snprintf(path, sizeof(path), "%s/%s", directory,
                                                          entries[i]->d_name) >= sizeof(path))
                        reason = pjwt_fail(reterr, PJWT_FILE_OPEN, "%.200s: the name is too long", directory);
                if (reason == PJWT_OK)
                        reason = add_file(sources, path, reterr);
                free(entries[i]);
        }
        free(entries);
        return reason;
}

enum pjwt_reason pjwt_conf_load_check(const char *path, const char *hostname, pjwt_conf_report_fn report,
                                      void *arg, struct pjwt_conf **ret, struct pjwt_error *reterr)
{
        struct pjwt_sources sources = {0};
        char directory[PATH_MAX];
        enum pjwt_reason reason = add_file(&sources, path, reterr);

        if ((size_t)snprintf(directory, sizeof(directory), "%s.d", path) >= sizeof(directory))
                reason = pjwt_fail(reterr, PJWT_FILE_OPEN, "%.200s: the name is too long", path);
        if (reason == PJWT_OK)
                reason = add_directory(&sources, directory, reterr);
        if (reason == PJWT_OK)
                reason = pjwt_sources_check(&sources, hostname, report, arg, ret, reterr);
        pjwt_sources_free(&sources);
        return reason;
}

enum pjwt_reason pjwt_conf_load(const char *path, const char *hostname, struct pjwt_conf **ret,
                                struct pjwt_error *reterr)
{
        return pjwt_conf_load_check(path, hostname, NULL, NULL, ret, reterr);
}
