/* A response of an OpenID provider, and client.conf. */
#include <string.h>

#include "clientconf.h"
#include "fuzz.h"
#include "response.h"

/* Used in a form, a header, a file or on a terminal. */
static void check_word(const char *text)
{
        for (; text && *text; text++)
                FUZZ_CHECK(*text > ' ' && *text <= '~');
}

static bool token(const char *text, size_t size)
{
        struct token_response response = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason r = token_response_read(text, size, &response, &err);
        bool ok = r == PJWT_OK;

        FUZZ_CHECK(ok || err.reason == r);
        FUZZ_CHECK(ok == (response.access_token != NULL));
        check_word(response.access_token);
        check_word(response.refresh_token);
        if (ok)
                FUZZ_CHECK(response.expires_in >= -1);
        token_response_clear(&response);
        return ok;
}

static bool device(const char *text, size_t size)
{
        struct device_response response = {0};
        bool ok = device_response_read(text, size, &response, NULL) == PJWT_OK;

        FUZZ_CHECK(ok == (response.user_code && response.device_code && response.url));
        check_word(response.user_code);
        check_word(response.url);
        check_word(response.complete_url);
        if (ok)
                FUZZ_CHECK(response.interval >= 1 && response.interval <= 300 && response.expires_in > 0);
        device_response_clear(&response);
        return ok;
}

static void fault(const char *text, size_t size)
{
        struct token_fault fault;

        token_fault_read(text, size, &fault);
        FUZZ_CHECK(memchr(fault.error, '\0', sizeof(fault.error)) != NULL);
        FUZZ_CHECK(memchr(fault.description, '\0', sizeof(fault.description)) != NULL);
        FUZZ_CHECK(!fault.unreached);
}

static bool configuration(const char *text, size_t size)
{
        struct client_conf *conf = NULL;
        const struct client_target *target;
        struct pjwt_error err = {0};
        bool ok = client_conf_read(text, size, "fuzz", "/home/me", &conf, &err) == PJWT_OK;

        FUZZ_CHECK(ok == (conf != NULL));
        if (ok && (target = client_conf_target(conf, "db1.acme.example")) != NULL && target->issuer)
                FUZZ_CHECK(client_conf_issuer(conf, target->issuer) != NULL);
        client_conf_free(conf);
        return ok;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        const char *text = (const char *)data;
        bool any = token(text, size);

        any |= device(text, size);
        fault(text, size);
        return configuration(text, size) || any;
}
