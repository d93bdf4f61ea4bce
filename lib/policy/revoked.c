#include "revoked.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safefile.h"
#include "value.h"

enum kind { KIND_JTI, KIND_SUB, KIND_KID, KIND_ISSUED_BEFORE, KIND_USER, KIND_UID, KIND_COUNT };

static const char *const words[KIND_COUNT] = {"jti", "sub", "kid", "issued_before", "user", "uid"};

struct entry {
        enum kind kind;
        unsigned line;
        const char *issuer; /* NULL for a user or uid */
        const char *value;
        int64_t time; /* issued_before; the number of a uid */
};

struct pjwt_revoked {
        char *file;
        char *text; /* split in place; the entries point into it */
        struct entry *entries;
        size_t count;
        size_t users; /* `user` lines among them */
};

void pjwt_revoked_free(struct pjwt_revoked *list)
{
        if (!list)
                return;
        free(list->file);
        free(list->text);
        free(list->entries);
        free(list);
}

/* The state while a list is read. */
struct reader {
        struct pjwt_revoked *list;
        const struct pjwt_conf *conf;
        unsigned line;
        struct pjwt_error *reterr;
};

static enum pjwt_reason wrong(const struct reader *r, const char *what, const char *word)
{
        return pjwt_fail(r->reterr, PJWT_CONFIG, "%s:%u: %s%s%.80s%s", r->list->file, r->line, what,
                         word ? " '" : "", word ? word : "", word ? "'" : "");
}

/*
 * Days since the epoch of a date in the proleptic Gregorian calendar, counting years from March so that the
 * leap day comes last.
 */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
        int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;

        return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static bool number(const char *s, size_t len, int64_t most, int64_t *ret)
{
        int64_t n = 0;

        for (size_t i = 0; i < len; i++) {
                if (s[i] < '0' || s[i] > '9')
                        return false;
                n = n * 10 + (s[i] - '0');
        }
        *ret = n;
        return len > 0 && n <= most;
}

/* Seconds since the epoch, or YYYY-MM-DDTHH:MM:SSZ. Local times are not supported. */
static bool read_time(const char *s, int64_t *ret)
{
        int64_t year, month, day, hour, minute, second;

        if (strlen(s) <= 12 && number(s, strlen(s), PJWT_TIME_MAX, ret))
                return *ret > 0;
        if (strlen(s) != 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' ||
            s[19] != 'Z' || !number(s, 4, 9999, &year) || !number(s + 5, 2, 12, &month) ||
            !number(s + 8, 2, 31, &day) || !number(s + 11, 2, 23, &hour) || !number(s + 14, 2, 59, &minute) ||
            !number(s + 17, 2, 59, &second) || year < 1970 || month < 1 || day < 1)
                return false;
        *ret = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
        return *ret > 0;
}

/* The next word, terminated in place; *s is advanced past the following spaces. */
static char *cut_word(char **s)
{
        char *word = *s;

        *s += strcspn(*s, " ");
        if (**s) {
                *(*s)++ = '\0';
                *s += strspn(*s, " ");
        }
        return word;
}

/*
 * A misspelt issuer would revoke nothing, so it is an error. An iss (it contains a colon) may belong to
 * another policy.
 */
static bool issuer_is_known(const struct reader *r, const char *name)
{
        bool known = !r->conf || strchr(name, ':');

        for (size_t i = 0; !known && i < r->conf->issuer_count; i++)
                known = strcmp(r->conf->issuers[i].name, name) == 0;
        return known;
}

static bool has_issuer(enum kind kind)
{
        return kind != KIND_USER && kind != KIND_UID;
}

static enum pjwt_reason check_value(struct reader *r, struct entry *entry)
{
        const char *s = entry->value;

        if (s[0] == '\0')
                return wrong(r, "the value is missing", NULL);
        if (entry->kind == KIND_USER && strchr(s, ' '))
                return wrong(r, "expected one user name, not", s);
        if (entry->kind == KIND_USER && ++r->list->users > PJWT_REVOKED_USERS_MAX)
                return wrong(r, "more than 500 user lines; a uid line needs no lookup: uid NUMBER", NULL);
        if (entry->kind == KIND_UID &&
            (strlen(s) > 10 || !number(s, strlen(s), UINT32_MAX - 1, &entry->time)))
                return wrong(r, "expected a number from 0 to 4294967294, not", s);
        if (entry->kind == KIND_ISSUED_BEFORE && !read_time(s, &entry->time))
                return wrong(r, "expected seconds since the epoch or a time like 2026-11-24T10:00:00Z, not",
                             s);
        return PJWT_OK;
}

static enum pjwt_reason add(struct reader *r, struct entry entry)
{
        struct pjwt_revoked *list = r->list;

        if ((list->count & (list->count - 1)) == 0) {
                struct entry *more =
                        realloc(list->entries, (list->count ? list->count * 2 : 1) * sizeof(*more));

                if (!more)
                        return pjwt_fail_memory(r->reterr);
                list->entries = more;
        }
        list->entries[list->count++] = entry;
        return PJWT_OK;
}

