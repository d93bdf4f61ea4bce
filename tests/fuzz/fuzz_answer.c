/* What an OpenID provider answers, and client.conf. */
#include <string.h>

#include "answer.h"
#include "clientconf.h"
#include "fuzz.h"

/* Goes into a form, a header, a file or onto a terminal. */
static void check_word(const char *text)
{
        for (; text && *text; text++)
                FUZZ_CHECK(*text > ' ' && *text <= '~');
}

static bool token(const char *text, size_t size)
{
        struct token_answer answer = {0};
        struct pjwt_error err = {0};
        enum pjwt_reason r = token_answer_read(text, size, &answer, &err);
        bool ok = r == PJWT_OK;

        FUZZ_CHECK(ok || err.reason == r);
        FUZZ_CHECK(ok == (answer.access_token != NULL));
        check_word(answer.access_token);
        check_word(answer.refresh_token);
        if (ok)
                FUZZ_CHECK(answer.expires_in >= -1);
        token_answer_clear(&answer);
        return ok;
}

static bool device(const char *text, size_t size)
{
        struct device_answer answer = {0};
        bool ok = device_answer_read(text, size, &answer, NULL) == PJWT_OK;

        FUZZ_CHECK(ok == (answer.user_code && answer.device_code && answer.url));
        check_word(answer.user_code);
        check_word(answer.url);
        check_word(answer.complete_url);
        if (ok)
                FUZZ_CHECK(answer.interval >= 1 && answer.interval <= 300 && answer.expires_in > 0);
        device_answer_clear(&answer);
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
