#include "email.h"

#include <string.h>

#include "strictjson.h"
#include "template.h"

bool pjwt_email_is(const char *name, size_t len)
{
        return (len == 5 && memcmp(name, "email", 5) == 0) || (len == 6 && memcmp(name, "/email", 6) == 0);
}

static bool template_uses_email(const char *template)
{
        struct pjwt_piece piece;

        while (pjwt_template_next(&template, &piece))
                if (piece.kind == PJWT_PIECE_CLAIM && pjwt_email_is(piece.text, piece.len))
                        return true;
        return false;
}

bool pjwt_email_used_by(const struct pjwt_grant *grant)
{
        for (size_t i = 0; i < grant->match_count; i++)
                if (pjwt_email_is(grant->matches[i].claim, strlen(grant->matches[i].claim)))
                        return true;
        for (size_t i = 0; grant->user[i]; i++)
                if (template_uses_email(grant->user[i]))
                        return true;
        return false;
}

/* Whether email_verified is JSON true. */
static bool is_verified(struct json_object *claims)
{
        struct json_object *o = pjwt_json_member(claims, "email_verified");

        return json_object_is_type(o, json_type_boolean) && json_object_get_boolean(o);
}

bool pjwt_email_counts(const struct pjwt_issuer *issuer, struct json_object *claims)
{
        return issuer->email_trusted || is_verified(claims);
}
