#include "sshdmatch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sshdfiles.h"

enum attribute { USER, GROUP, HOST, ADDRESS, LOCAL_ADDRESS, LOCAL_PORT, RDOMAIN, OTHER, ALL };

static const struct {
        const char *word;
        enum attribute attribute;
        bool alone; /* without a value */
} rows[] = {
        {"user", USER, false},
        {"group", GROUP, false},
        {"host", HOST, false},
        {"address", ADDRESS, false},
        {"localaddress", LOCAL_ADDRESS, false},
        {"localport", LOCAL_PORT, false},
        {"rdomain", RDOMAIN, false},
        {"invalid-user", OTHER, true},
        {"all", ALL, true},
};

enum { CRITERIA_MAX = 64, VALUES_MAX = 256, VALUE_ROOM = 128 };

/* One criterion of a Match line. */
struct criterion {
        enum attribute attribute;
        size_t line;
        char list[512];
};

/* Values of one attribute that tell its criteria apart. */
struct values {
        char at[VALUES_MAX][VALUE_ROOM];
        size_t count;
};

/* --- patterns --- */

/* sshd knows only `*` and `?`; brackets and backslashes mean themselves. */
static bool match_pattern(const char *value, const char *pattern)
{
        for (; *pattern; pattern++, value++) {
                if (*pattern == '*') {
                        while (*pattern == '*')
                                pattern++;
                        if (!*pattern)
                                return true;
                        for (; *value; value++)
                                if (match_pattern(value, pattern))
                                        return true;
                        return false;
                }
                if (!*value || (*pattern != '?' && *pattern != *value))
                        return false;
        }
        return !*value;
}

/* Do the first `bits` of two addresses of one family agree? */
static bool same_network(const unsigned char *a, const unsigned char *b, unsigned bits)
{
        for (unsigned i = 0; i < bits; i++)
                if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1)
                        return false;
        return true;
}

/* "10.0.0.0/8" or "10.0.0.1". Returns the family, 0 if it is neither. */
static int read_network(const char *pattern, unsigned char ret[16], unsigned *retbits)
{
        char text[VALUE_ROOM];
        const char *slash = strchr(pattern, '/');
        int family = strchr(pattern, ':') ? AF_INET6 : AF_INET;
        unsigned most = family == AF_INET6 ? 128 : 32;

        snprintf(text, sizeof(text), "%.*s", (int)strcspn(pattern, "/"), pattern);
        if (inet_pton(family, text, ret) != 1)
                return 0;
        *retbits = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : most;
        return *retbits <= most ? family : 0;
}

static bool match_one_address(const char *address, const char *pattern)
{
        unsigned char a[16];
        unsigned char b[16];
        unsigned whole;
        unsigned bits;
        int family = read_network(pattern, b, &bits);

        if (family != 0 && read_network(address, a, &whole) == family)
                return same_network(a, b, bits);
        return match_pattern(address, pattern);
}

static bool match_any(const char *value, const char *list, bool (*match)(const char *, const char *))
{
        char copy[512];
        char *rest = copy;
        char *pattern;
        bool found = false;

        snprintf(copy, sizeof(copy), "%s", list);
        while ((pattern = strsep(&rest, ","))) {
                bool negated = *pattern == '!';

                if (!match(value, pattern + negated))
                        continue;
                if (negated)
                        return false;
                found = true;
        }
        return found;
}

bool cli_sshd_match_list(const char *value, const char *list)
{
        return match_any(value, list, match_pattern);
}

bool cli_sshd_match_address(const char *address, const char *list)
{
        return match_any(address, list, match_one_address);
}

/* --- the criteria of the lines --- */

static bool add(struct criterion *all, size_t *count, enum attribute attribute, size_t line, const char *list)
{
        if (*count == CRITERIA_MAX || strlen(list) >= sizeof(all->list))
                return false;
        all[*count] = (struct criterion){.attribute = attribute, .line = line};
        snprintf(all[(*count)++].list, sizeof(all->list), "%s", list);
        return true;
}

