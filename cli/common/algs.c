#include "algs.h"

#include <string.h>

#include "args.h"
#include "nearest.h"
#include "out.h"

static const char *alg_name_at(const void *table, size_t i)
{
        const struct pjwt_alg *alg = pjwt_alg_at(i);

        (void)table;
        return alg ? alg->name : NULL;
}

int cli_unknown_alg(const char *name)
{
        const char *near = pjwt_nearest(name, alg_name_at, NULL);

        if (strcmp(name, "none") == 0)
                return cli_usage(
                        "algorithm none is not supported: a token without a signature proves nothing");
        if (near)
                return cli_usage("unknown algorithm \"%s\"; did you mean %s?", name, near);
        return cli_usage("unknown algorithm \"%s\"", name);
}

void cli_warn_weak_secret(size_t bytes, const struct pjwt_alg *alg)
{
        if (bytes * 8 < alg->min_bits)
                cli_warn("the secret has %zu bits, but %s requires at least %u (RFC 7518 section 3.2); a key "
                         "file or a login would reject it",
                         bytes * 8, alg->name, alg->min_bits);
}
