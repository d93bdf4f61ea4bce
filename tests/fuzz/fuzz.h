/*
 * Shared by all fuzz targets. A target is one file: fuzz_NAME.c defines fuzz_target(), and calls only
 * public functions.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Passes the bytes to the code under test and checks its invariants (FUZZ_CHECK). Returns whether they were
 * accepted. Called twice with the same bytes, the second time with one call to memory allocation, json-c or
 * OpenSSL failing: what was refused must then not be accepted.
 */
bool fuzz_target(const uint8_t *data, size_t size);

/* Stops the fuzzer and reports the violated condition. */
#define FUZZ_CHECK(x)                                                                                        \
        do {                                                                                                 \
                if (!(x))                                                                                    \
                        fuzz_failed(#x, __FILE__, __LINE__);                                                 \
        } while (0)

_Noreturn void fuzz_failed(const char *what, const char *file, int line);

/*
 * True while a fault is injected: accepted input may then be refused, but refused input must not be
 * accepted.
 */
bool fuzz_faulty(void);

#endif
