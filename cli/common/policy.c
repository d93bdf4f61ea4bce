#include "policy.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logindefs.h"
#include "nearest.h"
#include "out.h"

const char *cli_conf_path(const char *config)
{
        return config ? config : PJWT_CONF_FILE;
}

const char *cli_hostname(char out[256])
{
        return gethostname(out, 256) == 0 && memchr(out, '\0', 256) ? out : NULL; /* as in the module */
}

int cli_conf_load(const char *config, bool json, struct pjwt_conf **ret)
{
        struct pjwt_error err = {0};
        char hostname[256];

        if (pjwt_conf_load(cli_conf_path(config), cli_hostname(hostname), ret, &err) != PJWT_OK)
                return cli_unusable(json, &err);
        return CLI_YES;
}

const struct pjwt_issuer *cli_issuer_find(const struct pjwt_conf *conf, const char *name)
{
        for (size_t i = 0; i < conf->issuer_count; i++)
                if (strcmp(conf->issuers[i].name, name) == 0)
                        return &conf->issuers[i];
        return NULL;
}

static const char *issuer_name_at(const void *table, size_t i)
{
        const struct pjwt_conf *conf = table;

        return i < conf->issuer_count ? conf->issuers[i].name : NULL;
}

int cli_issuer_named(const struct pjwt_conf *conf, const char *name, const struct pjwt_issuer **ret)
{
        const char *near;

        *ret = cli_issuer_find(conf, name);
        if (*ret)
                return CLI_YES;
        near = pjwt_nearest(name, issuer_name_at, conf);
        if (near)
                return cli_usage("there is no [issuer/%s]; did you mean %s?", name, near);
        return cli_usage("there is no [issuer/%s] in the configuration", name);
}

int cli_user_find(const char *name, struct pjwt_user *ret)
{
        const struct passwd *passwd = name ? getpwnam(name) : getpwuid(getuid());

        if (!name && !passwd)
                return cli_usage("uid %u has no user name; use --user", (unsigned)getuid());
        *ret = (struct pjwt_user){
                .name = strdup(name ? name : passwd->pw_name),
                .exists = passwd != NULL,
                .uid = passwd ? passwd->pw_uid : (uid_t)-1,
                .account = passwd ? strdup(passwd->pw_name) : NULL,
                .system_uid_max = pjwt_system_uid_max_read(),
        };
        return ret->name && (!passwd || ret->account) ? CLI_YES : cli_usage("out of memory");
}

void cli_user_clear(struct pjwt_user *user)
{
        free((void *)(uintptr_t)user->name);
        free((void *)(uintptr_t)user->account);
        user->name = user->account = NULL;
}
