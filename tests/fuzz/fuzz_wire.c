/*
 * What a process that is not trusted, or an old file, says to root: the helper's answer and its note, the
 * request, the login record, the revocation list.
 */
#include <stdlib.h>
#include <string.h>

#include "fetchnote.h"
#include "fetchwire.h"
#include "fuzz.h"
#include "keyset.h"
#include "record.h"
#include "revoked.h"

static bool response(const char *text, size_t size)
{
        struct pjwt_fetch_response response = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_fetch_response_parse(text, size, &response, &err);

        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (r == PJWT_OK && response.keys != NULL)
                FUZZ_CHECK(response.keys >= text && response.keys_len <= size &&
                           response.keys + response.keys_len <= text + size);
        if (r == PJWT_OK && response.ok)
                FUZZ_CHECK(response.source != NULL && (response.keys != NULL) == !response.not_modified);
        pjwt_fetch_response_clear(&response);
        return r == PJWT_OK && response.ok;
}

static bool request(const char *text, size_t size)
{
        struct pjwt_fetch_request request = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_fetch_request_read(text, size, &request, &err);

        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (r == PJWT_OK) {
                FUZZ_CHECK(request.name != NULL && request.issuer != NULL &&
                           strchr(request.name, '/') == NULL);
                FUZZ_CHECK(request.timeout_ms > 0 && request.timeout_ms <= PJWT_FETCH_TIMEOUT_MAX);
        }
        pjwt_fetch_request_clear(&request);
        return r == PJWT_OK;
}

static bool note(const char *text, size_t size)
{
        const struct pjwt_note_question question = {.issuer = "https://a", .cool_down_ms = 60000};
        struct pjwt_note note = {0}, again = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason r = pjwt_note_parse(text, size, &note, &err);
        char *written = NULL;
        size_t len = 0;

        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        if (r != PJWT_OK)
                return false;
        FUZZ_CHECK(note.issuer != NULL && note.asked_boot_ms >= 0 && note.ends_boot_ms >= 0);
        FUZZ_CHECK(note.end != PJWT_NOTE_FAILED || (note.detail != NULL && note.reason != PJWT_OK));
        (void)pjwt_note_judge(&question, &note, 1000000);
        if (pjwt_note_write(&note, &written, &len, NULL) == PJWT_OK)
                FUZZ_CHECK(len > PJWT_NOTE_BYTES_MAX ||
                           pjwt_note_parse(written, len, &again, NULL) == PJWT_OK || fuzz_faulty());
        pjwt_note_clear(&again);
        pjwt_note_clear(&note);
        free(written);
        return true;
}

static bool record(const char *text, size_t size)
{
        struct pjwt_record *record = NULL, *again = NULL;
        struct pjwt_error err = {0};
        char *written;
        bool ok = pjwt_record_parse(text, size, &record, &err) == PJWT_OK;

        FUZZ_CHECK(ok == (record != NULL));
        if (ok && (written = pjwt_record_text(record)) != NULL) {
                FUZZ_CHECK(pjwt_record_parse(written, strlen(written), &again, &err) == PJWT_OK ||
                           fuzz_faulty());
                pjwt_record_free(again);
                free(written);
        }
        pjwt_record_free(record);
        return ok;
}

static bool revoked(const char *text, size_t size)
{
        struct pjwt_revoked *list = NULL;
        struct pjwt_error err = {0};
        bool ok = pjwt_revoked_parse(text, size, "fuzz", NULL, &list, &err) == PJWT_OK;

        FUZZ_CHECK(ok == (list != NULL));
        pjwt_revoked_free(list);
        return ok;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data;
        bool any = response(text, size);

        any |= request(text, size);
        any |= note(text, size);
        any |= record(text, size);
        return revoked(text, size) || any;
}
