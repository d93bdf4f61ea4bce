/*
 * A PAM module that calls the module under test and reports its result and the state of PAM_AUTHTOK to the
 * test program, since libpam only returns the result of a whole stack. The first argument is the module's
 * path. Each call loads and unloads the module, like an application that ends its handle.
 */
#include "probe.h"

#include <dlfcn.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>

typedef int entry_fn(pam_handle_t *, int, int, const char **);

static int forward(const char *entry, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
        void *module = dlopen(argv[0], RTLD_NOW | RTLD_LOCAL);
        const void *authtok = NULL;
        entry_fn *fn;
        int result;

        if (!module) {
                (void)fprintf(stderr, "%s\n", dlerror());
                abort();
        }
        *(void **)&fn = dlsym(module, entry);
        if (!fn)
                abort();
        probe_before(pamh, entry);
        result = fn(pamh, flags, argc - 1, argv + 1);
        (void)pam_get_item(pamh, PAM_AUTHTOK, &authtok);
        probe_after(pamh, entry, result, authtok);
        (void)dlclose(module);
        return result;
}

#define ENTRY(name)                                                                                          \
        int name(pam_handle_t *pamh, int flags, int argc, const char **argv)                                 \
        {                                                                                                    \
                return forward(#name, pamh, flags, argc, argv);                                              \
        }

ENTRY(pam_sm_authenticate)
ENTRY(pam_sm_setcred)
ENTRY(pam_sm_acct_mgmt)
ENTRY(pam_sm_open_session)
ENTRY(pam_sm_close_session)
