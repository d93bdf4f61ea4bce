#include "form.h"

#include <stdio.h>
#include <string.h>

void form_encode(struct cli_buf *out, const char *text)
{
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";

        for (; *text; text++) {
                char escaped[4];

                if (strchr(plain, *text)) {
                        cli_buf_add(out, text, 1);
                        continue;
                }
                (void)snprintf(escaped, sizeof(escaped), "%%%02X", (unsigned)(unsigned char)*text);
                cli_buf_str(out, escaped);
        }
}

void form_add(struct cli_buf *form, const char *name, const char *value)
{
        if (!value)
                return;
        if (form->len > 0)
                cli_buf_str(form, "&");
        form_encode(form, name);
        cli_buf_str(form, "=");
        form_encode(form, value);
}
