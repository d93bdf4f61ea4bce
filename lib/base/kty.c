#include "kty.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const names[] = {
        [PJWT_KTY_NONE] = "none", [PJWT_KTY_RSA] = "RSA", [PJWT_KTY_EC] = "EC",
        [PJWT_KTY_OKP] = "OKP",   [PJWT_KTY_OCT] = "oct", [PJWT_KTY_AKP] = "AKP",
};

const char *pjwt_kty_name(enum pjwt_kty kty)
{
        return (unsigned)kty < COUNT(names) ? names[kty] : names[PJWT_KTY_NONE];
}

enum pjwt_kty pjwt_kty_find(const char *name, size_t len)
{
        for (unsigned i = PJWT_KTY_RSA; name && i < COUNT(names); i++)
                if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
                        return (enum pjwt_kty)i;
        return PJWT_KTY_NONE;
}
