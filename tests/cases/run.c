/*
 * Runs the cases of a folder (README.md here says what a case is). A case is data; this program only carries
 * it through the stages in their order and compares how that ended.
 *
 *   run FOLDER...            every case below the folders
 *   run --show FOLDER...     prints how each case ends instead of judging it: for writing new ones
 *   run --ring FOLDER...     every key of the cases against every token: only the right pairs may hold
 *   run --faults FOLDER...   (case_faults) every case again and again, each time with another call failing,
 *                            to memory, json-c or OpenSSL: what is refused must never be accepted then, and
 *                            no -1 of OpenSSL is a yes (PRS-20, SIG-24)
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "claims.h"
#include "decide.h"
#include "keyset.h"
#include "token.h"
#include "verify.h"
#ifdef CASE_FAULTS
#include "faults.h"
void *__real_calloc(size_t n, size_t size); /* what this program itself needs never fails */
#define calloc __real_calloc
#endif

#define LIST_MAX 24

/* A file's bytes; text is NULL when there is no such file. */
struct bytes {
        char *text;
        size_t len;
};

/* What the file `options` says. */
struct options {
        struct pjwt_claims_policy claims;
        const char *audience[LIST_MAX], *typ[LIST_MAX], *require[LIST_MAX], *clients[LIST_MAX];
        pjwt_algset algorithms;
        unsigned token_flags, key_flags;
        bool jws; /* signature only: the payload is any bytes */
        char *text;
};

struct outcome {
        enum pjwt_reason reason;
        struct pjwt_error err;
        struct pjwt_keyset *keys;
        struct pjwt_token *token;
        struct json_object *json;
        const struct pjwt_key *key; /* under which the signature held */
        char line[PJWT_AUDIT_MAX];  /* of a whole decision: what the log gets; else empty */
};

static bool show;
static unsigned passed, failed;

static void die(const char *path, const char *what)
{
        fprintf(stderr, "%s: %s\n", path, what);
        exit(2);
}

static struct bytes read_file(const char *folder, const char *name)
{
        char path[4096];
        struct bytes b = {0};
        struct stat st;
        int fd;

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return b;
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
                die(path, "not a file");
        b.len = (size_t)st.st_size;
        b.text = calloc(1, b.len + 1);
        if (b.text == NULL || read(fd, b.text, b.len) != (ssize_t)b.len)
                die(path, "cannot be read");
        close(fd);
        return b;
}

/* A file that the case does not have is taken from the folders above it, up to the one with `root` in it. */
static struct bytes read_upwards(const char *folder, const char *name)
{
        char up[4096], root[4200];
        struct bytes b;

        snprintf(up, sizeof(up), "%s", folder);
        for (;;) {
                char *slash = strrchr(up, '/');

                b = read_file(up, name);
                snprintf(root, sizeof(root), "%s/root", up);
                if (b.text != NULL || slash == NULL || access(root, F_OK) == 0)
                        return b;
                *slash = '\0';
        }
}

static void drop_last_newline(struct bytes *b)
{
        if (b->len > 0 && b->text[b->len - 1] == '\n')
                b->text[--b->len] = '\0';
}

/* --- options
 * ---------------------------------------------------------------------------------------------------- */

