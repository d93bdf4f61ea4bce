#include "roff.h"

void cli_put_roff(FILE *f, const char *text, size_t len, bool line_begin)
{
        for (size_t i = 0; i < len; i++) {
                if (line_begin && (text[i] == '.' || text[i] == '\''))
                        (void)fputs("\\&", f);
                if (text[i] == '\\')
                        (void)fputs("\\e", f);
                else if (text[i] == '-')
                        (void)fputs("\\-", f);
                else
                        (void)fputc(text[i], f);
                line_begin = text[i] == '\n';
        }
}