/* A word that is not known here (exec, or of a later sshd) may hold or not. */
static bool read_line(const char *text, size_t line, struct criterion *all, size_t *count)
{
        char copy[1024];
        char *rest = copy;
        char *word;

        if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
                return false;
        while ((word = cli_sshd_word(&rest, " \t\r="))) {
                enum attribute attribute = OTHER;
                const char *list = "";
                bool alone = false;

                for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                        if (strcasecmp(word, rows[i].word) == 0) {
                                attribute = rows[i].attribute;
                                alone = rows[i].alone;
                        }
                if (!alone)
                        list = cli_sshd_word(&rest, " \t\r=");
                if (!list || !add(all, count, attribute, line, list))
                        return false;
        }
        return true;
}

/* --- values that tell them apart --- */

static void add_value(struct values *values, const char *value)
{
        for (size_t i = 0; i < values->count; i++)
                if (strcmp(values->at[i], value) == 0)
                        return;
        if (values->count < VALUES_MAX)
                snprintf(values->at[values->count++], VALUE_ROOM, "%s", value);
}

/* A value that a pattern matches: each `*` becomes `star`, each `?` a letter. */
static void add_match(struct values *values, const char *pattern, const char *star)
{
        char value[VALUE_ROOM];
        size_t n = 0;

        for (; *pattern && n + strlen(star) + 2 < sizeof(value); pattern++) {
                if (*pattern == '*')
                        n += (size_t)snprintf(value + n, sizeof(value) - n, "%s", star);
                else
                        value[n++] = (char)(*pattern == '?' ? 'q' : *pattern);
        }
        value[n] = '\0';
        add_value(values, value);
}

/* The first and the last address of a network. */
static void add_network(struct values *values, const char *pattern)
{
        unsigned char address[16];
        unsigned bits;
        int family = read_network(pattern, address, &bits);
        char text[VALUE_ROOM];

        if (family == 0)
                return;
        for (int last = 0; last < 2; last++) {
                for (unsigned i = bits; i < (family == AF_INET6 ? 128U : 32U); i++) {
                        unsigned char bit = (unsigned char)(0x80 >> (i % 8));

                        address[i / 8] = (unsigned char)(last ? address[i / 8] | bit : address[i / 8] & ~bit);
                }
                if (inet_ntop(family, address, text, sizeof(text)))
                        add_value(values, text);
        }
}

static void each_pattern(const struct criterion *all, size_t count, enum attribute attribute,
                         void (*see)(struct values *, const char *, const char *), struct values *values,
                         const char *star)
{
        for (size_t i = 0; i < count; i++) {
                char copy[512];
                char *rest = copy;
                char *pattern;

                if (all[i].attribute != attribute)
                        continue;
                snprintf(copy, sizeof(copy), "%s", all[i].list);
                while ((pattern = strsep(&rest, ",")))
                        see(values, pattern + (*pattern == '!'), star);
        }
}

static void see_pattern(struct values *values, const char *pattern, const char *star)
{
        add_match(values, pattern, star);
        add_network(values, pattern);
}

/*
 * Values for an attribute: one that only `*` matches, one for each pattern, and those where two patterns may
 * meet.
 */
static void make_values(const struct criterion *all, size_t count, enum attribute attribute,
                        struct values *ret)
{
        struct values *plain = calloc(1, sizeof(*plain));

        ret->count = 0;
        add_value(ret, attribute == ADDRESS || attribute == LOCAL_ADDRESS ? "203.0.113.77" : "65001~other");
        if (!plain)
                return;
        each_pattern(all, count, attribute, see_pattern, plain, "");
        for (size_t i = 0; i < plain->count; i++)
                add_value(ret, plain->at[i]);
        each_pattern(all, count, attribute, see_pattern, ret, "q");
        for (size_t i = 0; i < plain->count && i < 16; i++)
                each_pattern(all, count, attribute, see_pattern, ret, plain->at[i]);
        free(plain);
}

/* --- worlds: sets of criteria that hold together --- */

struct worlds {
        uint64_t at[CLI_SSHD_WORLDS_MAX];
        size_t count;
        bool full;
};

static void add_world(struct worlds *worlds, uint64_t world)
{
        for (size_t i = 0; i < worlds->count; i++)
                if (worlds->at[i] == world)
                        return;
        if (worlds->count == CLI_SSHD_WORLDS_MAX)
                worlds->full = true;
        else
                worlds->at[worlds->count++] = world;
}

