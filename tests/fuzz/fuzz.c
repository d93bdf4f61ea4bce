#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "faults.h"

static bool faulty;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fuzz_failed(const char *what, const char *file, int line)
{
        fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
        abort();
}

bool fuzz_faulty(void)
{
        return faulty;
}

/* The input itself selects the call that fails, so that each run with an input is the same. */
static uint64_t hash(const uint8_t *data, size_t size)
{
        uint64_t h = UINT64_C(14695981039346656037);

        for (size_t i = 0; i < size; i++)
                h = (h ^ data[i]) * UINT64_C(1099511628211);
        return h ^ h >> 32;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        unsigned long calls;
        bool accepted;

        faulty = false;
        faults_begin(0);
        accepted = fuzz_target(data, size);
        calls = faults_end();
        if (calls == 0)
                return 0;
        faulty = true;
        faults_begin(hash(data, size) % calls + 1);
        if (fuzz_target(data, size))
                FUZZ_CHECK(accepted);
        (void)faults_end();
        return 0;
}