static enum pjwt_reason read_entry(struct reader *r, char *s)
{
        const char *word = cut_word(&s);
        struct entry entry = {.kind = KIND_JTI, .line = r->line};

        while (entry.kind < KIND_COUNT && strcmp(words[entry.kind], word) != 0)
                entry.kind++;
        if (entry.kind == KIND_COUNT)
                return wrong(r, "expected jti, sub, kid, issued_before, user or uid, not", word);
        if (has_issuer(entry.kind)) {
                entry.issuer = cut_word(&s);
                if (entry.issuer[0] == '\0')
                        return wrong(r, "the issuer is missing", NULL);
                if (!issuer_is_known(r, entry.issuer))
                        return wrong(r, "there is no issuer section with the name", entry.issuer);
        }
        entry.value = s;
        if (check_value(r, &entry) != PJWT_OK)
                return r->reterr->reason;
        return add(r, entry);
}

static enum pjwt_reason read_line(struct reader *r, char *s, size_t len)
{
        if (!pjwt_ini_text_ok(s, len))
                return wrong(r,
                             "invalid UTF-8, a control character (a tab, a carriage return) or an invisible "
                             "character",
                             NULL);
        while (len > 0 && s[len - 1] == ' ')
                s[--len] = '\0';
        if (len == 0 || s[0] == '#' || s[0] == ';')
                return PJWT_OK;
        if (s[0] == ' ')
                return wrong(r, "the line begins with a space", NULL);
        if (strstr(s, " #") || strstr(s, " ;"))
                return wrong(r, "a comment after a value; comments must be on lines of their own", NULL);
        return read_entry(r, s);
}

static enum pjwt_reason read_lines(struct reader *r, size_t len)
{
        enum pjwt_reason reason = PJWT_OK;
        char *s = r->list->text, *end = s + len;

        while (reason == PJWT_OK && s < end) {
                char *newline = memchr(s, '\n', (size_t)(end - s));

                r->line++;
                if (!newline)
                        return wrong(r, "the last line does not end with a newline; is the file complete?",
                                     NULL);
                *newline = '\0';
                reason = read_line(r, s, (size_t)(newline - s));
                s = newline + 1;
        }
        return reason;
}

enum pjwt_reason pjwt_revoked_parse(const char *text, size_t len, const char *file,
                                    const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                    struct pjwt_error *reterr)
{
        struct reader r = {.list = calloc(1, sizeof(*r.list)), .conf = conf, .reterr = reterr};
        enum pjwt_reason reason;

        if (r.list) {
                r.list->file = strdup(file);
                r.list->text = malloc(len + 1);
        }
        if (!r.list || !r.list->file || !r.list->text) {
                pjwt_revoked_free(r.list);
                return pjwt_fail_memory(reterr);
        }
        if (len > 0)
                memcpy(r.list->text, text, len);
        r.list->text[len] = '\0';
        reason = read_lines(&r, len);
        if (reason == PJWT_OK)
                *ret = r.list;
        else
                pjwt_revoked_free(r.list);
        return reason;
}

enum pjwt_reason pjwt_revoked_load(const char *path, const struct pjwt_conf *conf, struct pjwt_revoked **ret,
                                   struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason reason;

        errno = 0;
        reason = pjwt_file_read(path, 0, PJWT_REVOKED_BYTES_MAX, &text, &len, NULL, &err);
        if (reason == PJWT_FILE_OPEN && errno == ENOENT)
                return pjwt_revoked_parse("", 0, path, conf, ret, reterr);
        if (reason != PJWT_OK)
                return pjwt_fail(reterr, reason, "%s", err.detail);
        reason = pjwt_revoked_parse(text, len, path, conf, ret, reterr);
        free(text);
        return reason;
}

/* The claims of the token are looked up once, not for each line. */
struct subject {
        const struct pjwt_issuer *issuer;
        const char *jti, *sub, *kid;
        bool has_iat;
        int64_t iat;
};

static bool same(const char *claim, const char *value)
{
        return claim && strcmp(claim, value) == 0;
}

static bool names_token(const struct entry *entry, const struct subject *subject)
{
        if (!entry->issuer || (strcmp(entry->issuer, subject->issuer->name) != 0 &&
                               strcmp(entry->issuer, subject->issuer->issuer) != 0))
                return false;
        switch (entry->kind) {
        case KIND_JTI:
                return same(subject->jti, entry->value);
        case KIND_SUB:
                return same(subject->sub, entry->value);
        case KIND_KID:
                return same(subject->kid, entry->value);
        case KIND_ISSUED_BEFORE:
                return !subject->has_iat || subject->iat < entry->time;
        case KIND_USER:
        case KIND_UID:
        case KIND_COUNT:
                break;
        }
        return false;
}

