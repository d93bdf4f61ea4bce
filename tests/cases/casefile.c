#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "casefile.h"

#define DEPTH   24
#define IDS_MAX 1024

void case_die(const char *path, const char *what)
{
        fprintf(stderr, "%s: %s\n", path, what);
        exit(2);
}

/* --- the text ------------------------------------------------------------------------------------------- */

static struct case_bytes read_file(const char *path)
{
        struct case_bytes b = {0};
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
                case_die(path, "cannot be read");
        b.len = (size_t)st.st_size;
        b.text = malloc(b.len + 1);
        if (b.text == NULL || read(fd, b.text, b.len) != (ssize_t)b.len)
                case_die(path, "cannot be read");
        b.text[b.len] = '\0';
        close(fd);
        return b;
}

static struct json_object *parse_file(const char *path)
{
        struct case_bytes text = read_file(path);
        struct json_tokener *tok = json_tokener_new_ex(DEPTH);
        struct json_object *file;

        if (tok == NULL || text.len > INT32_MAX)
                case_die(path, "cannot be read");
        json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        file = json_tokener_parse_ex(tok, text.text, (int)text.len + 1); /* includes the NUL */
        if (json_tokener_get_error(tok) != json_tokener_success ||
            json_tokener_get_parse_end(tok) < text.len - 1)
                case_die(path, "is not JSON");
        json_tokener_free(tok);
        free(text.text);
        return file;
}

/* --- fields --------------------------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *holder, const char *name)
{
        struct json_object *value = NULL;

        (void)json_object_object_get_ex(holder, name, &value);
        return value;
}

static const char *string(struct json_object *holder, const char *name, const char *path)
{
        struct json_object *value = member(holder, name);

        if (!json_object_is_type(value, json_type_string))
                case_die(path, name);
        return json_object_get_string(value);
}

static struct case_bytes copy(const char *text, size_t len)
{
        struct case_bytes b = {.text = malloc(len + 1), .len = len};

        if (b.text == NULL)
                case_die("casefile", "no memory");
        memcpy(b.text, text, len);
        b.text[len] = '\0';
        return b;
}

/* A string is the text itself; an object is serialised without white space. */
static struct case_bytes from_value(struct json_object *value)
{
        size_t len;
        const char *text;

        if (json_object_is_type(value, json_type_string))
                return copy(json_object_get_string(value), (size_t)json_object_get_string_len(value));
        text = json_object_to_json_string_length(
                value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
        if (text == NULL)
                case_die("casefile", "no memory");
        return copy(text, len);
}

static int hex_digit(char c, const char *path)
{
        const char *digits = "0123456789abcdef", *at = strchr(digits, c);

        if (at == NULL || c == '\0')
                case_die(path, "a field in hex holds something else");
        return (int)(at - digits);
}

static struct case_bytes from_hex(struct json_object *value, const char *path)
{
        struct case_bytes b = from_value(value);

        if (b.len % 2 != 0)
                case_die(path, "a field in hex has half a byte");
        b.len /= 2;
        for (size_t i = 0; i < b.len; i++)
                b.text[i] = (char)(hex_digit(b.text[2 * i], path) * 16 + hex_digit(b.text[2 * i + 1], path));
        b.text[b.len] = '\0';
        return b;
}

/* A list of [text, times]. */
static struct case_bytes from_repeat(struct json_object *list)
{
        struct case_bytes b = {0};
        FILE *f = open_memstream(&b.text, &b.len);

        for (size_t i = 0; f != NULL && i < json_object_array_length(list); i++) {
                struct json_object *pair = json_object_array_get_idx(list, i);
                int64_t times = json_object_get_int64(json_object_array_get_idx(pair, 1));

                for (int64_t n = 0; n < times; n++)
                        fputs(json_object_get_string(json_object_array_get_idx(pair, 0)), f);
        }
        if (f == NULL || fclose(f) != 0)
                case_die("casefile", "no memory");
        return b;
}

/* The field, in any of the forms that this holder uses. */
static bool get_bytes(struct json_object *holder, const char *name, const char *path, struct case_bytes *ret)
{
        char other[64];
        struct json_object *value = member(holder, name);

        if (value != NULL) {
                *ret = from_value(value);
                return true;
        }
        snprintf(other, sizeof(other), "%sHex", name);
        if ((value = member(holder, other)) != NULL) {
                *ret = from_hex(value, path);
                return true;
        }
        snprintf(other, sizeof(other), "%sRepeat", name);
        if ((value = member(holder, other)) == NULL)
                return false;
        *ret = from_repeat(value);
        return true;
}

/* --- a test --------------------------------------------------------------------------------------------- */

static enum case_type type_named(const char *name, const char *path)
{
        static const char *const names[] = {[CASE_TOKEN] = "token",
                                            [CASE_KEYS] = "keys",
                                            [CASE_DECISION] = "decision",
                                            [CASE_JSON] = "json"};

