#include "qr.h"

#include <qrencode.h>
#include <stdbool.h>

#define QUIET 2 /* white cells around it */

static bool is_dark(const QRcode *code, int x, int y)
{
        return x >= 0 && y >= 0 && x < code->width && y < code->width &&
               (code->data[y * code->width + x] & 1) != 0;
}

/* Two rows per line of text; black on white, whatever the terminal's colours are. */
static void print_rows(FILE *out, const QRcode *code, int y)
{
        static const char *const cells[2][2] = {{" ", "\u2584"}, {"\u2580", "\u2588"}};

        fputs("    \033[30;107m", out);
        for (int x = -QUIET; x < code->width + QUIET; x++)
                fputs(cells[is_dark(code, x, y)][is_dark(code, x, y + 1)], out);
        fputs("\033[0m\n", out);
}

void qr_print(FILE *out, const char *text)
{
        QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);

        if (!code)
                return;
        for (int y = -QUIET; y < code->width + QUIET; y += 2)
                print_rows(out, code, y);
        fputc('\n', out);
        QRcode_free(code);
}
