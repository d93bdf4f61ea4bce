#include "record.h"

#include "jsonwrite.h"
#include "secret.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

/* The members of a record, one row for each. */
enum kind { KIND_TEXT, KIND_NUMBER, KIND_BOOL };

struct row {
        const char *name;
        enum kind kind;
        size_t at;
        bool required;
};

#define AT(name) offsetof(struct pjwt_record, name)

static const struct row rows[] = {
        {"user", KIND_TEXT, AT(user), true},
        {"service", KIND_TEXT, AT(service), true},
        {"rhost", KIND_TEXT, AT(rhost), false},
        {"issuer", KIND_TEXT, AT(issuer), true},
        {"grant", KIND_TEXT, AT(grant), true},
        {"iss", KIND_TEXT, AT(iss), true},
        {"sub", KIND_TEXT, AT(sub), false},
        {"jti", KIND_TEXT, AT(jti), false},
        {"kid", KIND_TEXT, AT(kid), false},
        {"alg", KIND_TEXT, AT(alg), true},
        {"typ", KIND_TEXT, AT(typ), false},
        {"bound_key", KIND_TEXT, AT(bound_key), false},
        {"claims", KIND_TEXT, AT(claims), true},
        {"since", KIND_NUMBER, AT(since), true},
        {"exp", KIND_NUMBER, AT(exp), true},
        {"until", KIND_NUMBER, AT(until), true},
        {"session_before", KIND_NUMBER, AT(session_before), true},
        {"session_until_exp", KIND_BOOL, AT(session_until_exp), true},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static char **text_at(const struct pjwt_record *record, const struct row *row)
{
        return (char **)(uintptr_t)((const char *)record + row->at);
}

static int64_t *number_at(const struct pjwt_record *record, const struct row *row)
{
        return (int64_t *)(uintptr_t)((const char *)record + row->at);
}

static bool *bool_at(const struct pjwt_record *record, const struct row *row)
{
        return (bool *)(uintptr_t)((const char *)record + row->at);
}

void pjwt_record_free(struct pjwt_record *record)
{
        if (!record)
                return;
        for (size_t i = 0; i < ROW_COUNT; i++)
                if (rows[i].kind == KIND_TEXT)
                        pjwt_wipe_free_str(*text_at(record, &rows[i]));
        pjwt_wipe_free(record, sizeof(*record));
}

static struct json_object *value_of(const struct pjwt_record *record, const struct row *row)
{
        switch (row->kind) {
        case KIND_TEXT:
                return *text_at(record, row) ? json_object_new_string(*text_at(record, row)) : NULL;
        case KIND_NUMBER:
                return json_object_new_int64(*number_at(record, row));
        case KIND_BOOL:
                return json_object_new_boolean(*bool_at(record, row));
        }
        return NULL;
}

static bool fill_object(struct json_object *object, const struct pjwt_record *record)
{
        if (!pjwt_json_add(object, "version", json_object_new_int(VERSION)) ||
            !pjwt_json_add(object, "uid", json_object_new_int64(record->uid)))
                return false;
        for (size_t i = 0; i < ROW_COUNT; i++) {
                struct json_object *value = value_of(record, &rows[i]);

                if (!value && !rows[i].required)
                        continue;
                if (!pjwt_json_add(object, rows[i].name, value))
                        return false;
        }
        return true;
}

char *pjwt_record_text(const struct pjwt_record *record)
{
        struct json_object *object = json_object_new_object();
        const char *text = NULL;
        char *copy = NULL;

        if (object && fill_object(object, record))
                text = pjwt_json_text(object);
        if (text)
                copy = strdup(text);
        json_object_put(object);
        return copy;
}

static enum pjwt_reason read_text(struct json_object *value, const struct row *row,
                                  struct pjwt_record *record, struct pjwt_error *reterr)
{
        size_t len = 0;
        const char *text = pjwt_json_string(value, &len);

        if (!text)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: %s is not a string", row->name);
        *text_at(record, row) = pjwt_secret_dup(text, len);
        return *text_at(record, row) ? PJWT_OK : pjwt_fail_memory(reterr);
}

static enum pjwt_reason read_row(struct json_object *object, const struct row *row,
                                 struct pjwt_record *record, struct pjwt_error *reterr)
{
        struct json_object *value = pjwt_json_member(object, row->name);

        if (!value && !row->required)
                return PJWT_OK;
        if (row->kind == KIND_TEXT)
                return read_text(value, row, record, reterr);
        if (row->kind == KIND_NUMBER && pjwt_json_numericdate(value, number_at(record, row), NULL))
                return PJWT_OK;
        if (row->kind == KIND_BOOL && json_object_is_type(value, json_type_boolean)) {
                *bool_at(record, row) = json_object_get_boolean(value);
                return PJWT_OK;
        }
        return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: %s is missing or has the wrong type",
                         row->name);
}

static enum pjwt_reason read_object(struct json_object *object, struct pjwt_record *record,
                                    struct pjwt_error *reterr)
{
        enum pjwt_reason reason = PJWT_OK;
        int64_t version = 0;
        int64_t uid = 0;
        size_t known = 2;

        if (!pjwt_json_numericdate(pjwt_json_member(object, "version"), &version, NULL) || version != VERSION)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: unsupported format version");
        if (!pjwt_json_numericdate(pjwt_json_member(object, "uid"), &uid, NULL) || uid >= UINT32_MAX)
                return pjwt_fail(reterr, PJWT_BAD_JSON, "login record: uid is missing or invalid");
        record->uid = (uid_t)uid;
        for (size_t i = 0; i < ROW_COUNT && reason == PJWT_OK; i++) {
                reason = read_row(object, &rows[i], record, reterr);
                known += pjwt_json_member(object, rows[i].name) != NULL;
        }
        if (reason == PJWT_OK && (size_t)json_object_object_length(object) != known)
                reason = pjwt_fail(reterr, PJWT_BAD_JSON, "login record: unknown member");
        return reason;
}

enum pjwt_reason pjwt_record_parse(const char *text, size_t len, struct pjwt_record **ret,
                                   struct pjwt_error *reterr)
{
        struct json_object *object = NULL;
        struct pjwt_record *record = calloc(1, sizeof(*record));
        enum pjwt_reason reason;

        if (!record)
                return pjwt_fail_memory(reterr);
        reason = pjwt_json_parse_object(text, len, "login record", &object, reterr);
        if (reason == PJWT_OK)
                reason = read_object(object, record, reterr);
        json_object_put(object);
        if (reason == PJWT_OK)
                *ret = record;
        else
                pjwt_record_free(record);
        return reason;
}
