#include "privread.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "opensshkey.h"
#include "privjwk.h"
#include "secret.h"

/* Called for a passphrase: there is none. */
static int no_passphrase(char *buf, int size, int rwflag, void *asked)
{
        (void)buf;
        (void)size;
        (void)rwflag;
        *(bool *)asked = true;
        return -1;
}

static enum pjwt_reason parse_pem(struct cli_privkey *key, const char *bytes, size_t len,
                                  struct pjwt_error *reterr)
{
        bool asked = false;
        BIO *bio = BIO_new_mem_buf(bytes, (int)len);

        if (!bio)
                return pjwt_fail_memory(reterr);
        key->pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, &asked, key->libctx, NULL);
        BIO_free(bio);
        ERR_clear_error();
        if (key->pkey)
                return cli_privkey_describe(key, reterr);
        if (asked)
                return pjwt_fail(reterr, PJWT_BAD_KEY,
                                 "the key is encrypted; decrypt it first with openssl pkey");
        if (strstr(bytes, "BEGIN PUBLIC KEY") || strstr(bytes, "BEGIN CERTIFICATE"))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "a public key cannot sign");
        return pjwt_fail(reterr, PJWT_BAD_KEY, "neither a private JWK nor a private key in PEM");
}

static enum pjwt_reason parse_openssh(struct cli_privkey *key, const char *bytes, size_t len,
                                      struct pjwt_error *reterr)
{
        struct cli_openssh file = {0};
        struct cli_buf jwk = {0};
        enum pjwt_reason r = cli_openssh_open(bytes, len, &file, reterr);

        if (r == PJWT_OK)
                r = cli_openssh_jwk(&file, &jwk, reterr);
        if (r == PJWT_OK)
                r = cli_privjwk_parse(key, jwk.bytes, jwk.len, NULL, reterr);
        cli_openssh_clear(&file);
        cli_buf_clear(&jwk);
        return r;
}

enum pjwt_reason cli_privkey_parse(const char *bytes, size_t len, const char *kid, struct cli_privkey **ret,
                                   struct pjwt_error *reterr)
{
        struct cli_privkey *key = cli_privkey_new();
        size_t white = strspn(bytes, " \t\r\n");

        if (!key)
                return pjwt_fail_memory(reterr);
        if (bytes[white] == '{')
                return cli_privkey_hand_over(key, cli_privjwk_parse(key, bytes, len, kid, reterr), ret);
        if (cli_openssh_is(bytes))
                return cli_privkey_hand_over(key, parse_openssh(key, bytes, len, reterr), ret);
        return cli_privkey_hand_over(key, parse_pem(key, bytes, len, reterr), ret);
}

enum pjwt_reason cli_privkey_from_secret(const char *secret, size_t len, struct cli_privkey **ret,
                                         struct pjwt_error *reterr)
{
        struct cli_privkey *key;

        if (len == 0)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "an empty secret");
        key = cli_privkey_new();
        if (!key)
                return pjwt_fail_memory(reterr);
        key->kty = PJWT_KTY_OCT;
        key->secret = (unsigned char *)pjwt_secret_dup(secret, len);
        key->secret_len = len;
        key->bits = (unsigned)len * 8;
        return cli_privkey_hand_over(key, key->secret ? PJWT_OK : pjwt_fail_memory(reterr), ret);
}
