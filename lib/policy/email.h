/*
 * The claim email, which users may be able to set to any value: it is accepted only with email_verified, or
 * if the issuer section sets email_trusted (USR-09). Pure.
 */
#ifndef PJWT_EMAIL_H
#define PJWT_EMAIL_H

#include <json-c/json_object.h>

#include "conf.h"

/* Whether this is the name of the claim, literal or as a JSON Pointer. */
bool pjwt_email_is(const char *name, size_t len);

/* Whether the grant depends on the claim: in a match line, or in a template of its user. */
bool pjwt_email_used_by(const struct pjwt_grant *grant);

/* Whether the email of these claims can be trusted: email_verified is JSON true, or email_trusted is set. */
bool pjwt_email_counts(const struct pjwt_issuer *issuer, struct json_object *claims);

#endif
