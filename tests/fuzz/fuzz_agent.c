/* A response of an ssh-agent, an ssh public key line, and a private key in OpenSSH's format. */
#include <string.h>

#include "agentwire.h"
#include "fuzz.h"
#include "opensshkey.h"
#include "sshpub.h"
#include "strictjson.h"

static bool signature(const uint8_t *data, size_t size)
{
        static const size_t sizes[] = {64, 64, 96, 132, 256};
        size_t row = size > 0 ? data[0] % 5 : 0;
        unsigned char out[AGENT_SIGNATURE_MAX];
        struct pjwt_error err = {0};
        bool refused = false;
        enum pjwt_reason r;

        if (size == 0)
                return false;
        r = agent_signature_read(data + 1, size - 1, ssh_key_type_at(row), sizes[row], out, &refused, &err);
        FUZZ_CHECK(r == PJWT_OK || err.reason == r);
        FUZZ_CHECK(!refused || r != PJWT_OK);
        return r == PJWT_OK;
}

static bool identities(const uint8_t *data, size_t size)
{
        static const unsigned char blob[] = "key";
        struct pjwt_error err = {0};
        bool has = false;
        bool ok = agent_identities_read(data, size, blob, sizeof(blob) - 1, &has, &err) == PJWT_OK;

        FUZZ_CHECK(ok || !has);
        return ok;
}

static bool jwk(const struct ssh_public *key)
{
        struct cli_buf out = {0};
        struct json_object *o = NULL;
        bool ok = ssh_public_jwk(key, &out, NULL) == PJWT_OK;

        if (ok)
                FUZZ_CHECK(pjwt_json_parse_object(out.bytes, out.len, "jwk", &o, NULL) == PJWT_OK ||
                           fuzz_faulty());
        json_object_put(o);
        cli_buf_clear(&out);
        return ok;
}

static bool public_key(const char *text, size_t size)
{
        struct ssh_public key = {0};
        bool ok = ssh_public_read(text, &key, NULL) == PJWT_OK, made = false;

        FUZZ_CHECK(ok == (key.blob != NULL));
        if (ok) {
                FUZZ_CHECK(key.type->alg != NULL);
                made = jwk(&key);
        }
        ssh_public_clear(&key);
        return made;
}

static bool private_key(const char *text, size_t size)
{
        struct cli_openssh key = {0};
        struct cli_buf out = {0};
        struct json_object *o = NULL;
        bool ok = cli_openssh_open(text, size, &key, NULL) == PJWT_OK;

        FUZZ_CHECK(ok == (key.bytes != NULL));
        ok = ok && cli_openssh_jwk(&key, &out, NULL) == PJWT_OK;
        if (ok)
                FUZZ_CHECK(pjwt_json_parse_object(out.bytes, out.len, "jwk", &o, NULL) == PJWT_OK ||
                           fuzz_faulty());
        json_object_put(o);
        cli_buf_clear(&out);
        cli_openssh_clear(&key);
        return ok;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        static char text[64 * 1024]; /* files are read with a NUL after them */
        bool any = signature(data, size);

        if (size >= sizeof(text))
                return false;
        if (size > 0)
                memcpy(text, data, size);
        text[size] = '\0';
        any |= identities(data, size);
        any |= public_key(text, size);
        return private_key(text, size) || any;
}