/* The criteria of an attribute that hold for a value. */
static uint64_t holding(const struct criterion *all, size_t count, enum attribute attribute,
                        const char *value)
{
        uint64_t held = 0;

        for (size_t i = 0; i < count; i++)
                if (all[i].attribute == attribute && (attribute == ADDRESS || attribute == LOCAL_ADDRESS
                                                              ? cli_sshd_match_address(value, all[i].list)
                                                              : cli_sshd_match_list(value, all[i].list)))
                        held |= (uint64_t)1 << i;
        return held;
}

/*
 * A user may be in any of the groups that are named, or in several: any of the criteria may hold with any
 * other. So may those that are unknown; but the same criterion twice is one.
 */
static void free_choices(const struct criterion *all, size_t count, enum attribute attribute,
                         struct worlds *ret)
{
        add_world(ret, 0);
        for (size_t i = 0; i < count; i++) {
                uint64_t same = 0;
                size_t before = ret->count;

                for (size_t k = 0; k < count; k++)
                        if (all[i].attribute == attribute && all[k].attribute == attribute &&
                            strcmp(all[i].list, all[k].list) == 0)
                                same |= (uint64_t)1 << k;
                for (size_t k = 0; same && k < before && !ret->full; k++)
                        add_world(ret, ret->at[k] | same);
        }
}

static void choices(const struct criterion *all, size_t count, enum attribute attribute,
                    struct values *values, struct worlds *ret)
{
        ret->count = 0;
        if (attribute == GROUP || attribute == OTHER) {
                free_choices(all, count, attribute, ret);
                return;
        }
        make_values(all, count, attribute, values);
        for (size_t i = 0; i < values->count; i++)
                add_world(ret, holding(all, count, attribute, values->at[i]));
}

static void multiply(struct worlds *worlds, const struct worlds *by, struct worlds *scratch)
{
        scratch->count = 0;
        scratch->full = worlds->full || by->full;
        for (size_t i = 0; i < worlds->count && !scratch->full; i++)
                for (size_t k = 0; k < by->count && !scratch->full; k++)
                        add_world(scratch, worlds->at[i] | by->at[k]);
        *worlds = *scratch;
}

/* The lines all of whose criteria hold. */
static uint64_t lines_of(const struct criterion *all, size_t count, size_t lines, uint64_t world)
{
        uint64_t held = ((uint64_t)1 << lines) - 1;

        for (size_t i = 0; i < count; i++)
                if (!(world >> i & 1))
                        held &= ~((uint64_t)1 << all[i].line);
        return held;
}

static int fewest_first(const void *a, const void *b)
{
        int x = __builtin_popcountll(*(const uint64_t *)a);
        int y = __builtin_popcountll(*(const uint64_t *)b);

        return x != y ? x - y
                      : (*(const uint64_t *)a > *(const uint64_t *)b) -
                                (*(const uint64_t *)a < *(const uint64_t *)b);
}

/* What cli_sshd_match_worlds() works with. */
struct room {
        struct criterion criteria[CRITERIA_MAX];
        struct values values;
        struct worlds worlds;
        struct worlds choices;
        struct worlds scratch;
};

static size_t worlds_of(struct room *room, const char *const *criteria, size_t count, uint64_t *ret)
{
        uint64_t always = 0;
        size_t n = 0;

        for (size_t i = 0; i < count; i++)
                if (!read_line(criteria[i], i, room->criteria, &n))
                        return 0;
        for (size_t i = 0; i < n; i++)
                if (room->criteria[i].attribute == ALL)
                        always |= (uint64_t)1 << i;
        add_world(&room->worlds, always);
        for (int attribute = USER; attribute <= OTHER; attribute++) {
                choices(room->criteria, n, (enum attribute)attribute, &room->values, &room->choices);
                multiply(&room->worlds, &room->choices, &room->scratch);
        }
        if (room->worlds.full)
                return 0;
        room->scratch.count = 0;
        for (size_t i = 0; i < room->worlds.count; i++)
                add_world(&room->scratch, lines_of(room->criteria, n, count, room->worlds.at[i]));
        memcpy(ret, room->scratch.at, room->scratch.count * sizeof(*ret));
        qsort(ret, room->scratch.count, sizeof(*ret), fewest_first);
        return room->scratch.count;
}

size_t cli_sshd_match_worlds(const char *const *criteria, size_t count, uint64_t ret[CLI_SSHD_WORLDS_MAX])
{
        struct room *room = count < 64 ? calloc(1, sizeof(*room)) : NULL;
        size_t n = room ? worlds_of(room, criteria, count, ret) : 0;

        free(room);
        return n;
}
