/* pamjwt offer-key: AuthorizedKeysCommand for sshd where a token decides who logs in, not authorized_keys. */
#include "cmd.h"

#include <stdio.h>

#include "grant.h"
#include "out.h"
#include "policy.h"
#include "sshkey.h"

struct offer_key_options {
        struct cli_args args;
        const char *config;
        const char *service;
        bool json;
};

#define CLI_OPTIONS struct offer_key_options

static const struct cli_option option_rows[] = {
        CLI_OPT_CONFIG,
        CLI_OPT("service", CLI_STRING, "SERVICE", CLI_SERVICE, service,
                "the PAM service of sshd; default sshd"),
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/*
 * Any key is printed: sshd verifies that the client holds it, and the token, which is bound to it, decides
 * whether it may log in. So never for root, whatever a grant allows, nor for a user name that no bound token
 * could log in as (REV-01).
 */
static enum pjwt_reason may_offer(const struct offer_key_options *options, const struct pjwt_conf *conf,
                                  const struct pjwt_user *user, struct pjwt_error *reterr)
{
        if (!user->exists)
                return pjwt_fail(reterr, PJWT_UNKNOWN_USER, "the user does not exist on this host");
        if (user->uid == 0)
                return pjwt_fail(reterr, PJWT_SYSTEM_ACCOUNT, "no key is printed for uid 0");
        if (!pjwt_grant_possible(conf, user, options->service ? options->service : "sshd", true))
                return pjwt_fail(reterr, PJWT_NO_GRANT, "no grant with bind = ssh-key allows this user");
        return PJWT_OK;
}

/* A certificate is verified by its authority, never by a line of this command: sshd would not accept it. */
static enum pjwt_reason check_key(const char *type, const char *base64, struct pjwt_error *reterr)
{
        struct pjwt_sshkey key;
        char text[PJWT_SSHKEY_BLOB_MAX / 3 * 4 + 100];
        int len = snprintf(text, sizeof(text), "%s %s", type, base64);

        if (len < 0 || (size_t)len >= sizeof(text))
                return pjwt_fail(reterr, PJWT_BAD_PROOF, "the ssh key is too long");
        if (pjwt_sshkey_parse(text, (size_t)len, &key, reterr) != PJWT_OK)
                return reterr->reason;
        return key.certificate ? pjwt_fail(reterr, PJWT_BAD_PROOF,
                                           "sshd does not accept certificates from this command")
                               : PJWT_OK;
}

static int print_offer(const struct offer_key_options *options, const char *type, const char *base64)
{
        struct json_object *object;

        if (!options->json)
                return printf("%s %s\n", type, base64) < 0 ? CLI_ERROR : CLI_YES;
        object = cli_json_begin(true);
        cli_json_add_string(object, "type", type);
        cli_json_add_string(object, "key", base64);
        return cli_print_json(object, CLI_YES);
}

static int offer(const struct offer_key_options *options, const struct pjwt_conf *conf)
{
        char **words = options->args.words.items;
        struct pjwt_user user = {0};
        struct pjwt_error err = {0};
        int r = cli_user_find(words[0], &user);

        if (r != CLI_YES)
                return r;
        if (may_offer(options, conf, &user, &err) == PJWT_OK &&
            check_key(words[1], words[2], &err) == PJWT_OK)
                r = print_offer(options, words[1], words[2]);
        else
                r = cli_refused(options->json, &err);
        cli_user_clear(&user);
        return r;
}

static int run(const void *arg)
{
        const struct offer_key_options *options = arg;
        struct pjwt_conf *conf = NULL;
        int r = cli_conf_load(options->config, options->json, &conf);

        if (r == CLI_YES)
                r = offer(options, conf);
        pjwt_conf_free(conf);
        return r;
}

const struct cli_body cli_offer_key_body = {option_rows, sizeof(struct offer_key_options), run};
