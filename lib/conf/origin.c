/* In which line an option was written. */
#include "rows.h"

#include "conf.h"

/* Where a key was set; the line of its section if key is NULL or not set. */
static struct pjwt_origin origin_of(struct pjwt_origin section, const unsigned *lines, enum pjwt_kind kind,
                                    const char *key)
{
        unsigned line = key ? pjwt_row_line(kind, lines, key) : 0;

        return (struct pjwt_origin){section.file, line ? line : section.line};
}

struct pjwt_origin pjwt_issuer_origin(const struct pjwt_issuer *issuer, const char *key)
{
        return origin_of(issuer->origin, issuer->lines, PJWT_KIND_ISSUER, key);
}

struct pjwt_origin pjwt_grant_origin(const struct pjwt_grant *grant, const char *key)
{
        return origin_of(grant->origin, grant->lines, PJWT_KIND_GRANT, key);
}

struct pjwt_origin pjwt_service_origin(const struct pjwt_service *service, const char *key)
{
        return origin_of(service->origin, service->lines, PJWT_KIND_SERVICE, key);
}
