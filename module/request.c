#include "request.h"

#include "logindefs.h"
#include "lookups.h"

#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <time.h>

static const char *text_item(pam_handle_t *pamh, int item)
{
        const void *value = NULL;

        return pam_get_item(pamh, item, &value) == PAM_SUCCESS ? value : NULL;
}

static void fill_user(pam_handle_t *pamh, const char *name, struct pjwt_user *ret)
{
        const struct passwd *passwd = pam_modutil_getpwnam(pamh, name);

        *ret = (struct pjwt_user){.name = name,
                                  .exists = passwd != NULL,
                                  .uid = passwd ? passwd->pw_uid : (uid_t)-1,
                                  .account = passwd ? passwd->pw_name : NULL,
                                  .system_uid_max = pjwt_system_uid_max_read()};
}

/* observe does not start a helper: it must not change anything. */
static struct pjwt_keycache keycache_of(const struct pjwt_options *options, int64_t now)
{
        return (struct pjwt_keycache){.cache_dir = options->cache,
                                      .fetch_path = options->observe ? NULL : PJWT_FETCH_PATH,
                                      .socket_path = options->observe ? NULL : PJWT_REFRESH_SOCKET,
                                      .now = now};
}

enum pjwt_reason pjwt_request_fill(pam_handle_t *pamh, const struct pjwt_options *options,
                                   struct pjwt_request *ret, struct pjwt_error *reterr)
{
        const char *user = NULL;
        const char *service = text_item(pamh, PAM_SERVICE);
        struct timespec now = {0};

        ret->read = pjwt_moment_now();
        (void)clock_gettime(CLOCK_REALTIME, &now);
        ret->now = now.tv_sec;
        ret->service = service ? service : "";
        ret->rhost = text_item(pamh, PAM_RHOST);
        ret->keys = keycache_of(options, ret->now);
        ret->revoked_file = PJWT_REVOKED_FILE;
        ret->accounts = pjwt_lookups_of(pamh);
        ret->replay = (struct pjwt_replay){
                .run_dir = PJWT_RUN_DIR, .boot = pjwt_replay_boot(ret->now), .look_only = options->observe};
        if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user || !*user) {
                ret->user = (struct pjwt_user){.name = ""};
                return pjwt_fail(reterr, PJWT_BAD_USER, "the application specifies no user");
        }
        fill_user(pamh, user, &ret->user);
        return PJWT_OK;
}
