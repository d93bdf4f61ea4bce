#include "response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret.h"
#include "token.h"

#define SECONDS_MAX         (10 * 366 * 86400)
#define DEVICE_INTERVAL     5 /* RFC 8628 section 3.2 */
#define DEVICE_INTERVAL_MAX 300
#define CODE_MAX            4096

/* To explain another error of a provider, add a row. */
static const struct {
        const char *error;
        const char *text;
} faults[] = {
        {"invalid_client", "the provider does not know the client, or rejects its secret or key"},
        {"invalid_grant", "the provider rejects this code, token or proof; it may have expired or been used"},
        {"unauthorized_client", "the provider does not allow this flow for this client"},
        {"unsupported_grant_type", "the provider does not support this flow"},
        {"invalid_scope", "the provider does not grant this scope"},
        {"invalid_target", "the provider issues no tokens for this resource or audience"},
        {"invalid_request", "the provider considers the request malformed"},
        {"access_denied", "the request was denied at the provider"},
        {"expired_token", "the code expired before it was entered; try again"},
        {"invalid_dpop_proof", "the provider rejects the proof of the key"},
        {"use_dpop_nonce", "the provider requires another nonce each time, and accepts none"},
        {"server_error", "the provider has an internal error"},
        {"temporarily_unavailable", "the provider is overloaded or under maintenance; try again later"},
};

const char *token_fault_text(const char *error)
{
        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
                if (strcmp(faults[i].error, error) == 0)
                        return faults[i].text;
        return NULL;
}

/* Visible ASCII of at most `max` characters, fit for a form, a header or a file. */
static bool is_word(const char *text, size_t len, size_t max)
{
        if (len == 0 || len > max)
                return false;
        for (size_t i = 0; i < len; i++)
                if (text[i] <= ' ' || text[i] > '~')
                        return false;
        return true;
}

/* A string member. *ret is NULL if it is absent; for pjwt_wipe_free_str(). */
static enum pjwt_reason take_word(struct json_object *o, const char *name, size_t max, char **ret,
                                  struct pjwt_error *reterr)
{
        struct json_object *member = pjwt_json_member(o, name);
        size_t len = 0;
        const char *text = pjwt_json_string(member, &len);

        if (!member)
                return PJWT_OK;
        if (!text || !is_word(text, len, max))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the provider's response contains an invalid %s",
                                 name);
        *ret = pjwt_secret_dup(text, len);
        return *ret ? PJWT_OK : pjwt_fail_memory(reterr);
}

static enum pjwt_reason take_seconds(struct json_object *o, const char *name, int64_t *ret,
                                     struct pjwt_error *reterr)
{
        struct json_object *member = pjwt_json_member(o, name);

        if (!member)
                return PJWT_OK;
        if (!pjwt_json_numericdate(member, ret, NULL) || *ret > SECONDS_MAX)
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the provider's response contains an invalid %s",
                                 name);
        return PJWT_OK;
}

static enum pjwt_reason missing(const char *name, struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the provider's response has no %s", name);
}

static enum pjwt_reason parse(const char *body, size_t len, struct json_object **ret,
                              struct pjwt_error *reterr)
{
        struct pjwt_error err = {0};
        enum pjwt_reason r =
                pjwt_json_parse_object(body ? body : "", len, "the provider's response", ret, &err);

        if (r == PJWT_OK || r == PJWT_NO_MEMORY)
                return r == PJWT_OK ? r : pjwt_fail_memory(reterr);
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s", err.detail);
}

static enum pjwt_reason take_type(struct json_object *o, struct token_response *response,
                                  struct pjwt_error *reterr)
{
        const char *type = pjwt_json_string(pjwt_json_member(o, "token_type"), NULL);

        if (!type)
                return missing("token_type", reterr);
        response->dpop = strcasecmp(type, "DPoP") == 0;
        if (response->dpop || strcasecmp(type, "Bearer") == 0)
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the provider's response has the token_type '%.40s'",
                         type);
}

enum pjwt_reason token_response_read(const char *body, size_t len, struct token_response *ret,
                                     struct pjwt_error *reterr)
{
        struct token_response response = {.expires_in = -1};
        struct json_object *o = NULL;
        enum pjwt_reason r = parse(body, len, &o, reterr);

