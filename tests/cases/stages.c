#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claims.h"
#include "decide.h"
#include "stages.h"
#include "verify.h"

#define LIST_MAX 24

/* The settings of the field `options`; strings belong to the case. */
struct options {
        struct pjwt_claims_policy claims;
        const char *audience[LIST_MAX], *typ[LIST_MAX], *require[LIST_MAX], *clients[LIST_MAX];
        pjwt_algset algorithms;
        unsigned token_flags, key_flags;
};

/* --- options -------------------------------------------------------------------------------------------- */

static void words(struct json_object *options, const char *name, const char **list)
{
        size_t n = 0;

        for (const char *word; (word = case_listed(options, name, n)) != NULL; n++) {
                if (n + 1 >= LIST_MAX)
                        case_die(name, "too many words");
                list[n] = word;
        }
        list[n] = NULL;
}

static pjwt_algset algorithm_set(struct json_object *options)
{
        pjwt_algset set = 0;
        const char *name;

        for (size_t i = 0; (name = case_listed(options, "algorithms", i)) != NULL; i++) {
                const struct pjwt_alg *alg = pjwt_alg_find(name, strlen(name));

                if (alg == NULL)
                        case_die(name, "options: unknown algorithm");
                set |= alg->bit;
        }
        return set;
}

static unsigned skips(struct json_object *options)
{
        static const struct {
                const char *name;
                unsigned flag;
        } rows[] = {{"exp", PJWT_SKIP_EXP},
                    {"nbf", PJWT_SKIP_NBF},
                    {"iat", PJWT_SKIP_IAT},
                    {"aud", PJWT_SKIP_AUD},
                    {"iss", PJWT_SKIP_ISS}};
        unsigned flags = 0;
        const char *name;

        for (size_t i = 0; (name = case_listed(options, "skip", i)) != NULL; i++) {
                size_t k = 0;

                while (k < sizeof(rows) / sizeof(rows[0]) && strcmp(name, rows[k].name) != 0)
                        k++;
                if (k == sizeof(rows) / sizeof(rows[0]))
                        case_die(name, "options: no such claim to skip");
                flags |= rows[k].flag;
        }
        return flags;
}

/* A switch; false if the name is unknown. */
static bool set_switch(struct options *o, const char *name)
{
        const struct {
                const char *name;
                unsigned *flags, flag;
        } rows[] = {{"if_present", &o->claims.flags, PJWT_IF_PRESENT},
                    {"jws", &o->token_flags, PJWT_TOKEN_ANY_PAYLOAD},
                    {"any_alg", &o->token_flags, PJWT_TOKEN_ANY_ALG},
                    {"public_only", &o->key_flags, PJWT_KEYS_PUBLIC_ONLY},
                    {"weak_secret", &o->key_flags, PJWT_KEYS_WEAK_SECRET}};

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (strcmp(name, rows[i].name) == 0) {
                        *rows[i].flags |= rows[i].flag;
                        return true;
                }
        return false;
}

static void set_option(struct options *o, const char *name, struct json_object *value,
                       struct json_object *all)
{
        if (strcmp(name, "issuer") == 0)
                o->claims.issuer = json_object_get_string(value);
        else if (strcmp(name, "audience") == 0)
                words(all, name, o->audience);
        else if (strcmp(name, "subject") == 0)
                o->claims.subject = json_object_get_string(value);
        else if (strcmp(name, "typ") == 0)
                words(all, name, o->typ);
        else if (strcmp(name, "require") == 0)
                words(all, name, o->require);
        else if (strcmp(name, "clients") == 0)
                words(all, name, o->clients);
        else if (strcmp(name, "leeway") == 0)
                o->claims.leeway = json_object_get_int64(value);
        else if (strcmp(name, "max_lifetime") == 0)
                o->claims.max_lifetime = json_object_get_int64(value);
        else if (strcmp(name, "skip") == 0)
                o->claims.flags |= skips(all);
        else if (strcmp(name, "algorithms") == 0)
                o->algorithms = algorithm_set(all);
        else if (!set_switch(o, name))
                case_die(name, "options: unknown option");
}

