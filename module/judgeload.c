#include "judge.h"

#include <buildid.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "pam_jwt-" PJWT_BUILD_ID ".so"

/*
 * The path of the judge: in the directory that libpam loaded this module from. Any address within the module
 * asks for that; the one of a text is not a pointer to a function, which ISO C would not convert.
 */
static bool judge_path(char path[PATH_MAX])
{
        Dl_info self;
        const char *slash;
        int len;

        if (dladdr(FILE_NAME, &self) == 0 || !self.dli_fname || self.dli_fname[0] != '/')
                return false;
        slash = strrchr(self.dli_fname, '/');
        len = snprintf(path, PATH_MAX, "%.*s%s", (int)(slash + 1 - self.dli_fname), self.dli_fname,
                       FILE_NAME);
        return len > 0 && len < PATH_MAX;
}

/*
 * A program may have changed its root directory since libpam loaded this module; whatever is found then under
 * the same name must not run unless it belongs to root (or to the user, in a process that is not root's).
 */
static bool is_trusted(const char *path, struct pjwt_error *reterr)
{
        struct stat st;

        if (lstat(path, &st) != 0)
                return true; /* dlopen() says what is missing */
        if (S_ISREG(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) &&
            (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
                return true;
        (void)pjwt_fail(reterr, PJWT_UPGRADED,
                        "%s must be a regular file of root that other users cannot write", path);
        return false;
}

/*
 * RTLD_NOW: what is missing is noticed here and not in the middle of a decision. RTLD_LOCAL: no name of the
 * judge or its libraries is seen by the host process.
 */
static const struct pjwt_judge *open_judge(const char *path, struct pjwt_error *reterr)
{
        const struct pjwt_judge *judge;
        void *handle;

        if (!is_trusted(path, reterr))
                return NULL;
        handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        judge = handle ? dlsym(handle, PJWT_JUDGE_SYMBOL) : NULL;
        if (judge && strcmp(judge->build_id, PJWT_BUILD_ID) == 0)
                return judge;
        if (!handle && access(path, F_OK) == 0)
                (void)pjwt_fail(reterr, PJWT_UPGRADED, "cannot be loaded: %s", dlerror());
        else
                (void)pjwt_fail(reterr, PJWT_UPGRADED, "upgraded during this login, try again; %s is %s",
                                path, handle ? "of another build" : "not there");
        if (handle)
                (void)dlclose(handle);
        return NULL;
}

const struct pjwt_judge *pjwt_judge_load(struct pjwt_error *reterr)
{
        static _Atomic(const struct pjwt_judge *) loaded;
        const struct pjwt_judge *judge = atomic_load(&loaded);
        char path[PATH_MAX];

        if (judge)
                return judge;
        if (!judge_path(path)) {
                (void)pjwt_fail(
                        reterr, PJWT_UPGRADED,
                        "libpam loaded pam_jwt.so by a relative path; its other file is not looked for");
                return NULL;
        }
        judge = open_judge(path, reterr);
        atomic_store(&loaded, judge);
        return judge;
}