static void words(char *value, const char **list, const char *folder)
{
        size_t n = 0;

        for (char *save, *w = strtok_r(value, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
                if (n + 1 >= LIST_MAX)
                        die(folder, "options: too many words");
                list[n++] = w;
        }
        list[n] = NULL;
}

static pjwt_algset algorithm_set(char *value, const char *folder)
{
        const char *names[LIST_MAX];
        pjwt_algset set = 0;

        words(value, names, folder);
        for (size_t i = 0; names[i] != NULL; i++) {
                const struct pjwt_alg *alg = pjwt_alg_find(names[i], strlen(names[i]));

                if (alg == NULL)
                        die(folder, "options: unknown algorithm");
                set |= alg->bit;
        }
        return set;
}

static unsigned skips(char *value, const char *folder)
{
        static const struct {
                const char *name;
                unsigned flag;
        } rows[] = {{"exp", PJWT_SKIP_EXP},
                    {"nbf", PJWT_SKIP_NBF},
                    {"iat", PJWT_SKIP_IAT},
                    {"aud", PJWT_SKIP_AUD},
                    {"iss", PJWT_SKIP_ISS}};
        const char *names[LIST_MAX];
        unsigned flags = 0;

        words(value, names, folder);
        for (size_t i = 0; names[i] != NULL; i++)
                for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
                        if (strcmp(names[i], rows[k].name) == 0)
                                flags |= rows[k].flag;
        return flags;
}

static void set_option(struct options *o, const char *name, char *value, const char *folder)
{
        if (strcmp(name, "issuer") == 0)
                o->claims.issuer = *value != '\0' ? value : NULL;
        else if (strcmp(name, "audience") == 0)
                words(value, o->audience, folder);
        else if (strcmp(name, "subject") == 0)
                o->claims.subject = value;
        else if (strcmp(name, "typ") == 0)
                words(value, o->typ, folder);
        else if (strcmp(name, "require") == 0)
                words(value, o->require, folder);
        else if (strcmp(name, "clients") == 0)
                words(value, o->clients, folder);
        else if (strcmp(name, "leeway") == 0)
                o->claims.leeway = strtoll(value, NULL, 10);
        else if (strcmp(name, "max_lifetime") == 0)
                o->claims.max_lifetime = strtoll(value, NULL, 10);
        else if (strcmp(name, "skip") == 0)
                o->claims.flags |= skips(value, folder);
        else if (strcmp(name, "if_present") == 0)
                o->claims.flags |= PJWT_IF_PRESENT;
        else if (strcmp(name, "algorithms") == 0)
                o->algorithms = algorithm_set(value, folder);
        else if (strcmp(name, "jws") == 0)
                o->token_flags |= PJWT_TOKEN_ANY_PAYLOAD;
        else if (strcmp(name, "any_alg") == 0)
                o->token_flags |= PJWT_TOKEN_ANY_ALG;
        else if (strcmp(name, "public_only") == 0)
                o->key_flags |= PJWT_KEYS_PUBLIC_ONLY;
        else if (strcmp(name, "weak_secret") == 0)
                o->key_flags |= PJWT_KEYS_WEAK_SECRET;
        else
                die(folder, "options: unknown option");
}

/* One `name value` a line. */
static void read_options(const char *folder, struct options *o)
{
        memset(o, 0, sizeof(*o));
        o->text = read_upwards(folder, "options").text;
        o->algorithms = pjwt_alg_default();
        o->claims.audience = o->audience;
        o->claims.typ = o->typ;
        o->claims.require = o->require;
        o->claims.clients = o->clients;
        if (o->text == NULL)
                return;
        for (char *save, *line = strtok_r(o->text, "\n", &save); line != NULL;
             line = strtok_r(NULL, "\n", &save)) {
                char *value = line + strcspn(line, " ");

                if (*value != '\0')
                        *value++ = '\0';
                set_option(o, line, value, folder);
        }
}

/* --- the stages
 * ------------------------------------------------------------------------------------------------- */

static enum pjwt_reason load_keys(const char *folder, const struct options *o, struct pjwt_keyset **ret,
                                  struct pjwt_error *reterr)
{
        struct bytes keys = read_file(folder, "keys"), secret = read_file(folder, "secret");
        enum pjwt_reason r = PJWT_UNDECIDED;

        if (keys.text == NULL && secret.text == NULL)
                keys = read_upwards(folder, "keys");
        if (secret.text != NULL)
                r = pjwt_keyset_from_secret((const unsigned char *)secret.text, secret.len, o->key_flags, ret,
                                            reterr);
        else if (keys.text != NULL)
                r = pjwt_keyset_parse(keys.text, keys.len, o->key_flags, ret, reterr);
        else
                die(folder, "neither keys nor secret");
        free(keys.text);
        free(secret.text);
        return r;
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
        r = pjwt_verify_token(out->keys, picks, count, out->token, &out->key, &out->err);
        if (r != PJWT_OK || out->token->claims == NULL)
                return r;
        return pjwt_claims_check(out->token, &o->claims, now, NULL, &out->err);
}

static enum pjwt_reason run_token(const char *folder, struct outcome *out)
{
        struct bytes token = read_file(folder, "token"), now = read_upwards(folder, "now");
        struct options o;
        enum pjwt_reason r;

        read_options(folder, &o);
        drop_last_newline(&token);
        r = pjwt_token_parse(token.text, token.len, o.token_flags, &out->token, &out->err);
        if (r == PJWT_OK)
                r = load_keys(folder, &o, &out->keys, &out->err);
        if (r == PJWT_OK && out->token->alg != NULL)
                r = verify_and_check(&o, now.text != NULL ? strtoll(now.text, NULL, 10) : 0, out);
        free(token.text);
        free(now.text);
        free(o.text);
        return r;
}

static enum pjwt_reason run_keys(const char *folder, struct outcome *out)
{
        struct options o;
        enum pjwt_reason r;

        read_options(folder, &o);
        r = load_keys(folder, &o, &out->keys, &out->err);
        if (r == PJWT_OK)
                r = pjwt_keyset_check_all(out->keys, &out->err);
        free(o.text);
        return r;
}

static enum pjwt_reason run_json(const char *folder, struct outcome *out)
{
        struct bytes json = read_file(folder, "json");
        enum pjwt_reason r;

        drop_last_newline(&json);
        r = pjwt_json_parse_object(json.text, json.len, "json", &out->json, &out->err);
        free(json.text);
        return r;
}

/* --- whole decisions -------------------------------------------------------------------------------------------- */

/* The key files of a decision, in a folder that only we can write. */
struct key_files {
        char folder[32];
        char path[2][64];
};

static const char *const key_names[2] = {"keys", "keys2"};
static const char *const key_marks[2] = {"@KEYS@", "@KEYS2@"};

static void write_file(const char *path, const struct bytes *b)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

        if (fd < 0 || write(fd, b->text, b->len) != (ssize_t)b->len || close(fd) != 0)
                die(path, "cannot be written");
}

