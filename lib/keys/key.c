#include "key.h"

#include <stdarg.h>
#include <stdio.h>

bool pjwt_key_fault(struct pjwt_key *key, const char *fmt, ...)
{
        va_list ap;

        if (key->unusable != PJWT_OK)
                return false;
        key->unusable = PJWT_BAD_KEY;
        va_start(ap, fmt);
        (void)vsnprintf(key->note, sizeof(key->note), fmt, ap);
        va_end(ap);
        return false;
}

bool pjwt_key_fits(const struct pjwt_key *key, const struct pjwt_alg *alg)
{
        if (key->kty != alg->kty || (key->alg && key->alg != alg) || (key->pss_only && !alg->pss))
                return false;
        if (alg->curve && alg->curve != key->curve)
                return false;
        return key->bits >= alg->min_bits || key->weak;
}
