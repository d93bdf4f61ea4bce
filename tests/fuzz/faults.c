#include "faults.h"

#include <json-c/json.h>
#include <locale.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool counting;
static unsigned long calls, failing;

void faults_begin(unsigned long n)
{
        calls = 0;
        failing = n;
        counting = true;
}

unsigned long faults_end(void)
{
        counting = false;
        return calls;
}

static bool due(void)
{
        return counting && ++calls == failing;
}

#define FAULTY(type, name, params, args, failure)                                                            \
        type __real_##name params;                                                                           \
        type __wrap_##name params;                                                                           \
        type __wrap_##name params                                                                            \
        {                                                                                                    \
                return due() ? failure : __real_##name args;                                                 \
        }
#include "faults.def"