static void make_key_files(const char *folder, struct key_files *files)
{
        strcpy(files->folder, "/tmp/pjwt-case-XXXXXX");
        if (mkdtemp(files->folder) == NULL)
                die(files->folder, "cannot be made");
        for (int i = 0; i < 2; i++) {
                struct bytes keys = read_upwards(folder, key_names[i]);

                snprintf(files->path[i], sizeof(files->path[i]), "%s/%s", files->folder, key_names[i]);
                if (keys.text != NULL)
                        write_file(files->path[i], &keys);
                free(keys.text);
        }
}

static void drop_key_files(const struct key_files *files)
{
        for (int i = 0; i < 2; i++)
                (void)unlink(files->path[i]);
        (void)rmdir(files->folder);
}

/* The configuration with the paths of the key files in it. */
static struct bytes filled_conf(const char *folder, const struct key_files *files)
{
        struct bytes conf = read_upwards(folder, "conf"), out = {0};
        FILE *f = open_memstream(&out.text, &out.len);

        for (const char *p = conf.text; f != NULL && *p != '\0';) {
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
                die(folder, "no memory");
        free(conf.text);
        return out;
}

static char *kept(const char *text)
{
        return (char *)(uintptr_t)text;
}

/* `NAME UID`, or `NAME` for one who does not exist. */
static struct pjwt_user read_user(char *text)
{
        struct pjwt_user user = {.name = text, .system_uid_max = 999};
        char *uid = strrchr(text, ' ');