static void read_options(struct json_object *options, struct options *o)
{
        memset(o, 0, sizeof(*o));
        o->algorithms = pjwt_alg_default();
        o->claims.audience = o->audience;
        o->claims.typ = o->typ;
        o->claims.require = o->require;
        o->claims.clients = o->clients;
        if (options == NULL)
                return;
        json_object_object_foreach(options, name, value)
        {
                set_option(o, name, value, options);
        }
}

/* --- the stages ----------------------------------------------------------------------------------------- */

static enum pjwt_reason load_keys(const struct test_case *test, const struct options *o, struct outcome *out)
{
        if (test->secret.text != NULL)
                return pjwt_keyset_from_secret((const unsigned char *)test->secret.text, test->secret.len,
                                               o->key_flags, &out->keys, &out->err);
        return pjwt_keyset_parse(test->keys.text, test->keys.len, o->key_flags, &out->keys, &out->err);
}

static enum pjwt_reason verify_and_check(const struct options *o, int64_t now, struct outcome *out)
{
        const struct pjwt_key *picks[PJWT_KEYSET_TRIES];
        size_t count;
        enum pjwt_reason r;

        if ((o->algorithms & out->token->alg->bit) == 0)
                return pjwt_fail(&out->err, PJWT_ALG_NOT_ALLOWED, "%s", out->token->alg->name);
        r = pjwt_keyset_pick(out->keys, out->token->alg, out->token->kid, out->token->kid_len, picks, &count,
                             &out->err);
        if (r != PJWT_OK)
                return r;
        r = pjwt_verify_token(picks, count, out->token, &out->key, &out->err);
        if (r != PJWT_OK || out->token->claims == NULL)
                return r;
        return pjwt_claims_check(out->token, &o->claims, now, NULL, &out->err);
}

static enum pjwt_reason run_token(const struct test_case *test, struct outcome *out)
{
        struct options o;
        enum pjwt_reason r;

        read_options(test->options, &o);
        r = pjwt_token_parse(test->token.text, test->token.len, o.token_flags, &out->token, &out->err);
        if (r == PJWT_OK)
                r = load_keys(test, &o, out);
        if (r == PJWT_OK && out->token->alg != NULL)
                r = verify_and_check(&o, test->now, out);
        return r;
}

static enum pjwt_reason run_keys(const struct test_case *test, struct outcome *out)
{
        struct options o;
        enum pjwt_reason r;

        read_options(test->options, &o);
        r = load_keys(test, &o, out);
        return r == PJWT_OK ? pjwt_keyset_check_all(out->keys, &out->err) : r;
}

/* --- whole decisions ------------------------------------------------------------------------------------ */

/* The key files of a decision, in a directory that only we can write to. */
struct key_files {
        char directory[32];
        char path[2][64];
};

static const char *const key_names[2] = {"keys", "keys2"};
static const char *const key_marks[2] = {"@KEYS@", "@KEYS2@"};

static void write_file(const char *path, const struct case_bytes *b)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0 || write(fd, b->text, b->len) != (ssize_t)b->len || close(fd) != 0)
                case_die(path, "cannot be written");
}

static void make_key_files(const struct test_case *test, struct key_files *files)
{
        const struct case_bytes *keys[2] = {&test->keys, &test->keys2};

        strcpy(files->directory, "/tmp/pjwt-case-XXXXXX");
        if (mkdtemp(files->directory) == NULL)
                case_die(files->directory, "cannot be made");
        for (int i = 0; i < 2; i++) {
                snprintf(files->path[i], sizeof(files->path[i]), "%s/%s", files->directory, key_names[i]);
                if (keys[i]->text != NULL)
                        write_file(files->path[i], keys[i]);
        }
}

