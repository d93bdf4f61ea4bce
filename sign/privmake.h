/* New private keys and secrets. */
#ifndef CLI_PRIVMAKE_H
#define CLI_PRIVMAKE_H

#include "privkey.h"

/*
 * A new key for alg.
 * bits: of the modulus or secret, 0: the default size.
 * ret: for cli_privkey_free(); untouched on failure.
 * Returns PJWT_OK, PJWT_BAD_KEY, PJWT_NO_MEMORY, PJWT_CRYPTO.
 */
enum pjwt_reason cli_privkey_generate(const struct pjwt_alg *alg, unsigned bits, struct cli_privkey **ret,
                                      struct pjwt_error *reterr);

#endif
