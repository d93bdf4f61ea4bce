#include "readvalue.h"

#include <string.h>

#include "duration.h"
#include "hostname.h"
#include "nearest.h"
#include "template.h"
#include "value.h"

/* Most lists are one word, which need not be counted. */
static char **list_of_one(struct pjwt_reader *r, const char *value)
{
        char **list = pjwt_reader_alloc(r, 2 * sizeof(*list));

        if (list)
                list[0] = pjwt_kept(value);
        return list;
}

/* The words of a list separated by spaces, split in place, with a NULL at the end; NULL if out of memory. */
static char **split(struct pjwt_reader *r, const char *value)
{
        size_t count = 1, i = 0;
        char **list;

        if (!strchr(value, ' '))
                return list_of_one(r, value);
        for (const char *p = value; *p; p++)
                count += *p == ' ';
        list = pjwt_reader_alloc(r, (count + 1) * sizeof(*list));
        if (!list)
                return NULL;
        for (char *word = pjwt_kept(value); *word; word += strspn(word, " ")) {
                list[i++] = word;
                word += strcspn(word, " ");
                if (*word)
                        *word++ = '\0';
        }
        return list;
}

static bool has_repeated(struct pjwt_reader *r, char *const *list)
{
        for (size_t i = 0; i < 256 && list[i]; i++)
                for (size_t j = 0; j < i; j++)
                        if (strcmp(list[i], list[j]) == 0)
                                return pjwt_wrong(r, "'%.80s' is listed twice; remove one", list[i]), true;
        return false;
}

static bool read_word(struct pjwt_reader *r, const char *value, char **ret)
{
        if (strchr(value, ' '))
                return pjwt_wrong(r, "write a single value without spaces");
        *ret = pjwt_kept(value);
        return true;
}

/* Describes what is wrong with one word of a list; NULL if it is valid. */
static const char *service_problem(const char *word)
{
        return pjwt_value_service_ok(word)
                       ? NULL
                       : "not a PAM service name; use lower case letters, digits and . _ @ -";
}

