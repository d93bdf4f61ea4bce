#include "device.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "discover.h"
#include "form.h"
#include "out.h"
#include "qr.h"

#define SLOWER       5 /* seconds, added at each slow_down (RFC 8628 section 3.5) */
#define FAILURES_MAX 3 /* consecutive requests without a response */

static enum pjwt_reason ask_code(struct provider *p, const struct cli_buf *wanted,
                                 struct device_response *ret, struct pjwt_error *reterr)
{
        struct fetch_response response = {0};
        struct token_fault fault = {0};
        char url[FETCH_URL_MAX];
        enum pjwt_reason r;

        if (!pjwt_json_member(p->document, "device_authorization_endpoint"))
                return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%.200s: the provider has no device flow",
                                 p->from);
        r = fetch_discovered_url(p->document, p->from, "device_authorization_endpoint", url, reterr);
        if (r == PJWT_OK)
                r = provider_post(p, url, wanted, false, &response, reterr);
        if (r == PJWT_OK && response.status == 200) {
                r = device_response_read(response.body, response.len, ret, reterr);
        } else if (r == PJWT_OK) {
                token_fault_read(response.body, response.len, &fault);
                r = provider_refused(url, &response, &fault, reterr);
        }
        fetch_response_clear(&response);
        return r;
}

static void put_indented(FILE *out, const char *text)
{
        fputs("\n\n    ", out);
        cli_put_str(out, text);
        fputs("\n\n", out);
}

/*
 * RFC 8628 section 5.4: an attacker may show a user the code of his own request, so the text names the host
 * and the time. Section 3.3.1: the code is shown even with the URL that contains it, so that the user can
 * compare. The QR code never contains what the text does not show (RVW-13).
 */
static void show_code(const struct device_response *a, const struct device_show *show)
{
        int64_t now = (int64_t)time(NULL);
        char away[48];

        fputs("To get a token for ", show->out);
        cli_put_str(show->out, show->host ? show->host : "sudo on this machine");
        fputs(", open", show->out);
        put_indented(show->out, a->url);
        fprintf(show->out,
                "and enter this code, which expires %s:", cli_away(now + a->expires_in, now, away));
        put_indented(show->out, a->user_code);
        if (a->complete_url) {
                fputs("Or open this page, and compare the code:", show->out);
                put_indented(show->out, a->complete_url);
        }
        if (show->qr)
                qr_print(show->out, a->complete_url ? a->complete_url : a->url);
        fflush(show->out);
}

static void wait_seconds(int64_t seconds)
{
        struct timespec left = {.tv_sec = (time_t)seconds};

        while (nanosleep(&left, &left) != 0)
                continue;
}

/* Whether to ask again after this response. Slows down if the provider requests it. */
static bool goes_on(const struct token_fault *fault, int64_t *interval, unsigned *failures)
{
        if (strcmp(fault->error, "slow_down") == 0)
                *interval += SLOWER;
        else if (fault->unreached)
                return ++*failures < FAILURES_MAX;
        else if (strcmp(fault->error, "authorization_pending") != 0)
                return false;
        *failures = 0;
        return true;
}

static enum pjwt_reason poll_token(struct provider *p, const struct device_response *a,
                                   const struct cli_buf *form, struct token_response *ret,
                                   struct pjwt_error *reterr)
{
        int64_t end = pjwt_boot_ms() + a->expires_in * 1000, interval = a->interval;
        unsigned failures = 0;

        while (pjwt_boot_ms() + interval * 1000 < end) {
                struct pjwt_error err = {0};
                struct token_fault fault = {0};
                enum pjwt_reason r;

                wait_seconds(interval);
                r = provider_token(p, form, ret, &fault, &err);
                if (r == PJWT_OK)
                        return r;
                if (r != PJWT_FETCH_FAILED || !goes_on(&fault, &interval, &failures))
                        return pjwt_fail(reterr, r, "%s", err.detail);
        }
        return pjwt_fail(reterr, PJWT_FETCH_FAILED, "%s", token_fault_text("expired_token"));
}

enum pjwt_reason device_token(struct provider *provider, const struct cli_buf *wanted,
                              const struct device_show *show, struct token_response *ret,
                              struct pjwt_error *reterr)
{
        struct device_response response = {0};
        struct cli_buf form = {0};
        enum pjwt_reason r = provider_try_proof(provider, reterr);

        if (r == PJWT_OK)
                r = ask_code(provider, wanted, &response, reterr);
        if (r != PJWT_OK)
                return r;
        show_code(&response, show);
        form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
        form_add(&form, "device_code", response.device_code);
        cli_buf_str(&form, wanted->len ? "&" : "");
        cli_buf_add(&form, wanted->bytes, wanted->len);
        r = form.failed ? pjwt_fail_memory(reterr) : poll_token(provider, &response, &form, ret, reterr);
        cli_buf_clear(&form);
        device_response_clear(&response);
        return r;
}
