/* OpenSSL's library context of pam_jwt: one for the life of the process, shared by all key sets. */
#ifndef PJWT_LIBCTX_H
#define PJWT_LIBCTX_H

#include <openssl/types.h>

/*
 * The context, made at the first call and never freed; borrowed. It is not OpenSSL's default context, so the
 * host's openssl.cnf, engines and providers do not affect it, and nothing done in it affects the host
 * process. Threads may share it; a forked child makes its own.
 * NULL when memory runs out; the next call tries again.
 */
OSSL_LIB_CTX *pjwt_libctx(void);

#endif
