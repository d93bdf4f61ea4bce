#include "agentwire.h"

#include <string.h>

#include "sshwire.h"

enum { AGENT_FAILURE = 5, IDENTITIES_ANSWER = 12, SIGN_RESPONSE = 14 };

#define CERTIFICATE "an ssh certificate signs no proof; name its plain public key"
#define FIDO        "a FIDO key signs a counter and flags along with the text, which no DPoP proof may hold"

/* To let another type of key sign proofs, add a row. */
static const struct ssh_key_type types[] = {
        {"ssh-ed25519", "EdDSA", "ssh-ed25519", 0, NULL},
        {"ecdsa-sha2-nistp256", "ES256", "ecdsa-sha2-nistp256", 0, NULL},
        {"ecdsa-sha2-nistp384", "ES384", "ecdsa-sha2-nistp384", 0, NULL},
        {"ecdsa-sha2-nistp521", "ES512", "ecdsa-sha2-nistp521", 0, NULL},
        {"ssh-rsa", "RS256", "rsa-sha2-256", 2 /* SSH_AGENT_RSA_SHA2_256 */, NULL},
        {"sk-ssh-ed25519@openssh.com", NULL, NULL, 0, FIDO},
        {"sk-ecdsa-sha2-nistp256@openssh.com", NULL, NULL, 0, FIDO},
        {"ssh-dss", NULL, NULL, 0, "DSA keys cannot sign JWTs"},
        {"ssh-ed25519-cert-v01@openssh.com", NULL, NULL, 0, CERTIFICATE},
        {"ecdsa-sha2-nistp256-cert-v01@openssh.com", NULL, NULL, 0, CERTIFICATE},
        {"ecdsa-sha2-nistp384-cert-v01@openssh.com", NULL, NULL, 0, CERTIFICATE},
        {"ecdsa-sha2-nistp521-cert-v01@openssh.com", NULL, NULL, 0, CERTIFICATE},
        {"ssh-rsa-cert-v01@openssh.com", NULL, NULL, 0, CERTIFICATE},
        {"sk-ssh-ed25519-cert-v01@openssh.com", NULL, NULL, 0, FIDO},
        {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", NULL, NULL, 0, FIDO},
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

const struct ssh_key_type *ssh_key_type_at(size_t i)
{
        return i < TYPE_COUNT ? &types[i] : NULL;
}

const struct ssh_key_type *ssh_key_type_find(const char *name, size_t len)
{
        for (size_t i = 0; i < TYPE_COUNT; i++)
                if (strlen(types[i].name) == len && memcmp(types[i].name, name, len) == 0)
                        return &types[i];
        return NULL;
}

/* The first byte of a message is its type. */
static bool take_kind(struct pjwt_ssh_bytes *from, unsigned kind)
{
        if (from->len == 0 || from->at[0] != kind)
                return false;
        from->at++;
        from->len--;
        return true;
}

static enum pjwt_reason malformed(struct pjwt_error *reterr)
{
        return pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent's response is malformed");
}

enum pjwt_reason agent_identities_read(const unsigned char *message, size_t len, const unsigned char *blob,
                                       size_t blob_len, bool *rethas, struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes at = {message, len}, key, comment;
        uint32_t count = 0;
        bool has = false;

        if (len == 1 && message[0] == AGENT_FAILURE)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent does not list its keys");
        if (!take_kind(&at, IDENTITIES_ANSWER) || !pjwt_ssh_take_number(&at, &count))
                return malformed(reterr);
        for (; count > 0; count--) {
                if (!pjwt_ssh_take_string(&at, &key) || !pjwt_ssh_take_string(&at, &comment))
                        return malformed(reterr);
                has = has || (key.len == blob_len && memcmp(key.at, blob, blob_len) == 0);
        }
        if (at.len > 0)
                return malformed(reterr);
        *rethas = has;
        return PJWT_OK;
}

/* Padded with zeros on the left. */
static bool put_full(struct pjwt_ssh_bytes number, unsigned char *out, size_t size)
{
        if (number.len > size)
                return false;
        memset(out, 0, size - number.len);
        memcpy(out + size - number.len, number.at, number.len);
        return true;
}

static bool convert(const struct ssh_key_type *type, struct pjwt_ssh_bytes raw, size_t size,
                    unsigned char *out)
{
        struct pjwt_ssh_bytes r, s;

        if (strncmp(type->name, "ecdsa-", 6) == 0)
                return pjwt_ssh_take_mpint(&raw, &r) && pjwt_ssh_take_mpint(&raw, &s) && raw.len == 0 &&
                       put_full(r, out, size / 2) && put_full(s, out + size / 2, size / 2);
        if (type->flags == 0) /* Ed25519 */
                return raw.len == size && put_full(raw, out, size);
        return raw.len > 0 &&
               put_full(raw, out, size); /* RFC 8332: some agents omit leading zeros of an RSA signature */
}

enum pjwt_reason agent_signature_read(const unsigned char *message, size_t len,
                                      const struct ssh_key_type *type, size_t size, unsigned char *out,
                                      bool *retrefused, struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes at = {message, len}, signature, name, raw;
        unsigned char converted[AGENT_SIGNATURE_MAX];

        *retrefused = len == 1 && message[0] == AGENT_FAILURE;
        if (*retrefused)
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent refuses to sign");
        if (!take_kind(&at, SIGN_RESPONSE) || !pjwt_ssh_take_string(&at, &signature) || at.len > 0 ||
            !pjwt_ssh_take_string(&signature, &name) || !pjwt_ssh_take_string(&signature, &raw) ||
            signature.len > 0)
                return malformed(reterr);
        if (!pjwt_ssh_is(name, type->signature))
                return pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent signs with another algorithm than %s",
                                 type->signature);
        if (size > sizeof(converted) || !convert(type, raw, size, converted))
                return malformed(reterr);
        memcpy(out, converted, size);
        return PJWT_OK;
}
