#include "accounts.h"

#include "clock.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX (1024U * 1024) /* an entry of /etc/passwd or a directory is far smaller */

struct found {
        char *name;
        enum pjwt_account account;
        uid_t uid;
};

struct pjwt_lookups {
        struct found *found;
        size_t count;
        size_t next; /* lists are asked from top to bottom: the next name is where the last one was, and on */
        int64_t spent_ms;
};

struct pjwt_lookups *pjwt_lookups_new(void)
{
        return calloc(1, sizeof(struct pjwt_lookups));
}

void pjwt_lookups_free(struct pjwt_lookups *lookups)
{
        if (!lookups)
                return;
        for (size_t i = 0; i < lookups->count; i++)
                free(lookups->found[i].name);
        free(lookups->found);
        free(lookups);
}

/*
 * glibc returns 0 without an entry if every source says that there is no such name. Any error, also the
 * ENOENT and EPERM that getpwnam_r(3) lists, is what a source ran into that cannot answer now, for example
 * the missing socket of its daemon.
 */
static enum pjwt_account account_of(int error, const struct passwd *passwd, uid_t *retuid)
{
        if (passwd)
                *retuid = passwd->pw_uid;
        if (passwd)
                return PJWT_ACCOUNT_FOUND;
        return error == 0 ? PJWT_ACCOUNT_ABSENT : PJWT_ACCOUNT_UNSURE;
}

static enum pjwt_account look_up(const char *name, uid_t *retuid)
{
        enum pjwt_account account = PJWT_ACCOUNT_UNSURE;
        int error = ERANGE;

        for (size_t size = 4096; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
                struct passwd entry, *passwd = NULL;
                char *buffer = malloc(size);

                if (!buffer)
                        return PJWT_ACCOUNT_UNSURE;
                error = getpwnam_r(name, &entry, buffer, size, &passwd);
                account = account_of(error, passwd, retuid);
                free(buffer);
        }
        return account;
}

static const struct found *known(struct pjwt_lookups *lookups, const char *name)
{
        for (size_t n = 0; n < lookups->count; n++) {
                size_t i = (lookups->next + n) % lookups->count;

                if (strcmp(lookups->found[i].name, name) == 0) {
                        lookups->next = i + 1;
                        return &lookups->found[i];
                }
        }
        return NULL;
}

/* What could not be kept is asked again: the limit of time holds for that too. */
static void keep(struct pjwt_lookups *lookups, const char *name, enum pjwt_account account, uid_t uid)
{
        struct found *more = reallocarray(lookups->found, lookups->count + 1, sizeof(*more));

        if (!more)
                return;
        lookups->found = more;
        more[lookups->count] = (struct found){strdup(name), account, uid};
        if (more[lookups->count].name)
                lookups->count++;
}

static enum pjwt_account find(void *arg, const char *name, uid_t *retuid)
{
        struct pjwt_lookups *lookups = arg;
        const struct found *before = known(lookups, name);
        enum pjwt_account account;
        uid_t uid = (uid_t)-1;
        int64_t start;

        if (before) {
                *retuid = before->uid;
                return before->account;
        }
        if (lookups->spent_ms >= PJWT_LOOKUPS_MS)
                return PJWT_ACCOUNT_UNSURE;
        start = pjwt_boot_ms();
        account = look_up(name, &uid);
        lookups->spent_ms += pjwt_boot_ms() - start;
        keep(lookups, name, account, uid);
        *retuid = uid;
        return account;
}

struct pjwt_accounts pjwt_lookups_accounts(struct pjwt_lookups *lookups)
{
        return lookups ? (struct pjwt_accounts){find, lookups} : (struct pjwt_accounts){NULL, NULL};
}