        for (size_t i = CASE_TOKEN; i <= CASE_JSON; i++)
                if (strcmp(names[i], name) == 0)
                        return (enum case_type)i;
        case_die(path, "a group of an unknown type");
}

static struct json_object *of_test_or_group(struct json_object *group, struct json_object *test,
                                            const char *name)
{
        struct json_object *value = member(test, name);

        return value != NULL ? value : member(group, name);
}

static void fill_bytes(struct json_object *group, struct json_object *test, const char *path,
                       struct test_case *ret)
{
        const struct {
                const char *name;
                struct case_bytes *to;
        } rows[] = {{"token", &ret->token},       {"json", &ret->json},     {"keys", &ret->keys},
                    {"keys2", &ret->keys2},       {"secret", &ret->secret}, {"conf", &ret->conf},
                    {"service", &ret->service},   {"rhost", &ret->rhost},   {"authInfo", &ret->auth_info},
                    {"loginKey", &ret->login_key}};

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                if (!get_bytes(test, rows[i].name, path, rows[i].to))
                        (void)get_bytes(group, rows[i].name, path, rows[i].to);
        if (ret->expect != NULL)
                (void)get_bytes(ret->expect, "payload", path, &ret->payload);
}

static void fill_user(struct json_object *user, struct test_case *ret)
{
        struct json_object *uid = user != NULL ? member(user, "uid") : NULL;

        if (user != NULL)
                ret->user = from_value(member(user, "name"));
        ret->uid = uid != NULL ? json_object_get_int64(uid) : -1;
}

/* The fields that a case of the type requires. */
static void require_fields(const struct test_case *test)
{
        if (test->type == CASE_TOKEN && test->token.text == NULL)
                case_die(test->name, "no token");
        if (test->type == CASE_DECISION &&
            (test->conf.text == NULL || test->user.text == NULL || test->service.text == NULL))
                case_die(test->name, "a decision needs conf, user and service");
        if (test->type == CASE_JSON && test->json.text == NULL)
                case_die(test->name, "no json");
        if ((test->type == CASE_TOKEN || test->type == CASE_KEYS) &&
            (test->keys.text == NULL) == (test->secret.text == NULL))
                case_die(test->name, "neither keys nor secret, or both");
}

static void fill(const char *topic, struct json_object *group, struct json_object *test, const char *path,
                 struct test_case *ret)
{
        memset(ret, 0, sizeof(*ret));
        snprintf(ret->name, sizeof(ret->name), "%s/%s", topic, string(test, "tcId", path));
        ret->type = type_named(string(group, "type", path), path);
        ret->reason = string(test, "reason", ret->name);
        if (strcmp(string(test, "result", ret->name), strcmp(ret->reason, "ok") == 0 ? "accept" : "reject") !=
            0)
                case_die(ret->name, "its result and its reason say different things");
        ret->expect = member(test, "expect");
        ret->options = of_test_or_group(group, test, "options");
        ret->now = json_object_get_int64(of_test_or_group(group, test, "now"));
        fill_bytes(group, test, path, ret);
        fill_user(of_test_or_group(group, test, "user"), ret);
        require_fields(ret);
}

static void clear(struct test_case *test)
{
        free(test->token.text);
        free(test->json.text);
        free(test->keys.text);
        free(test->keys2.text);
        free(test->secret.text);
        free(test->conf.text);
        free(test->service.text);
        free(test->rhost.text);
        free(test->auth_info.text);
        free(test->login_key.text);
        free(test->user.text);
        free(test->payload.text);
        memset(test, 0, sizeof(*test));
}

/* --- a file --------------------------------------------------------------------------------------------- */

/* The patterns that have matched something, and the ids seen so far. */
struct walk {
        const char *path, *topic;
        char *const *patterns;
        bool *hit;
        size_t count;
        const char *ids[IDS_MAX];
        size_t tests;
        void (*each)(struct test_case *test);
};

static bool wanted(struct walk *w, const char *id)
{
        bool yes = w->count == 0;

        for (size_t i = 0; i < w->count; i++)
                if (fnmatch(w->patterns[i], id, 0) == 0)
                        yes = w->hit[i] = true;
        return yes;
}

static void visit(struct walk *w, struct json_object *group, struct json_object *test)
{
        const char *id = string(test, "tcId", w->path);
        struct test_case one;

        for (size_t i = 0; i < w->tests; i++)
                if (strcmp(w->ids[i], id) == 0)
                        case_die(id, "two tests of one id");
        if (w->tests == IDS_MAX)
                case_die(w->path, "too many tests");
        w->ids[w->tests++] = id;
        if (!wanted(w, id))
                return;
        fill(w->topic, group, test, w->path, &one);
        w->each(&one);
        clear(&one);
}

static void visit_groups(struct walk *w, struct json_object *file)
{
        struct json_object *groups = member(file, "testGroups");

        if (!json_object_is_type(groups, json_type_array))
                case_die(w->path, "no testGroups");
        for (size_t g = 0; g < json_object_array_length(groups); g++) {
                struct json_object *group = json_object_array_get_idx(groups, g),
                                   *tests = member(group, "tests");

                if (!json_object_is_type(tests, json_type_array))
                        case_die(w->path, "a group without tests");
                for (size_t t = 0; t < json_object_array_length(tests); t++)
                        visit(w, group, json_object_array_get_idx(tests, t));
        }
        if ((int64_t)w->tests != json_object_get_int64(member(file, "numberOfTests")))
                case_die(w->path, "numberOfTests is not how many tests there are");
}

void case_each(const char *path, char *const *patterns, size_t count, void (*each)(struct test_case *test))
{
        static struct walk w;
        struct json_object *file = parse_file(path);

        w = (struct walk){.path = path, .patterns = patterns, .count = count, .each = each};
        w.topic = string(file, "topic", path);
        w.hit = calloc(count + 1, sizeof(*w.hit));
        if (w.hit == NULL)
                case_die(path, "no memory");
        visit_groups(&w, file);
        for (size_t i = 0; i < count; i++)
                if (!w.hit[i])
                        case_die(patterns[i], "no test has such an id");
        free(w.hit);
        json_object_put(file);
}

const char *case_listed(struct json_object *holder, const char *name, size_t i)
{
        struct json_object *list = holder != NULL ? member(holder, name) : NULL;

        if (!json_object_is_type(list, json_type_array) || i >= json_object_array_length(list))
                return NULL;
        return json_object_get_string(json_object_array_get_idx(list, i));
}