        if (uid != NULL && uid[1] >= '0' && uid[1] <= '9') {
                *uid = '\0';
                user.exists = true;
                user.uid = (uid_t)strtoul(uid + 1, NULL, 10);
        }
        return user;
}

static enum pjwt_reason decide(const struct pjwt_conf *conf, const char *folder,
                               const struct key_files *files, struct outcome *out)
{
        struct bytes token = read_file(folder, "token"), user = read_upwards(folder, "user"),
                     service = read_upwards(folder, "service"), rhost = read_upwards(folder, "rhost"),
                     now = read_upwards(folder, "now"), auth_info = read_file(folder, "auth_info"),
                     login_key = read_file(folder, "login_key");
        struct pjwt_record login = {.service = kept("sshd"), .until = INT64_MAX};
        struct pjwt_request request = {.keys.cache_dir = files->folder};
        struct pjwt_decision decision;
        enum pjwt_reason r;

        drop_last_newline(&token);
        drop_last_newline(&user);
        drop_last_newline(&service);
        drop_last_newline(&rhost);
        request.token = token.text;
        request.token_len = token.len;
        request.user = read_user(user.text);
        request.service = service.text;
        request.rhost = rhost.text;
        request.now = request.keys.now = strtoll(now.text, NULL, 10);
        request.auth_info = auth_info.text;
        login.bound_key = login_key.len > 0 ? login_key.text : NULL;
        request.login = login_key.text ? &login : NULL;
        r = pjwt_decide(conf, &request, &decision);
        out->err = decision.error;
        pjwt_audit_line(&request, &decision, out->line);
        pjwt_decision_clear(&decision);
        free(token.text);
        free(user.text);
        free(service.text);
        free(rhost.text);
        free(now.text);
        free(auth_info.text);
        free(login_key.text);
        return r;
}

static enum pjwt_reason run_login(const char *folder, struct outcome *out)
{
        struct key_files files;
        struct bytes text;
        struct pjwt_conf_text conf_text = {.file = "conf"};
        struct pjwt_conf *conf = NULL;
        enum pjwt_reason r;

