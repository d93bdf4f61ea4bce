#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "jwkwrite.h"
#include "keyset.h"
#include "sshkey.h"
#include "sshkeys.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One key's bytes. */
struct blob {
        unsigned char at[2048];
        size_t len;
};

static struct blob decode(const char *base64)
{
        struct blob b;
        size_t len = strlen(base64);

        b.len = (size_t)EVP_DecodeBlock(b.at, (const unsigned char *)base64, (int)len);
        while (len > 0 && base64[--len] == '=')
                b.len--;
        return b;
}

static struct blob key_of(const char *type)
{
        for (size_t i = 0; i < COUNT(sshkeys); i++)
                if (strcmp(sshkeys[i].type, type) == 0)
                        return decode(sshkeys[i].base64);
        fail_msg("%s", type);
        return (struct blob){.len = 0};
}

/* Reads from memory of the exact size, so that ASan and valgrind detect any byte beyond it. */
static enum pjwt_reason read_blob(const struct blob *b, const char *type, struct pjwt_sshkey *ret,
                                  struct pjwt_error *err)
{
        unsigned char *tight = malloc(b->len ? b->len : 1);
        enum pjwt_reason reason;

        assert_non_null(tight);
        memcpy(tight, b->at, b->len);
        reason = pjwt_sshkey_read(tight, b->len, type, ret, err);
        free(tight);
        return reason;
}

static void assert_refused(const struct blob *b, const char *piece)
{
        struct pjwt_sshkey key = {.type = "untouched"};
        struct pjwt_error err = {0};

        assert_int_equal(read_blob(b, NULL, &key, &err), PJWT_BAD_PROOF);
        assert_string_equal(key.type, "untouched");
        if (!strstr(err.detail, piece))
                fail_msg("'%s' does not hold '%s'", err.detail, piece);
}

__attribute__((format(printf, 1, 2))) static enum pjwt_reason parse(const char *fmt, ...)
{
        char text[4096];
        struct pjwt_sshkey key;
        struct pjwt_error err = {0};
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        return pjwt_sshkey_parse(text, strlen(text), &key, &err);
}

__attribute__((format(printf, 1, 2))) static enum pjwt_reason auth_info(const char *fmt, ...)
{
        char text[4096];
        struct pjwt_sshkey key;
        struct pjwt_error err = {0};
        va_list ap;

        va_start(ap, fmt);
        (void)vsnprintf(text, sizeof(text), fmt, ap);
        va_end(ap);
        return pjwt_sshkey_auth_info(text, &key, &err);
}

static const char *ed25519_base64(void)
{
        return sshkeys[4].base64;
}

/* The blob with the first `what` replaced by `with`, which has the same length. */
static struct blob swapped(struct blob b, const char *what, const char *with)
{
        unsigned char *at = memmem(b.at, b.len, what, strlen(what));

        assert_non_null(at);
        memcpy(at, with, strlen(with));
        return b;
}

/* Byte by byte: valgrind reports the fortified memmove as an overlapping memcpy. */
static void move(unsigned char *to, const unsigned char *from, size_t len)
{
        for (size_t i = 0; i < len; i++)
                to[from < to ? len - 1 - i : i] = from[from < to ? len - 1 - i : i];
}

static void insert(struct blob *b, size_t at, const void *bytes, size_t len)
{
        move(b->at + at + len, b->at + at, b->len - at);
        memcpy(b->at + at, bytes, len);
        b->len += len;
}

/* --- tests --- */

static void test_every_type_has_the_thumbprint_of_its_inner_key(void **state)
{
        size_t types = 0;

        (void)state;
        while (pjwt_sshkey_type_at(types))
                types++;
        assert_int_equal(types, COUNT(sshkeys));
        for (size_t i = 0; i < COUNT(sshkeys); i++) {
                char text[2048];
                struct pjwt_sshkey key;
                struct pjwt_error err = {0};

                (void)snprintf(text, sizeof(text), "%s %s", sshkeys[i].type, sshkeys[i].base64);
                assert_int_equal(pjwt_sshkey_parse(text, strlen(text), &key, &err), PJWT_OK);
                assert_string_equal(key.thumbprint, sshkeys[i].thumbprint);
                assert_string_equal(key.type, sshkeys[i].type);
                assert_int_equal(key.certificate, strstr(key.type, "-cert-v01@") != NULL);
                assert_string_equal(pjwt_sshkey_type_at(i) ? "known" : "", "known");
        }
}

