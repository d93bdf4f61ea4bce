/* What is unusual about a token, before it has been verified. */
#ifndef CLI_ODDITIES_H
#define CLI_ODDITIES_H

#include <stdint.h>

#include <json-c/json.h>

#include "reason.h"

/* What is known about a text that may be a token. */
struct cli_view {
        const char *text;
        size_t len;
        size_t dots;
        int64_t now;
        struct json_object *header; /* NULL: unreadable */
        struct json_object *claims;
        size_t payload_len;
        size_t signature_len;
        struct pjwt_error refused; /* why it is not a token; reason 0: it is one */
        struct json_object *notes; /* list of strings */
};

/* Adds the notes. Nothing is verified: they describe what the text claims. */
void cli_oddities(struct cli_view *view);

#endif
