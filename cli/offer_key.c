/* pamjwt offer-key: sshd's AuthorizedKeysCommand where a token, and no authorized_keys, says who gets in. */
#include "cmd.h"

#include <stdio.h>

#include "grant.h"
#include "out.h"
#include "policy.h"
#include "sshkey.h"

const struct cli_option cli_offer_key_options[] = {
        CLI_OPT_CONFIG,
        CLI_OPT("service", CLI_STRING, "SERVICE", CLI_SERVICE, service,
                "the PAM service of sshd; default sshd"),
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/*
 * Any key is given back: that the client holds it, sshd verifies; that it may come in, the token says, which
 * is bound to it. So never for root, whatever a grant says, nor for a name that no bound token could open
 * (REV-01).
 */
static enum pjwt_reason may_offer(const struct cli_args *args, const struct pjwt_conf *conf,
                                  const struct pjwt_user *user, struct pjwt_error *reterr)
{
        if (!user->exists)
                return pjwt_fail(reterr, PJWT_UNKNOWN_USER, "the user is not known here");
        if (user->uid == 0)
                return pjwt_fail(reterr, PJWT_SYSTEM_ACCOUNT, "uid 0 gets no key this way");
        if (!pjwt_grant_possible(conf, user, args->service ? args->service : "sshd", true))
                return pjwt_fail(reterr, PJWT_NO_GRANT, "no grant with bind = ssh-key can name this user");
        return PJWT_OK;
}

/* A certificate is verified by its authority, never by a line of this command: sshd would not take it. */
static enum pjwt_reason check_key(const char *type, const char *base64, struct pjwt_error *reterr)
{
        struct pjwt_sshkey key;
        char text[PJWT_SSHKEY_BLOB_MAX / 3 * 4 + 100];
        int len = snprintf(text, sizeof(text), "%s %s", type, base64);

        if (len < 0 || (size_t)len >= sizeof(text))
                return pjwt_fail(reterr, PJWT_BAD_PROOF, "the ssh key: it is too long");
        if (pjwt_sshkey_parse(text, (size_t)len, &key, reterr) != PJWT_OK)
                return reterr->reason;
        return key.certificate ? pjwt_fail(reterr, PJWT_BAD_PROOF, "a certificate never succeeds this way")
                               : PJWT_OK;
}

static int print_offer(const struct cli_args *args, const char *type, const char *base64)
{
        struct json_object *object;

        if (!args->json)
                return printf("%s %s\n", type, base64) < 0 ? CLI_ERROR : CLI_YES;
        object = cli_json_begin(true);
        cli_json_add_string(object, "type", type);
        cli_json_add_string(object, "key", base64);
        return cli_print_json(object, CLI_YES);
}

static int offer(const struct cli_args *args, const struct pjwt_conf *conf)
{
        char **words = args->words.items;
        struct pjwt_user user = {0};
        struct pjwt_error err = {0};
        int r = cli_user_find(words[0], &user);

        if (r != CLI_YES)
                return r;
        if (may_offer(args, conf, &user, &err) == PJWT_OK && check_key(words[1], words[2], &err) == PJWT_OK)
                r = print_offer(args, words[1], words[2]);
        else
                r = cli_refused(args->json, &err);
        cli_user_clear(&user);
        return r;
}

int cli_offer_key(const struct cli_args *args)
{
        struct pjwt_conf *conf = NULL;
        int r = cli_conf_load(args, &conf);

        if (r == CLI_YES)
                r = offer(args, conf);
        pjwt_conf_free(conf);
        return r;
}
