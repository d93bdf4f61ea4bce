/* The policy of the module arguments issuer=, audience= and jwks=, used instead of a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

/*
 * Written as the equivalent file and read by the same code, so that the effect is the same. An argument
 * must not add a line of its own.
 */
enum pjwt_reason pjwt_conf_from_arguments(const char *issuer, const char *audience, const char *jwks,
                                          const char *service, const char *hostname, struct pjwt_conf **ret,
                                          struct pjwt_error *reterr)
{
        struct pjwt_conf_text text = {.file = "arguments"};
        enum pjwt_reason reason;
        char *bytes = NULL;
        int len;

        if (!issuer || !audience)
                return pjwt_fail(reterr, PJWT_CONFIG,
                                 "arguments: issuer= and audience= must be used together");
        if (strpbrk(issuer, "\n\r") || strpbrk(audience, "\n\r") || (jwks && strpbrk(jwks, "\n\r")) ||
            strpbrk(service, "\n\r"))
                return pjwt_fail(reterr, PJWT_CONFIG, "arguments: line break in an argument");
        len = asprintf(&bytes,
                       "[issuer/arguments]\nissuer = %s\naudience = %s\n%s%s%s"
                       "[grant/arguments]\nissuer = arguments\nservices = %s\n",
                       issuer, audience, jwks ? "jwks = " : "", jwks ? jwks : "", jwks ? "\n" : "", service);
        if (len < 0)
                return pjwt_fail_memory(reterr);
        text.text = bytes;
        text.len = (size_t)len;
        reason = pjwt_conf_parse(&text, 1, hostname, ret, reterr);
        free(bytes);
        return reason;
}