        if (r == PJWT_OK)
                r = take_type(o, &response, reterr);
        if (r == PJWT_OK)
                r = take_seconds(o, "expires_in", &response.expires_in, reterr);
        if (r == PJWT_OK)
                r = take_word(o, "access_token", PJWT_TOKEN_MAX, &response.access_token, reterr);
        if (r == PJWT_OK)
                r = take_word(o, "refresh_token", PJWT_TOKEN_MAX, &response.refresh_token, reterr);
        if (r == PJWT_OK && !response.access_token)
                r = missing("access_token", reterr);
        json_object_put(o);
        if (r == PJWT_OK)
                *ret = response;
        else
                token_response_clear(&response);
        return r;
}

/*
 * A person opens this URL and logs in there. Over http any network on the way could answer, and what precedes
 * an @ looks like the host; a browser takes a backslash for a slash.
 */
static enum pjwt_reason check_page(const char *name, const char *url, struct pjwt_error *reterr)
{
        const char *host = url + strlen("https://");

        if (strncasecmp(url, "https://", strlen("https://")) == 0 && *host && !strchr("/?#:", *host) &&
            !memchr(host, '@', strcspn(host, "/?#")) && !strchr(url, '\\'))
                return PJWT_OK;
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "the provider's %s is not an https URL: %.200s", name,
                         url);
}

static enum pjwt_reason check_device(struct device_response *a, struct pjwt_error *reterr)
{
        if (!a->device_code)
                return missing("device_code", reterr);
        if (!a->user_code)
                return missing("user_code", reterr);
        if (!a->url)
                return missing("verification_uri", reterr);
        if (a->expires_in <= 0)
                return missing("expires_in", reterr);
        if (check_page("verification_uri", a->url, reterr) != PJWT_OK ||
            (a->complete_url && check_page("verification_uri_complete", a->complete_url, reterr) != PJWT_OK))
                return PJWT_FETCH_FAILED;
        if (a->interval < 1)
                a->interval = 1;
        if (a->interval > DEVICE_INTERVAL_MAX)
                a->interval = DEVICE_INTERVAL_MAX;
        return PJWT_OK;
}

enum pjwt_reason device_response_read(const char *body, size_t len, struct device_response *ret,
                                      struct pjwt_error *reterr)
{
        struct device_response response = {.interval = DEVICE_INTERVAL};
        struct json_object *o = NULL;
        enum pjwt_reason r = parse(body, len, &o, reterr);

        if (r == PJWT_OK)
                r = take_word(o, "device_code", CODE_MAX, &response.device_code, reterr);
        if (r == PJWT_OK)
                r = take_word(o, "user_code", 64, &response.user_code, reterr);
        if (r == PJWT_OK)
                r = take_word(o, "verification_uri", CODE_MAX, &response.url, reterr);
        if (r == PJWT_OK)
                r = take_word(o, "verification_uri_complete", CODE_MAX, &response.complete_url, reterr);
        if (r == PJWT_OK)
                r = take_seconds(o, "expires_in", &response.expires_in, reterr);
        if (r == PJWT_OK)
                r = take_seconds(o, "interval", &response.interval, reterr);
        if (r == PJWT_OK)
                r = check_device(&response, reterr);
        json_object_put(o);
        if (r == PJWT_OK)
                *ret = response;
        else
                device_response_clear(&response);
        return r;
}

void token_fault_read(const char *body, size_t len, struct token_fault *ret)
{
        struct json_object *o = NULL;
        const char *error = NULL, *description = NULL;

        *ret = (struct token_fault){0};
        if (parse(body, len, &o, NULL) == PJWT_OK) {
                error = pjwt_json_string(pjwt_json_member(o, "error"), NULL);
                description = pjwt_json_string(pjwt_json_member(o, "error_description"), NULL);
        }
        (void)snprintf(ret->error, sizeof(ret->error), "%s", error ? error : "");
        (void)snprintf(ret->description, sizeof(ret->description), "%s", description ? description : "");
        json_object_put(o);
}

void token_response_clear(struct token_response *response)
{
        pjwt_wipe_free_str(response->access_token);
        pjwt_wipe_free_str(response->refresh_token);
        *response = (struct token_response){0};
}

void device_response_clear(struct device_response *response)
{
        pjwt_wipe_free_str(response->device_code);
        pjwt_wipe_free_str(response->user_code);
        pjwt_wipe_free_str(response->url);
        pjwt_wipe_free_str(response->complete_url);
        *response = (struct device_response){0};
}