static void test_the_first_word_tells_an_ssh_key(void **state)
{
        static const char *const others[] = {"",
                                             " ",
                                             "ssh-rsa-x AAAA",
                                             "ssh-rs AAAA",
                                             "\tssh-rsa AAAA",
                                             " ssh-ed25519 AAAA",
                                             "{\"kty\":\"RSA\"}",
                                             "-----BEGIN PUBLIC KEY-----"};

        (void)state;
        for (size_t i = 0; i < COUNT(sshkeys); i++) {
                char text[200];

                assert_true(pjwt_sshkey_begins(sshkeys[i].type));
                (void)snprintf(text, sizeof(text), "%s AAAA a comment", sshkeys[i].type);
                assert_true(pjwt_sshkey_begins(text));
        }
        for (size_t i = 0; i < COUNT(others); i++)
                assert_false(pjwt_sshkey_begins(others[i]));
}

/* Every truncated blob, and every one with extra bytes, is refused: all lengths are exact. */
static void test_the_jwk_of_every_type_has_that_thumbprint(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(sshkeys); i++) {
                struct blob b = decode(sshkeys[i].base64);
                struct pjwt_sshkey key;
                struct json_object *jwk = NULL;
                struct pjwt_error err = {0};
                char thumbprint[44];

                assert_int_equal(read_blob(&b, NULL, &key, &err), PJWT_OK);
                assert_int_equal(pjwt_sshkey_jwk(b.at, b.len, &jwk, &err), PJWT_OK);
                assert_int_equal(pjwt_jwk_thumbprint(jwk, thumbprint, &err), PJWT_OK);
                assert_string_equal(thumbprint, key.thumbprint);
                json_object_put(jwk);
                jwk = NULL;
                assert_int_equal(pjwt_sshkey_jwk(b.at, b.len - 1, &jwk, &err), PJWT_BAD_PROOF);
                assert_null(jwk);
        }
}

static void test_no_byte_less_and_none_more(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(sshkeys); i++) {
                struct blob b = decode(sshkeys[i].base64), cut = b;
                struct pjwt_sshkey key;
                struct pjwt_error err = {0};

                for (cut.len = 0; cut.len < b.len; cut.len++)
                        assert_int_equal(read_blob(&cut, NULL, &key, &err), PJWT_BAD_PROOF);
                b.at[b.len++] = 0;
                assert_refused(&b, "after its end");
        }
}

/* Any length that is wrong by one results in a refusal. */
static void test_no_length_may_be_off(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(sshkeys); i++) {
                struct blob b = decode(sshkeys[i].base64);
                struct pjwt_sshkey key;
                struct pjwt_error err = {0};

                for (size_t at = 0; at + 4 <= b.len && at < 200;) {
                        size_t len = (size_t)b.at[at + 2] << 8 | b.at[at + 3];

                        if (len == 0 || b.at[at] || b.at[at + 1] ||
                            at + 4 + len > b.len) /* a certificate's serial */
                                break;
                        b.at[at + 3]++;
                        assert_int_equal(read_blob(&b, NULL, &key, &err), PJWT_BAD_PROOF);
                        b.at[at + 3] = (unsigned char)(b.at[at + 3] - 2);
                        assert_int_equal(read_blob(&b, NULL, &key, &err), PJWT_BAD_PROOF);
                        b.at[at + 3]++;
                        at += 4 + len;
                }
                memset(b.at, 0xff, 4);
                assert_refused(&b, "truncated");
        }
}

static void test_the_type_in_front_is_the_type_inside(void **state)
{
        (void)state;
        for (size_t i = 0; i < COUNT(sshkeys); i++)
                assert_int_equal(parse("%s %s", sshkeys[i].type, ed25519_base64()),
                                 i == 4 ? PJWT_OK : PJWT_BAD_PROOF);
}

static void test_unknown_types_are_no_proof(void **state)
{
        const struct blob dsa = {"\0\0\0\7ssh-dss\0\0\0\1\5", 16};

        (void)state;
        assert_refused(&dsa, "type");
        assert_int_equal(parse("ssh-dss AAAAB3NzaC1kc3MAAAABBQ=="), PJWT_BAD_PROOF);
        assert_int_equal(parse("rsa-sha2-256 AAAA"), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519"), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 "), PJWT_BAD_PROOF);
        assert_int_equal(parse("%s", ""), PJWT_BAD_PROOF);
}

