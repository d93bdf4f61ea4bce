/*
 * What the fuzz targets share. A target is one file: fuzz_NAME.c has fuzz_target(), and calls public
 * functions only.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Feeds the bytes to the code under test and checks what must always hold (FUZZ_CHECK).
 * Returns whether they were accepted; is called twice with the same bytes, the second time with one call to
 * memory, json-c or OpenSSL failing: then what was refused must not be accepted.
 */
bool fuzz_target(const uint8_t *data, size_t size);

/* Stops the fuzzer with what was wrong. */
#define FUZZ_CHECK(x)                                                                                        \
        do {                                                                                                 \
                if (!(x))                                                                                    \
                        fuzz_failed(#x, __FILE__, __LINE__);                                                 \
        } while (0)

_Noreturn void fuzz_failed(const char *what, const char *file, int line);

/* True while a fault is injected: "accepted, and then so" may not hold, "refused" still must. */
bool fuzz_faulty(void);

#endif