        make_key_files(folder, &files);
        text = filled_conf(folder, &files);
        conf_text.text = text.text;
        conf_text.len = text.len;
        r = pjwt_conf_parse(&conf_text, 1, "host.example", &conf, &out->err);
        if (r == PJWT_OK)
                r = decide(conf, folder, &files, out);
        pjwt_conf_free(conf);
        free(text.text);
        drop_key_files(&files);
        return r;
}

static bool has_above(const char *folder, const char *name)
{
        struct bytes b = read_upwards(folder, name);

        free(b.text);
        return b.text != NULL;
}

static bool has(const char *folder, const char *name)
{
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        return access(path, F_OK) == 0;
}

static void run_stages(const char *folder, struct outcome *out)
{
        if (has_above(folder, "conf"))
                out->reason = run_login(folder, out);
        else if (has(folder, "token"))
                out->reason = run_token(folder, out);
        else if (has(folder, "json"))
                out->reason = run_json(folder, out);
        else
                out->reason = run_keys(folder, out);
}

/* A host process has its own errors in OpenSSL's queue; they are there afterwards, and nothing else is (SIG-25). */
static void run_case(const char *folder, struct outcome *out)
{
        memset(out, 0, sizeof(*out));
        ERR_clear_error();
        ERR_raise(ERR_LIB_USER, 77);
        run_stages(folder, out);
        if (ERR_GET_REASON(ERR_get_error()) != 77 || ERR_get_error() != 0) {
                failed++;
                printf("FAIL: %s leaves another error queue than it found\n", folder);
        }
}

static void clear(struct outcome *out)
{
        pjwt_token_free(out->token);
        pjwt_keyset_free(out->keys);
        json_object_put(out->json);
}

/* --- judging
 * ---------------------------------------------------------------------------------------------------- */

/* `key N REASON [piece of the note]` */
static bool key_is(const struct pjwt_keyset *set, char *line)
{
        size_t i = strtoul(line, &line, 10);
        size_t word = strcspn(line += strspn(line, " "), " ");
        const char *piece = line + word + strspn(line + word, " ");
        const char *reason;

        if (set == NULL || i >= set->count)
                return false;
        reason = pjwt_reason_name(set->keys[i].unusable);
        return strlen(reason) == word && strncmp(reason, line, word) == 0 &&
               strstr(set->keys[i].note, piece) != NULL;
}

/* `thumbprint N VALUE` (RFC 7638) */
static bool thumbprint_is(const struct pjwt_keyset *set, char *line)
{
        size_t i = strtoul(line, &line, 10);
        struct pjwt_error err = {0};
        char thumbprint[44];

        return set != NULL && i < set->count &&
               pjwt_key_thumbprint(&set->keys[i], thumbprint, &err) == PJWT_OK &&
               strcmp(thumbprint, line + strspn(line, " ")) == 0;
}

/* One line of `expect` behind the first. */
static bool holds(const struct outcome *out, const char *folder, char *line)
{
        struct bytes payload;
        bool same;

        if (strncmp(line, "key ", 4) == 0)
                return key_is(out->keys, line + 4);
        if (strncmp(line, "usable ", 7) == 0)
                return out->keys != NULL && out->keys->usable == strtoul(line + 7, NULL, 10);
        if (strncmp(line, "kid ", 4) == 0)
                return out->key != NULL && out->key->kid != NULL && strcmp(out->key->kid, line + 4) == 0;
        if (strncmp(line, "thumbprint ", 11) == 0)
                return thumbprint_is(out->keys, line + 11);
        if (strcmp(line, "payload as in the file") == 0) {
                payload = read_file(folder, "payload");
                same = out->token != NULL && out->token->payload_len == payload.len &&
                       memcmp(out->token->payload, payload.text, payload.len) == 0;
                free(payload.text);
                return same;
        }
        if (strncmp(line, "without ", 8) == 0)
                return strstr(out->line, line + 8) == NULL;
        if (out->line[0] != '\0')
                return strstr(out->line, line) != NULL;
        return out->reason != PJWT_OK && strstr(out->err.detail, line) != NULL;
}

static void print_outcome(const char *folder, const struct outcome *out)
{
        printf("%s: %s: %s\n", folder, pjwt_reason_name(out->reason),
               out->line[0] != '\0' ? out->line : out->err.detail);
        for (size_t i = 0; out->keys != NULL && !has(folder, "token") && i < out->keys->count; i++)
                printf("    key %zu %s %s\n", i, pjwt_reason_name(out->keys->keys[i].unusable),
                       out->keys->keys[i].note);
}

/* The outcome, and the rule that the reason returned and the reason in the error are one. */
static bool as_expected(const char *folder, const struct outcome *out, char *expect, const char **retmissing)
{
        char *save, *line = strtok_r(expect, "\n", &save);

        *retmissing = line != NULL ? line : "(empty expect)";
        if (line == NULL || strcmp(pjwt_reason_name(out->reason), line) != 0)
                return false;
        if (out->reason != out->err.reason &&
            !(out->reason == PJWT_OK && out->err.reason == PJWT_UNDECIDED)) {
                *retmissing = "the same reason in the error";
                return false;
        }
        while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
                *retmissing = line;
                if (!holds(out, folder, line))
                        return false;
        }
        return true;
}

static void judge(const char *folder, char *expect)
{
        struct outcome out;
        const char *missing;

        run_case(folder, &out);
        if (show) {
                print_outcome(folder, &out);
        } else if (as_expected(folder, &out, expect, &missing)) {
                passed++;
        } else {
                failed++;
                printf("FAIL, expected \"%s\": ", missing);
                print_outcome(folder, &out);
        }
        clear(&out);
}

/* --- the ring
 * --------------------------------------------------------------------------------------------------- */

#define RING_MAX 64

struct ring {
        struct outcome at[RING_MAX];
        char name[RING_MAX][256];
        char thumbprint[RING_MAX][44]; /* of the key: cases may share one */
        size_t count;
};

static struct ring ring;
static bool ringing;

static void ring_add(const char *folder)
{
        struct outcome *out = &ring.at[ring.count];
        struct pjwt_error err = {0};

        run_case(folder, out);
        if (out->reason != PJWT_OK || out->token == NULL || out->key == NULL) {
                clear(out);
                return;
        }
        if (pjwt_key_thumbprint(out->key, ring.thumbprint[ring.count], &err) != PJWT_OK)
                die(folder, "its key has no thumbprint");
        snprintf(ring.name[ring.count], sizeof(ring.name[0]), "%s", folder);
        if (++ring.count == RING_MAX)
                die(folder, "the ring is full");
}

