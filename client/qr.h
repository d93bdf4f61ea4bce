/* A QR code in a terminal. */
#ifndef CLIENT_QR_H
#define CLIENT_QR_H

#include <stdio.h>

/*
 * Prints a text as a QR code of black and white cells, two of them per character; nothing if it is too long
 * for one.
 */
void qr_print(FILE *out, const char *text);

#endif