static enum pjwt_reason revoked(const struct pjwt_revoked *list, const struct entry *entry,
                                struct pjwt_origin *retorigin, struct pjwt_error *reterr)
{
        if (retorigin)
                *retorigin = (struct pjwt_origin){list->file, entry->line};
        return pjwt_fail(reterr, PJWT_REVOKED, "%s:%u: %s %.120s", list->file, entry->line,
                         words[entry->kind], entry->value);
}

enum pjwt_reason pjwt_revoked_token(const struct pjwt_revoked *list, const struct pjwt_issuer *issuer,
                                    const struct pjwt_token *token, const char *kid,
                                    struct pjwt_origin *retorigin, struct pjwt_error *reterr)
{
        struct subject subject = {.issuer = issuer,
                                  .jti = pjwt_token_claim(token, "jti", NULL),
                                  .sub = pjwt_token_claim(token, "sub", NULL),
                                  .kid = kid};

        subject.has_iat = pjwt_json_numericdate(pjwt_json_member(token->claims, "iat"), &subject.iat, NULL);
        for (size_t i = 0; i < list->count; i++)
                if (names_token(&list->entries[i], &subject))
                        return revoked(list, &list->entries[i], retorigin, reterr);
        return PJWT_OK;
}

/* A rule that forbids: every name of the account counts, and so does its number. */
static bool names_account(const struct entry *entry, const struct pjwt_user *user)
{
        if (entry->kind == KIND_UID)
                return user->exists && (uid_t)entry->time == user->uid;
        return entry->kind == KIND_USER && (strcmp(entry->value, user->name) == 0 ||
                                            (user->account && strcmp(entry->value, user->account) == 0));
}

static enum pjwt_account find_account(const struct pjwt_accounts *accounts, const char *name, uid_t *retuid)
{
        return accounts && accounts->find ? accounts->find(accounts->arg, name, retuid) : PJWT_ACCOUNT_UNSURE;
}

static enum pjwt_reason unsure(const struct pjwt_revoked *list, const struct entry *entry, const char *name,
                               struct pjwt_origin *retorigin, struct pjwt_error *reterr)
{
        if (retorigin)
                *retorigin = (struct pjwt_origin){list->file, entry->line};
        return pjwt_fail(reterr, PJWT_ACCOUNT_LOOKUP,
                         "%s:%u: the account %.80s could not be looked up; uid NUMBER needs no lookup",
                         list->file, entry->line, name);
}

/* Another name of the same account. Asked also for a user that does not exist: it takes the same time. */
static enum pjwt_reason check_entry(const struct pjwt_revoked *list, const struct entry *entry,
                                    const struct pjwt_user *user, const struct pjwt_accounts *accounts,
                                    struct pjwt_origin *retorigin, struct pjwt_error *reterr)
{
        enum pjwt_account found;
        uid_t uid = (uid_t)-1;

        if (entry->kind != KIND_USER)
                return PJWT_OK;
        found = find_account(accounts, entry->value, &uid);
        if (found == PJWT_ACCOUNT_UNSURE)
                return unsure(list, entry, entry->value, retorigin, reterr);
        return found == PJWT_ACCOUNT_FOUND && user->exists && uid == user->uid
                       ? revoked(list, entry, retorigin, reterr)
                       : PJWT_OK;
}

/* The first line about accounts; NULL when there is none. */
static const struct entry *first_account(const struct pjwt_revoked *list)
{
        for (size_t i = 0; i < list->count; i++)
                if (!has_issuer(list->entries[i].kind))
                        return &list->entries[i];
        return NULL;
}

enum pjwt_reason pjwt_revoked_user(const struct pjwt_revoked *list, const struct pjwt_user *user,
                                   const struct pjwt_accounts *accounts, struct pjwt_origin *retorigin,
                                   struct pjwt_error *reterr)
{
        const struct entry *first = first_account(list);
        struct pjwt_user who = *user;
        enum pjwt_reason reason = PJWT_OK;

        if (first && !who.exists) {
                enum pjwt_account found = find_account(accounts, who.name, &who.uid);

                who.exists = found == PJWT_ACCOUNT_FOUND;
                if (found == PJWT_ACCOUNT_UNSURE)
                        return unsure(list, first, "that is asked for", retorigin, reterr);
        }
        for (size_t i = 0; i < list->count; i++)
                if (names_account(&list->entries[i], &who))
                        return revoked(list, &list->entries[i], retorigin, reterr);
        for (size_t i = 0; i < list->count && reason == PJWT_OK; i++)
                reason = check_entry(list, &list->entries[i], &who, accounts, retorigin, reterr);
        return reason;
}

bool pjwt_revoked_account_at(const struct pjwt_revoked *list, size_t i, struct pjwt_revoked_account *ret)
{
        for (size_t j = 0; j < list->count; j++) {
                const struct entry *entry = &list->entries[j];
                bool by_name = entry->kind == KIND_USER;

                if (has_issuer(entry->kind) || i-- > 0)
                        continue;
                *ret = (struct pjwt_revoked_account){list->file, entry->line, by_name ? entry->value : NULL,
                                                     by_name ? (uid_t)-1 : (uid_t)entry->time};
                return true;
        }
        return false;
}