/* Their PAM environment is not set by sshd. */
static const char *sshd_service_problem(const char *word)
{
        static const char *const others[] = {"sudo",  "sudo-i", "su",     "su-l", "runuser",   "login",
                                             "other", "cron",   "passwd", "doas", "runuser-l", "polkit-1"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                if (strcmp(word, others[i]) == 0)
                        return "not a service of sshd, so sshd has not verified an ssh key there; remove it";
        return service_problem(word);
}

static const char *glob_problem(const char *word)
{
        return strpbrk(word, "/:") ? "not a glob over host names; write it like db*.acme.example" : NULL;
}

static const char *typ_problem(const char *word)
{
        for (const char *p = word; *p; p++)
                if ((unsigned char)*p >= 0x7f || strchr("\"(),;<>@[\\]{}", *p))
                        return "not a media type; write at+jwt or application/at+jwt";
        return NULL;
}

static bool read_list(struct pjwt_reader *r, const char *value, const char *(*check)(const char *),
                      char ***ret)
{
        char **list = split(r, value);

        if (!list || has_repeated(r, list))
                return false;
        for (size_t i = 0; check && list[i]; i++)
                if (check(list[i]))
                        return pjwt_wrong(r, "'%.80s': %s", list[i], check(list[i]));
        *ret = list;
        return true;
}

static const char *alg_name_at(const void *table, size_t i)
{
        (void)table;
        return pjwt_alg_at(i) ? pjwt_alg_at(i)->name : NULL;
}

static bool unknown_alg(struct pjwt_reader *r, const char *word)
{
        const char *near = pjwt_nearest(word, alg_name_at, NULL);

        if (near)
                return pjwt_wrong(r, "'%.40s' is not an algorithm; did you mean %s?", word, near);
        return pjwt_wrong(r, "'%.40s' is not an algorithm; write names like RS256 ES256 EdDSA", word);
}

static bool read_algs(struct pjwt_reader *r, const char *value, pjwt_algset *ret)
{
        char **list = split(r, value);
        pjwt_algset set = 0;

        if (!list || has_repeated(r, list))
                return false;
        for (size_t i = 0; list[i]; i++) {
                const struct pjwt_alg *alg = pjwt_alg_find(list[i], strlen(list[i]));

                if (!alg)
                        return unknown_alg(r, list[i]);
                set |= alg->bit;
        }
        *ret = set;
        return true;
}

static bool read_seconds(struct pjwt_reader *r, const struct pjwt_row *row, const char *value, int64_t *ret)
{
        int64_t seconds;

        if (!pjwt_duration(value, &seconds))
                return pjwt_wrong(r,
                                  "'%.40s' is not a duration; write " PJWT_DURATION_LIKE
                                  " (a bare number is in seconds)",
                                  value);
        if (seconds < row->min || seconds > row->max)
                return pjwt_wrong(r, "%.40s is out of range; write %lld to %lld seconds", value,
                                  (long long)row->min, (long long)row->max);
        *ret = seconds;
        return true;
}

static bool read_bool(struct pjwt_reader *r, const char *value, bool *ret)
{
        return pjwt_value_bool(value, ret) || pjwt_wrong(r, "write yes or no, not '%.40s'", value);
}

static bool read_bind(struct pjwt_reader *r, const char *value, bool *ret)
{
        *ret = strcmp(value, "ssh-key") == 0;
        return *ret || strcmp(value, "no") == 0 || pjwt_wrong(r, "write ssh-key or no, not '%.40s'", value);
}

static bool read_url(struct pjwt_reader *r, const char *value, unsigned allowed, char **ret)
{
        const char *problem = pjwt_value_url_problem(value, allowed);

        return problem ? pjwt_wrong(r, "%s", problem) : read_word(r, value, ret);
}

static bool read_path(struct pjwt_reader *r, const char *value, char **ret)
{
        if (value[0] != '/')
                return pjwt_wrong(r, "not an absolute path; begin with /");
        *ret = pjwt_kept(value);
        return true;
}

static bool read_host(struct pjwt_reader *r, const char *value, char **ret)
{
        if (!pjwt_host_name_ok(value))
                return pjwt_wrong(r,
                                  "'%.80s' cannot be used as this host's name: it must be a host name, not "
                                  "localhost or an IP address",
                                  value);
        return read_word(r, value, ret);
}

/* As written by systemd: lower case, and not all zero. */
static bool read_machine(struct pjwt_reader *r, const char *value, char **ret)
{
        if (strlen(value) != 32 || strspn(value, "0123456789abcdef") != 32 || strspn(value, "0") == 32)
                return pjwt_wrong(
                        r, "'%.80s' is not a machine id; write the 32 hexadecimal digits of /etc/machine-id",
                        value);
        return read_word(r, value, ret);
}

bool pjwt_read_value(struct pjwt_reader *r, const struct pjwt_row *row, void *section, const char *value)
{
        void *field = (char *)section + row->offset;

        switch (row->type) {
        case PJWT_TYPE_HOST:
                return read_host(r, value, field);
        case PJWT_TYPE_MACHINE:
                return read_machine(r, value, field);
        case PJWT_TYPE_WORD:
        case PJWT_TYPE_ISSUER:
                return read_word(r, value, field);
        case PJWT_TYPE_WORDS:
                return read_list(r, value, NULL, field);
        case PJWT_TYPE_AUDIENCE:
                return read_list(r, value, pjwt_audience_problem, field);
        case PJWT_TYPE_TYPS:
                return read_list(r, value, typ_problem, field);
        case PJWT_TYPE_USERS:
                return read_list(r, value, pjwt_template_problem, field);
        case PJWT_TYPE_SERVICES:
                return read_list(r, value, service_problem, field);
        case PJWT_TYPE_SSHD_SERVICES:
                return read_list(r, value, sshd_service_problem, field);
        case PJWT_TYPE_GLOBS:
                return read_list(r, value, glob_problem, field);
        case PJWT_TYPE_KEYS_URL:
                return read_url(r, value, PJWT_URL_HTTPS | PJWT_URL_HTTP_LOOPBACK | PJWT_URL_FILE, field);
        case PJWT_TYPE_PROXY:
                return read_url(r, value, PJWT_URL_HTTPS | PJWT_URL_HTTP_ANY, field);
        case PJWT_TYPE_ALGS:
                return read_algs(r, value, field);
        case PJWT_TYPE_SECONDS:
                return read_seconds(r, row, value, field);
        case PJWT_TYPE_BOOL:
                return read_bool(r, value, field);
        case PJWT_TYPE_BIND:
                return read_bind(r, value, field);
        case PJWT_TYPE_PATH:
                return read_path(r, value, field);
        case PJWT_TYPE_MATCH: /* has its own key; see pjwt_read_match() */
                break;
        }
        return pjwt_wrong(r, "cannot be read"); /* not reached: all types are handled above */
}