static void drop_key_files(const struct key_files *files)
{
        for (int i = 0; i < 2; i++)
                (void)unlink(files->path[i]);
        (void)rmdir(files->directory);
}

/* The configuration with the paths of the key files inserted. */
static struct case_bytes filled_conf(const struct test_case *test, const struct key_files *files)
{
        struct case_bytes out = {0};
        FILE *f = open_memstream(&out.text, &out.len);

        for (const char *p = test->conf.text; f != NULL && *p != '\0';) {
                int i = 0;

                while (i < 2 && strncmp(p, key_marks[i], strlen(key_marks[i])) != 0)
                        i++;
                if (i < 2)
                        fputs(files->path[i], f);
                else
                        fputc(*p, f);
                p += i < 2 ? strlen(key_marks[i]) : 1;
        }
        if (f == NULL || fclose(f) != 0)
                case_die(test->name, "no memory");
        return out;
}

static struct pjwt_user user_of(const struct test_case *test)
{
        struct pjwt_user user = {.name = test->user.text, .system_uid_max = 999};

        if (test->uid >= 0) {
                user.exists = true;
                user.uid = (uid_t)test->uid;
        }
        return user;
}

static enum pjwt_reason decide(const struct pjwt_conf *conf, struct test_case *test,
                               const struct key_files *files, struct outcome *out)
{
        static char sshd[] = "sshd";
        struct pjwt_record login = {.service = sshd, .until = INT64_MAX};
        struct pjwt_request request = {.keys.cache_dir = files->directory};
        struct pjwt_decision decision;
        enum pjwt_reason r;

        request.token = test->token.text;
        request.token_len = test->token.len;
        request.user = user_of(test);
        request.service = test->service.text;
        request.rhost = test->rhost.text;
        request.now = request.keys.now = test->now;
        request.auth_info = test->auth_info.text;
        login.bound_key = test->login_key.len > 0 ? test->login_key.text : NULL;
        request.login = test->login_key.text != NULL ? &login : NULL;
        r = pjwt_decide(conf, &request, &decision);
        out->err = decision.error;
        pjwt_audit_line(&request, &decision, out->line);
        pjwt_decision_clear(&decision);
        return r;
}

static enum pjwt_reason run_decision(struct test_case *test, struct outcome *out)
{
        struct key_files files;
        struct case_bytes text;
        struct pjwt_conf_text conf_text = {.file = "conf"};
        struct pjwt_conf *conf = NULL;
        enum pjwt_reason r;

        make_key_files(test, &files);
        text = filled_conf(test, &files);
        conf_text.text = text.text;
        conf_text.len = text.len;
        r = pjwt_conf_parse(&conf_text, 1, "host.example", &conf, &out->err);
        if (r == PJWT_OK)
                r = decide(conf, test, &files, out);
        pjwt_conf_free(conf);
        free(text.text);
        drop_key_files(&files);
        return r;
}

/* --- a case --------------------------------------------------------------------------------------------- */

static enum pjwt_reason run_stages(struct test_case *test, struct outcome *out)
{
        switch (test->type) {
        case CASE_TOKEN:
                return run_token(test, out);
        case CASE_KEYS:
                return run_keys(test, out);
        case CASE_DECISION:
                return run_decision(test, out);
        case CASE_JSON:
                return pjwt_json_parse_object(test->json.text, test->json.len, "json", &out->json, &out->err);
        }
        case_die(test->name, "a case of no type");
}

bool run_case(struct test_case *test, struct outcome *out)
{
        memset(out, 0, sizeof(*out));
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 77);
        out->reason = run_stages(test, out);
        return ERR_GET_REASON(ERR_get_error()) == 77 && ERR_get_error() == 0;
}

void outcome_clear(struct outcome *out)
{
        pjwt_token_free(out->token);
        pjwt_keyset_free(out->keys);
        json_object_put(out->json);
}