static void test_rsa_numbers_are_positive_and_minimal(void **state)
{
        static const unsigned char zero = 0;
        struct blob good = key_of("ssh-rsa"), b = good;

        (void)state;
        /* 11 bytes of type, then 0 0 0 3 1 0 1, then the length of n at 18 and n at 22 */
        assert_int_equal(b.at[22], 0);
        b.at[22] = 0xff; /* negative */
        assert_refused(&b, "positive");
        b = good;
        insert(&b, 22, &zero, 1); /* an extra zero byte */
        b.at[21]++;
        assert_refused(&b, "shortest");
        b = good;
        memset(b.at + 15, 0, 3); /* e = 0, written in three bytes */
        assert_refused(&b, "shortest");
        b = good;
        move(b.at + 15, b.at + 18, b.len - 18); /* e without bytes is zero */
        b.len -= 3;
        b.at[14] = 0;
        assert_refused(&b, "positive");
        b = good;
        b.at[17] = 2; /* e even */
        assert_refused(&b, "exponent");
}

static void test_rsa_below_2048_bits_is_no_proof(void **state)
{
        struct blob b = {.len = 0};
        static const unsigned char head[] = "\0\0\0\7ssh-rsa\0\0\0\3\1\0\1\0\0\0\x81\0";

        (void)state;
        insert(&b, 0, head, sizeof(head) - 1);
        memset(b.at + b.len, 0x99, 128);
        b.len += 128;
        assert_refused(&b, "1024 bits");
}

static void test_rsa_over_8192_bits_is_no_proof(void **state)
{
        struct blob b = {.len = 0};
        static const unsigned char head[] = "\0\0\0\7ssh-rsa\0\0\0\3\1\0\1\0\0\4\2\0";

        (void)state;
        insert(&b, 0, head, sizeof(head) - 1);
        memset(b.at + b.len, 0x99, 1025);
        b.len += 1025;
        assert_refused(&b, "8192");
}

static void test_points_are_uncompressed_and_on_their_curve(void **state)
{
        struct blob good = key_of("ecdsa-sha2-nistp256"), b = good;
        size_t point = good.len - 65;

        (void)state;
        assert_int_equal(b.at[point], 4);
        b.at[point] = 2;
        assert_refused(&b, "compressed");
        b = good;
        b.len -= 32; /* compressed, with the correct length for that */
        b.at[point] = 3;
        b.at[point - 1] = 33;
        assert_refused(&b, "compressed");
        b = good;
        b.at[b.len - 1] ^= 1;
        assert_refused(&b, "OpenSSL");
        b = swapped(good, "nistp256\0\0\0A", "nistp384");
        assert_refused(&b, "curve");
        b = good;
        b.at[point] = 0;
        b.len = point + 1; /* the point at infinity */
        b.at[point - 1] = 1;
        assert_refused(&b, "compressed");
}

static void test_small_order_ed25519_is_no_proof(void **state)
{
        struct blob b = key_of("ssh-ed25519");

        (void)state;
        memset(b.at + b.len - 32, 0, 32);
        assert_refused(&b, "small order");
}

static void test_a_fido_key_names_its_application(void **state)
{
        struct blob b = key_of("sk-ssh-ed25519@openssh.com");

        (void)state;
        b.len -= 4;
        b.at[b.len - 1] = 0;
        assert_refused(&b, "application");
}

/* The inner key of a certificate is used, but the certificate must be complete and a user certificate. */
static void test_a_certificate_is_a_users_and_whole(void **state)
{
        struct blob good = key_of("ssh-ed25519-cert-v01@openssh.com"), b = good;
        static const char serial[] = "\0\0\0\0\0\0\0\7\0\0\0\1";
        unsigned char *at = memmem(b.at, b.len, serial, sizeof(serial) - 1);

        (void)state;
        assert_non_null(at);
        at[11] = 2; /* a host certificate */
        assert_refused(&b, "not a user certificate");
        at[11] = 0;
        assert_refused(&b, "not a user certificate");
        b = swapped(good, "alice", "ali\1e");
        at = memmem(b.at, b.len, "ali\1e", 5);
        assert_non_null(at);
        at[-1] = 6; /* the list of principals no longer fills its string */
        assert_refused(&b, "odd length");
        b = good;
        at = memmem(b.at, b.len, "permit-pty\0\0\0\0", 14);
        assert_non_null(at);
        at[13] = 1;
        assert_refused(&b, "odd length");
}

