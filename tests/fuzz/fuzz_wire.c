/*
 * Input to root from an untrusted process or an old file: the helper's response, the request, the login
 * record, the revocation list.
 */
#include <string.h>

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
        any |= record(text, size);
        return revoked(text, size) || any;
}
