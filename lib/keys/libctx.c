#include "libctx.h"

#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Setting up a context and fetching the algorithms again costs eight times as much as all else in a further
 * login of the same process, so it is kept. The process that made it is kept with it: a thread of the parent
 * may have held one of OpenSSL's locks when another forked, and in the child nothing would release that lock.
 */
struct kept {
        OSSL_LIB_CTX *libctx;
        pid_t pid;
        struct kept *inherited; /* from the parent process; unused, but reachable for a leak checker */
};

/*
 * The only variable of pam_jwt that outlives a login. A pointer that is exchanged, and no pthread_once(): a
 * first attempt that ran out of memory is repeated, and a fork in the middle of it leaves nothing half made.
 */
static _Atomic(struct kept *) current;

static struct kept *make(struct kept *inherited, pid_t pid)
{
        struct kept *kept = calloc(1, sizeof(*kept));

        if (!kept)
                return NULL;
        *kept = (struct kept){OSSL_LIB_CTX_new(), pid, inherited};
        if (kept->libctx)
                return kept;
        free(kept);
        return NULL;
}

OSSL_LIB_CTX *pjwt_libctx(void)
{
        const pid_t pid = getpid();
        struct kept *found = atomic_load(&current), *made;

        if (found && found->pid == pid)
                return found->libctx;
        made = make(found, pid);
        if (!made)
                return NULL;
        /* Two threads may make it at the same time; the first one's stays. */
        if (atomic_compare_exchange_strong(&current, &found, made))
                return made->libctx;
        OSSL_LIB_CTX_free(made->libctx);
        free(made);
        return found->libctx;
}
