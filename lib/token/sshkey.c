#include "sshkey.h"

#include <stdlib.h>
#include <string.h>

#include "b64url.h"
#include "curve.h"
#include "jwkwrite.h"
#include "rsa.h"
#include "sshwire.h"

#define POINT_PLAIN 4 /* SEC 1 section 2.3.3: uncompressed */
#define CERT_USER   1 /* SSH2_CERT_TYPE_USER */

/* An ssh key type and its format. */
struct kind {
        const char *name;
        enum pjwt_kty kty;
        const struct pjwt_curve *curve;
        bool fido; /* the key is followed by the application's name */
        bool certificate;
};

#define CERT(type) type "-cert-v01@openssh.com"
#define CURVE(row) &pjwt_curves[PJWT_##row]

static const struct kind kinds[] = {
        {"ssh-rsa", PJWT_KTY_RSA, NULL, false, false},
        {"ecdsa-sha2-nistp256", PJWT_KTY_EC, CURVE(P256), false, false},
        {"ecdsa-sha2-nistp384", PJWT_KTY_EC, CURVE(P384), false, false},
        {"ecdsa-sha2-nistp521", PJWT_KTY_EC, CURVE(P521), false, false},
        {"ssh-ed25519", PJWT_KTY_OKP, CURVE(ED25519), false, false},
        {"sk-ecdsa-sha2-nistp256@openssh.com", PJWT_KTY_EC, CURVE(P256), true, false},
        {"sk-ssh-ed25519@openssh.com", PJWT_KTY_OKP, CURVE(ED25519), true, false},
        {CERT("ssh-rsa"), PJWT_KTY_RSA, NULL, false, true},
        {CERT("ecdsa-sha2-nistp256"), PJWT_KTY_EC, CURVE(P256), false, true},
        {CERT("ecdsa-sha2-nistp384"), PJWT_KTY_EC, CURVE(P384), false, true},
        {CERT("ecdsa-sha2-nistp521"), PJWT_KTY_EC, CURVE(P521), false, true},
        {CERT("ssh-ed25519"), PJWT_KTY_OKP, CURVE(ED25519), false, true},
        {CERT("sk-ecdsa-sha2-nistp256"), PJWT_KTY_EC, CURVE(P256), true, true},
        {CERT("sk-ssh-ed25519"), PJWT_KTY_OKP, CURVE(ED25519), true, true},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *pjwt_sshkey_type_at(size_t i)
{
        return i < KIND_COUNT ? kinds[i].name : NULL;
}

static enum pjwt_reason bad(struct pjwt_error *reterr, const char *what)
{
        return pjwt_fail(reterr, PJWT_BAD_PROOF, "the ssh key: %s", what);
}

/* Skips a field of this many bytes, which is not examined. */
static bool skip(struct pjwt_ssh_bytes *from, size_t len)
{
        if (len > from->len)
                return false;
        from->at += len;
        from->len -= len;
        return true;
}

/* Takes ownership of the value. */
static bool add(struct json_object *jwk, const char *name, struct json_object *value)
{
        if (value && json_object_object_add(jwk, name, value) == 0)
                return true;
        json_object_put(value);
        return false;
}

static bool add_bytes(struct json_object *jwk, const char *name, struct pjwt_ssh_bytes b)
{
        char text[PJWT_B64URL_ENCODED(PJWT_RSA_BYTES_MAX) + 1];

        if (b.len > PJWT_RSA_BYTES_MAX)
                return false;
        pjwt_b64url_encode(b.at, b.len, text);
        return add(jwk, name, json_object_new_string(text));
}

/* Reads the key parameters from the blob: e and n, x and y of a point, or x alone. */
struct numbers {
        struct pjwt_ssh_bytes first, second;
};

static struct json_object *make_jwk(const struct kind *kind, const struct numbers *numbers)
{
        bool rsa = kind->kty == PJWT_KTY_RSA;
        struct json_object *jwk = json_object_new_object();
        bool ok = jwk && add(jwk, "kty", json_object_new_string(pjwt_kty_name(kind->kty))) &&
                  (rsa || add(jwk, "crv", json_object_new_string(kind->curve->name))) &&
                  add_bytes(jwk, rsa ? "e" : "x", numbers->first) &&
                  (!numbers->second.at || add_bytes(jwk, rsa ? "n" : "y", numbers->second));

        if (ok)
                return jwk;
        json_object_put(jwk);
        return NULL;
}

static enum pjwt_reason take_rsa(struct pjwt_ssh_bytes *from, struct numbers *ret, struct pjwt_error *reterr)
{
        if (!pjwt_ssh_take_mpint(from, &ret->first) || !pjwt_ssh_take_mpint(from, &ret->second))
                return bad(reterr, "e or n is missing, not positive or not in its shortest form");
        if (ret->first.len > PJWT_RSA_BYTES_MAX || ret->second.len > PJWT_RSA_BYTES_MAX)
                return pjwt_fail(reterr, PJWT_BAD_PROOF, "the ssh key: e or n has more than %d bits",
                                 PJWT_RSA_BITS_MAX);
        return PJWT_OK;
}

static enum pjwt_reason take_point(struct pjwt_ssh_bytes *from, const struct kind *kind, struct numbers *ret,
                                   struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes curve, point;
        size_t size = kind->curve->public_size;

        if (!pjwt_ssh_take_string(from, &curve) || !pjwt_ssh_is(curve, kind->curve->ssh))
                return bad(reterr, "the curve does not match the key type");
        if (!pjwt_ssh_take_string(from, &point) || point.len != 1 + 2 * size || point.at[0] != POINT_PLAIN)
                return bad(reterr, "the point is compressed or has the wrong size for its curve");
        ret->first = (struct pjwt_ssh_bytes){point.at + 1, size};
        ret->second = (struct pjwt_ssh_bytes){point.at + 1 + size, size};
        return PJWT_OK;
}

static enum pjwt_reason take_ed25519(struct pjwt_ssh_bytes *from, const struct kind *kind,
                                     struct numbers *ret, struct pjwt_error *reterr)
{
        if (!pjwt_ssh_take_string(from, &ret->first) || ret->first.len != kind->curve->public_size)
                return bad(reterr, "the Ed25519 key does not have 32 bytes");
        return PJWT_OK;
}

static enum pjwt_reason take_numbers(struct pjwt_ssh_bytes *from, const struct kind *kind,
                                     struct numbers *ret, struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes application;
        enum pjwt_reason r = kind->kty == PJWT_KTY_RSA  ? take_rsa(from, ret, reterr)
                             : kind->kty == PJWT_KTY_EC ? take_point(from, kind, ret, reterr)
                                                        : take_ed25519(from, kind, ret, reterr);

        if (r == PJWT_OK && kind->fido && (!pjwt_ssh_take_string(from, &application) || application.len == 0))
                return bad(reterr, "the FIDO application is missing");
        return r;
}

/* A list of strings that exactly fills the surrounding string, in groups of `each`. */
static bool is_list(struct pjwt_ssh_bytes list, unsigned each)
{
        struct pjwt_ssh_bytes item;

        while (list.len > 0)
                for (unsigned i = 0; i < each; i++)
                        if (!pjwt_ssh_take_string(&list, &item))
                                return false;
        return true;
}

/* PROTOCOL.certkeys: the fields of a certificate after its key. */
static bool take_certificate(struct pjwt_ssh_bytes *from)
{
        struct pjwt_ssh_bytes id, principals, critical, extensions, reserved, ca, signature, type;
        uint32_t who = 0;

        return skip(from, 8) && pjwt_ssh_take_number(from, &who) && who == CERT_USER &&
               pjwt_ssh_take_string(from, &id) && pjwt_ssh_take_string(from, &principals) &&
               is_list(principals, 1) && skip(from, 16) && pjwt_ssh_take_string(from, &critical) &&
               is_list(critical, 2) && pjwt_ssh_take_string(from, &extensions) && is_list(extensions, 2) &&
               pjwt_ssh_take_string(from, &reserved) && pjwt_ssh_take_string(from, &ca) &&
               pjwt_ssh_take_string(&ca, &type) && pjwt_ssh_take_string(from, &signature) &&
               signature.len > 0;
}

static enum pjwt_reason take_key(struct pjwt_ssh_bytes *from, const struct kind *kind, struct numbers *ret,
                                 struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes nonce;
        enum pjwt_reason r;

        if (kind->certificate && !pjwt_ssh_take_string(from, &nonce))
                return bad(reterr, "the certificate is truncated");
        r = take_numbers(from, kind, ret, reterr);
        if (r != PJWT_OK)
                return r;
        if (kind->certificate && !take_certificate(from))
                return bad(
                        reterr,
                        "the certificate is truncated, not a user certificate, or has a list of odd length");
        return from->len == 0 ? PJWT_OK : bad(reterr, "there is data after its end");
}

static const struct kind *find_kind(struct pjwt_ssh_bytes name)
{
        for (size_t i = 0; i < KIND_COUNT; i++)
                if (pjwt_ssh_is(name, kinds[i].name))
                        return &kinds[i];
        return NULL;
}

bool pjwt_sshkey_begins(const char *text)
{
        return find_kind((struct pjwt_ssh_bytes){(const unsigned char *)text, strcspn(text, " ")}) != NULL;
}

/* The same rules as for every key: size, ROCA, small order, point on the curve. */
static enum pjwt_reason finish(const struct kind *kind, const struct numbers *numbers,
                               struct pjwt_sshkey *ret, struct pjwt_error *reterr)
{
        struct json_object *jwk = make_jwk(kind, numbers);
        struct pjwt_sshkey key = {.type = kind->name, .certificate = kind->certificate};
        struct pjwt_error err = {0};
        enum pjwt_reason r;

        if (!jwk)
                return pjwt_fail_memory(reterr);
        r = pjwt_jwk_thumbprint(jwk, key.thumbprint, &err);
        json_object_put(jwk);
        if (r == PJWT_OK)
                *ret = key;
        else if (r == PJWT_NO_MEMORY)
                return pjwt_fail_memory(reterr);
        else
                return bad(reterr, err.detail);
        return PJWT_OK;
}

/* The type of a blob, whose name is consumed; NULL, with the error in reterr, if it is not supported. */
static const struct kind *take_kind(struct pjwt_ssh_bytes *from, const char *type, struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes name;
        const struct kind *kind = NULL;

        if (from->len > PJWT_SSHKEY_BLOB_MAX)
                (void)bad(reterr, "it is too long");
        else if (!pjwt_ssh_take_string(from, &name))
                (void)bad(reterr, "it is truncated");
        else if (!(kind = find_kind(name)))
                (void)bad(reterr, "its type is not supported for bound tokens");
        if (kind && type && strcmp(type, kind->name) != 0) {
                (void)bad(reterr, "it does not match the preceding type");
                return NULL;
        }
        return kind;
}

enum pjwt_reason pjwt_sshkey_read(const unsigned char *blob, size_t len, const char *type,
                                  struct pjwt_sshkey *ret, struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes from = {blob, len};
        struct numbers numbers = {0};
        const struct kind *kind = take_kind(&from, type, reterr);
        enum pjwt_reason r = kind ? take_key(&from, kind, &numbers, reterr) : PJWT_BAD_PROOF;

        return r == PJWT_OK ? finish(kind, &numbers, ret, reterr) : r;
}

enum pjwt_reason pjwt_sshkey_jwk(const unsigned char *blob, size_t len, struct json_object **ret,
                                 struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes from = {blob, len};
        struct numbers numbers = {0};
        const struct kind *kind = take_kind(&from, NULL, reterr);
        enum pjwt_reason r = kind ? take_key(&from, kind, &numbers, reterr) : PJWT_BAD_PROOF;
        struct json_object *jwk = r == PJWT_OK ? make_jwk(kind, &numbers) : NULL;

        if (r != PJWT_OK)
                return r;
        if (!jwk)
                return pjwt_fail_memory(reterr);
        *ret = jwk;
        return PJWT_OK;
}

/*
 * Strict base64 (RFC 4648 section 4), using the strict base64url decoder and requiring exactly the
 * necessary padding.
 */
static bool decode(const char *in, size_t len, char *room, unsigned char *out, size_t *retlen)
{
        size_t data = len;

        if (len % 4 != 0)
                return false;
        while (data > 0 && len - data < 2 && in[data - 1] == '=')
                data--;
        for (size_t i = 0; i < data; i++) {
                if (in[i] == '-' || in[i] == '_')
                        return false;
                room[i] = in[i];
                if (in[i] == '+')
                        room[i] = '-';
                else if (in[i] == '/')
                        room[i] = '_';
        }
        return pjwt_b64url_decode(room, data, out, retlen);
}

static enum pjwt_reason read_base64(const char *in, size_t len, unsigned char **ret, size_t *retlen,
                                    struct pjwt_error *reterr)
{
        char *room;
        unsigned char *blob;
        enum pjwt_reason r = PJWT_OK;

        if (len == 0 || len > PJWT_SSHKEY_BLOB_MAX / 3 * 4)
                return bad(reterr, len ? "it is too long" : "it is missing");
        room = malloc(len);
        blob = malloc(PJWT_B64URL_DECODED(len));
        if (!room || !blob)
                r = pjwt_fail_memory(reterr);
        else if (!decode(in, len, room, blob, retlen))
                r = bad(reterr, "it is not strict base64");
        free(room);
        if (r == PJWT_OK)
                *ret = blob;
        else
                free(blob);
        return r;
}

/* The two words of `TYPE BASE64`. */
static bool split(const char *text, size_t len, struct pjwt_ssh_bytes *rettype, struct pjwt_ssh_bytes *retkey)
{
        const char *space = memchr(text, ' ', len);

        if (!space)
                return false;
        *rettype = (struct pjwt_ssh_bytes){(const unsigned char *)text, (size_t)(space - text)};
        *retkey = (struct pjwt_ssh_bytes){(const unsigned char *)space + 1, len - rettype->len - 1};
        return true;
}

size_t pjwt_sshkey_words(const char *text)
{
        size_t type = strcspn(text, " \r\n");

        return text[type] == ' ' ? type + 1 + strcspn(text + type + 1, " \r\n") : type;
}

enum pjwt_reason pjwt_sshkey_blob(const char *text, size_t len, unsigned char **ret, size_t *retlen,
                                  struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes type, key;

        if (!split(text, len, &type, &key))
                return bad(reterr, "TYPE BASE64 is expected");
        return read_base64((const char *)key.at, key.len, ret, retlen, reterr);
}

enum pjwt_reason pjwt_sshkey_parse(const char *text, size_t len, struct pjwt_sshkey *ret,
                                   struct pjwt_error *reterr)
{
        struct pjwt_ssh_bytes type, key;
        const struct kind *kind;
        unsigned char *blob = NULL;
        size_t blob_len = 0;
        enum pjwt_reason r;

        if (!split(text, len, &type, &key))
                return bad(reterr, "TYPE BASE64 is expected");
        kind = find_kind(type);
        if (!kind)
                return bad(reterr, "its type is not supported for bound tokens");
        r = read_base64((const char *)key.at, key.len, &blob, &blob_len, reterr);
        if (r == PJWT_OK)
                r = pjwt_sshkey_read(blob, blob_len, kind->name, ret, reterr);
        free(blob);
        return r;
}

enum pjwt_reason pjwt_sshkey_auth_info(const char *info, struct pjwt_sshkey *ret, struct pjwt_error *reterr)
{
        static const char method[] = "publickey ";
        size_t len = strlen(info);
        const char *end = memchr(info, '\n', len);

        if (end && end + 1 == info + len) /* sshd adds a newline to each line */
                len--;
        else if (end)
                return pjwt_fail(reterr, PJWT_BAD_PROOF,
                                 "sshd reports more than one method, so the key is ambiguous");
        if (strncmp(info, method, sizeof(method) - 1) != 0)
                return pjwt_fail(reterr, PJWT_BAD_PROOF,
                                 "the preceding authentication used '%.20s', not publickey", info);
        return pjwt_sshkey_parse(info + sizeof(method) - 1, len - (sizeof(method) - 1), ret, reterr);
}