/* Straight to the last door, without the choice by kid and alg in front of it. */
static bool opens(size_t key, size_t token)
{
        const struct pjwt_key *pick = ring.at[key].key, *held = NULL;
        struct pjwt_error err = {0};

        return pjwt_verify_token(ring.at[key].keys, &pick, 1, ring.at[token].token, &held, &err) == PJWT_OK;
}

static void ring_judge(void)
{
        for (size_t k = 0; k < ring.count; k++)
                for (size_t t = 0; t < ring.count; t++) {
                        bool want = k == t || (strcmp(ring.thumbprint[k], ring.thumbprint[t]) == 0 &&
                                               pjwt_key_fits(ring.at[k].key, ring.at[t].token->alg));

                        if (opens(k, t) == want) {
                                passed++;
                                continue;
                        }
                        failed++;
                        printf("FAIL: key of %s, token of %s: %s\n", ring.name[k], ring.name[t],
                               want ? "refused" : "ACCEPTED");
                }
        for (size_t i = 0; i < ring.count; i++)
                clear(&ring.at[i]);
}

/* --- faults ----------------------------------------------------------------------------------------------------- */

static bool faults;

#ifdef CASE_FAULTS
/* Runs the case with its n-th call failing; 0: none. Returns how many calls there were. */
static unsigned long run_faulty(const char *folder, unsigned long n, enum pjwt_reason *retreason)
{
        struct outcome out;
        unsigned long calls;

        faults_begin(n);
        run_case(folder, &out);
        calls = faults_end();
        *retreason = out.reason;
        if (out.reason == PJWT_UNDECIDED || (out.reason != PJWT_OK && out.err.reason != out.reason)) {
                failed++;
                printf("FAIL: %s, call %lu fails: %s, and in the error %s\n", folder, n,
                       pjwt_reason_name(out.reason), pjwt_reason_name(out.err.reason));
        }
        clear(&out);
        return calls;
}

static void judge_faulty(const char *folder)
{
        enum pjwt_reason right, reason;
        unsigned long calls = run_faulty(folder, 0, &right);

        for (unsigned long n = 1; n <= calls; n++) {
                (void)run_faulty(folder, n, &reason);
                if (reason != PJWT_OK || right == PJWT_OK) {
                        passed++;
                        continue;
                }
                failed++;
                printf("FAIL: %s is accepted when call %lu fails, else %s\n", folder, n,
                       pjwt_reason_name(right));
        }
}
#else
static void judge_faulty(const char *folder)
{
        die(folder, "this program has no faults");
}
#endif

/* --- walking
 * ---------------------------------------------------------------------------------------------------- */

static int visible(const struct dirent *d)
{
        return d->d_name[0] != '.';
}

/* A folder with the file `expect` is a case; any other is looked through. */
static void walk(const char *folder)
{
        struct bytes expect = read_file(folder, "expect");
        struct dirent **list = NULL;
        int n;

        if (expect.text != NULL) {
                if (ringing)
                        ring_add(folder);
                else if (faults)
                        judge_faulty(folder);
                else
                        judge(folder, expect.text);
                free(expect.text);
                return;
        }
        n = scandir(folder, &list, visible, alphasort);
        if (n < 0)
                die(folder, "cannot be read");
        for (int i = 0; i < n; i++) {
                char path[4096];
                struct stat st;

                snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
                if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
                        walk(path);
                free(list[i]);
        }
        free(list);
}

int main(int argc, char **argv)
{
        int i = 1;

        if (i < argc && strcmp(argv[i], "--show") == 0)
                show = i++ > 0;
        else if (i < argc && strcmp(argv[i], "--ring") == 0)
                ringing = i++ > 0;
        else if (i < argc && strcmp(argv[i], "--faults") == 0)
                faults = i++ > 0;
        for (; i < argc; i++) {
                char *folder = realpath(argv[i], NULL);

                if (folder == NULL)
                        die(argv[i], "cannot be read");
                walk(folder);
                free(folder);
        }
        if (ringing)
                ring_judge();
        if (!show)
                printf("%u as expected, %u not\n", passed, failed);
        return failed != 0 || (!show && passed == 0);
}
