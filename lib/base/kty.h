/* The key types of JWK (RFC 7517 section 4.1). Pure. */
#ifndef PJWT_KTY_H
#define PJWT_KTY_H

#include <stddef.h>

enum pjwt_kty { PJWT_KTY_NONE, PJWT_KTY_RSA, PJWT_KTY_EC, PJWT_KTY_OKP, PJWT_KTY_OCT, PJWT_KTY_AKP };

/* kty of a JWK ("RSA", "EC", ...); "none" for any other value. Static. */
const char *pjwt_kty_name(enum pjwt_kty kty);
/* The key type of a name of len bytes, compared exactly; PJWT_KTY_NONE if there is none or name is NULL. */
enum pjwt_kty pjwt_kty_find(const char *name, size_t len);

#endif
