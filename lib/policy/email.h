/*
 * The claim email, which anyone can have written into an account: it counts only together with
 * email_verified, or where the issuer section says email_trusted (USR-09). Pure.
 */
#ifndef PJWT_EMAIL_H
#define PJWT_EMAIL_H

#include <json-c/json_object.h>

#include "conf.h"

/* Is it the name of the claim, literal or as a JSON Pointer? */
bool pjwt_email_is(const char *name, size_t len);

/* Does the grant rest on the claim: in a match line, or in a template of its user? */
bool pjwt_email_used_by(const struct pjwt_grant *grant);

/* May an email of these claims be believed? email_verified is JSON true, or email_trusted is set. */
bool pjwt_email_counts(const struct pjwt_issuer *issuer, struct json_object *claims);

#endif
