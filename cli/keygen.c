/* pamjwt keygen: generates a private key as a JWK. */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "algs.h"
#include "jwkwrite.h"
#include "keyset.h"
#include "out.h"
#include "privmake.h"
#include "privwrite.h"
#include "rsa.h"
#include "sign.h"

struct keygen_options {
        struct cli_args args;
        const char *alg;
        const char *kid;
        struct cli_number bits;
        const char *out;
        bool pem;
        bool json;
};

#define CLI_OPTIONS struct keygen_options

static const struct cli_option option_rows[] = {
        CLI_OPT("alg", CLI_STRING, "ALG", CLI_ALGS, alg, "the algorithm of the key; default ES256"),
        CLI_OPT("kid", CLI_STRING, "KID", CLI_ANY, kid, "the key's kid; default: its RFC 7638 thumbprint"),
        CLI_OPT("bits", CLI_NUMBER, "BITS", CLI_ANY, bits,
                "the modulus size of an RSA key (default 3072), or the size of a secret"),
        CLI_OPT("out", CLI_STRING, "FILE", CLI_FILE, out,
                "write the private key to this new file (mode 0600), and print the public JWKS"),
        CLI_OPT("pem", CLI_FLAG, NULL, CLI_ANY, pem, "write the private key as PKCS#8 PEM"),
        CLI_OPT_JSON,
        CLI_OPT_HELP,
        CLI_OPT_END,
};

/* A key without a name gets its thumbprint, so that there is always a kid for key rotation. */
static enum pjwt_reason name_key(struct cli_privkey *key, const char *kid, struct pjwt_error *reterr)
{
        char thumbprint[44] = "";
        enum pjwt_reason r = PJWT_OK;

        if (!kid) {
                r = cli_sign_thumbprint(key, thumbprint, reterr);
                kid = thumbprint;
        }
        if (r == PJWT_OK && *kid && !(key->kid = strdup(kid)))
                r = pjwt_fail_memory(reterr);
        return r;
}

static enum pjwt_reason write_private(const char *path, const struct cli_buf *text, struct pjwt_error *reterr)
{
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
        const char *p = text->bytes;
        size_t left = text->len;
        ssize_t n = 0;
        int error;

        if (fd < 0)
                return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", path, strerror(errno));
        while (left > 0 && ((n = write(fd, p, left)) > 0 || errno == EINTR)) {
                p += n > 0 ? n : 0;
                left -= n > 0 ? (size_t)n : 0;
        }
        error = left > 0 ? errno : 0;
        if (close(fd) != 0 && !error)
                error = errno;
        if (error == 0)
                return PJWT_OK;
        unlink(path);
        return pjwt_fail(reterr, PJWT_FILE_WRITE, "%s: %s", path, strerror(error));
}

static enum pjwt_reason private_text(const struct keygen_options *options, const struct cli_privkey *key,
                                     struct cli_buf *out, struct pjwt_error *reterr)
{
        enum pjwt_reason r;

        if (options->pem)
                return cli_privkey_pem(key, out, reterr);
        r = cli_privkey_jwk(key, true, out, reterr);
        cli_buf_str(out, "\n");
        return r == PJWT_OK && out->failed ? pjwt_fail_memory(reterr) : r;
}

/* The public JWKS, for the file that logins read. There is none for a secret. */
static enum pjwt_reason print_public(const struct cli_privkey *key, struct pjwt_error *reterr)
{
        struct cli_buf out = {0};
        enum pjwt_reason r = PJWT_OK;

        if (key->kty != PJWT_KTY_OCT) {
                cli_buf_str(&out, "{\"keys\":[");
                r = cli_privkey_jwk(key, false, &out, reterr);
                if (r == PJWT_OK)
                        printf("%s]}\n", out.bytes);
        }
        cli_buf_clear(&out);
        return r;
}

/* `keygen > key.jwk` makes a file with the mode that the umask leaves, usually 0644. */
static void print_private(const struct cli_buf *text)
{
        struct stat st;

        if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
                cli_warn("other users can read or change the file that the private key is written to (mode "
                         "%04o); chmod 600 it, or use --out FILE",
                         (unsigned)st.st_mode & 07777u);
        fwrite(text->bytes, 1, text->len, stdout);
}

static enum pjwt_reason make_and_print(const struct keygen_options *options, const struct pjwt_alg *alg,
                                       struct pjwt_error *reterr)
{
        struct cli_privkey *key = NULL;
        struct cli_buf text = {0};
        enum pjwt_reason r = cli_privkey_generate(alg, (unsigned)options->bits.value, &key, reterr);

        if (r == PJWT_OK)
                r = name_key(key, options->kid, reterr);
        if (r == PJWT_OK)
                r = private_text(options, key, &text, reterr);
        if (r == PJWT_OK && options->out) {
                r = write_private(options->out, &text, reterr);
                if (r == PJWT_OK)
                        r = print_public(key, reterr);
        } else if (r == PJWT_OK) {
                print_private(&text);
        }
        cli_buf_clear(&text);
        cli_privkey_free(key);
        return r;
}

static int check_bits(const struct cli_number *bits, const struct pjwt_alg *alg)
{
        unsigned most = alg->kty == PJWT_KTY_RSA ? PJWT_RSA_BITS_MAX : 65536;

        if (!bits->given)
                return CLI_YES;
        if (alg->kty != PJWT_KTY_RSA && alg->kty != PJWT_KTY_OCT)
                return cli_usage("--bits: keys for %s have a fixed size", alg->name);
        if (bits->value < alg->min_bits || bits->value > most || bits->value % 8 != 0)
                return cli_usage("--bits for %s must be a multiple of 8 from %u to %u", alg->name,
                                 alg->min_bits, most);
        return CLI_YES;
}

static int run(const void *arg)
{
        const struct keygen_options *options = arg;
        const char *name = options->alg ? options->alg : "ES256";
        const struct pjwt_alg *alg = pjwt_alg_find(name, strlen(name));
        struct pjwt_error err = {0};
        int r;

        if (!alg)
                return cli_unknown_alg(name);
        r = check_bits(&options->bits, alg);
        if (r != CLI_YES)
                return r;
        if (make_and_print(options, alg, &err) != PJWT_OK)
                return cli_unusable(options->json, &err);
        return CLI_YES;
}

const struct cli_body cli_keygen_body = {option_rows, sizeof(struct keygen_options), run};