/* REV-01: exactly one line, whose first word is exactly publickey. */
static void test_only_one_line_of_publickey_is_a_proof(void **state)
{
        const char *key = ed25519_base64();

        (void)state;
        assert_int_equal(auth_info("publickey ssh-ed25519 %s", key), PJWT_OK);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s\n", key), PJWT_OK);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s\n\n", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s\npublickey ssh-ed25519 %s\n", key, key),
                         PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s\npassword\n", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("password\npublickey ssh-ed25519 %s\n", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("\npublickey ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("hostbased ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey/x ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickeys ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("Publickey ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info(" publickey ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey  ssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519  %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s comment", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s ", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey ssh-ed25519 %s\r\n", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey\tssh-ed25519 %s", key), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("publickey"), PJWT_BAD_PROOF);
        assert_int_equal(auth_info("%s", ""), PJWT_BAD_PROOF);
}

static void test_the_words_of_a_pub_file(void **state)
{
        unsigned char *blob = NULL;
        size_t len = 0;

        (void)state;
        assert_int_equal(pjwt_sshkey_words("ssh-x AAAA me@laptop\n"), 10);
        assert_int_equal(pjwt_sshkey_words("ssh-x AAAA\r\n"), 10);
        assert_int_equal(pjwt_sshkey_words("ssh-x AAAA"), 10);
        assert_int_equal(pjwt_sshkey_words("ssh-x \nAAAA"), 6);
        assert_int_equal(pjwt_sshkey_words("ssh-x\nAAAA BBBB"), 5);
        assert_int_equal(pjwt_sshkey_words(""), 0);
        assert_int_equal(pjwt_sshkey_blob("ssh-x AAEC", 10, &blob, &len, NULL), PJWT_OK);
        assert_int_equal(len, 3);
        assert_memory_equal(blob, "\0\1\2", 3);
        free(blob);
        blob = NULL;
        for (size_t i = 0; i < 10; i++)
                assert_int_equal(pjwt_sshkey_blob("ssh-x AAEC", i, &blob, &len, NULL), PJWT_BAD_PROOF);
        assert_null(blob);
}

static void test_base64_is_strict(void **state)
{
        const char *key_text = ed25519_base64();
        struct blob b = key_of("ssh-ed25519");
        struct pjwt_sshkey key;
        struct pjwt_error err = {0};

        (void)state;
        assert_int_equal(strlen(key_text), 68);
        assert_int_equal(parse("ssh-ed25519 %.68s", key_text), PJWT_OK);
        assert_int_equal(parse("ssh-ed25519 %.68s=", key_text), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 %.67s", key_text), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 =%.67s", key_text), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 %.64s====", key_text), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 %.66s-_", key_text), PJWT_BAD_PROOF);
        assert_int_equal(parse("ssh-ed25519 \n%.68s", key_text), PJWT_BAD_PROOF);
        /* unused bits after the last byte: a key has exactly one encoding */
        assert_int_equal(parse("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB=="), PJWT_BAD_PROOF);
        assert_int_equal(pjwt_sshkey_read(b.at, PJWT_SSHKEY_BLOB_MAX + 1, NULL, &key, &err), PJWT_BAD_PROOF);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_type_has_the_thumbprint_of_its_inner_key),
                cmocka_unit_test(test_the_first_word_tells_an_ssh_key),
                cmocka_unit_test(test_the_jwk_of_every_type_has_that_thumbprint),
                cmocka_unit_test(test_no_byte_less_and_none_more),
                cmocka_unit_test(test_no_length_may_be_off),
                cmocka_unit_test(test_the_type_in_front_is_the_type_inside),
                cmocka_unit_test(test_unknown_types_are_no_proof),
                cmocka_unit_test(test_rsa_numbers_are_positive_and_minimal),
                cmocka_unit_test(test_rsa_below_2048_bits_is_no_proof),
                cmocka_unit_test(test_rsa_over_8192_bits_is_no_proof),
                cmocka_unit_test(test_points_are_uncompressed_and_on_their_curve),
                cmocka_unit_test(test_small_order_ed25519_is_no_proof),
                cmocka_unit_test(test_a_fido_key_names_its_application),
                cmocka_unit_test(test_a_certificate_is_a_users_and_whole),
                cmocka_unit_test(test_only_one_line_of_publickey_is_a_proof),
                cmocka_unit_test(test_the_words_of_a_pub_file),
                cmocka_unit_test(test_base64_is_strict),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
