/*
 * An SSH key. The first byte selects whether the rest is SSH_AUTH_INFO_0 as written by sshd, or a blob,
 * which must then result in the same key in its base64 form.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sshkey.h"

static void check_key(const struct pjwt_sshkey *key)
{
        FUZZ_CHECK(strlen(key->thumbprint) == 43);
        FUZZ_CHECK(key->type != NULL && (strstr(key->type, "-cert-v01@") != NULL) == key->certificate);
}

static bool read_line(const uint8_t *data, size_t size)
{
        char *line = malloc(size + 1);
        struct pjwt_sshkey key = {.type = NULL};
        struct pjwt_error err = {0};
        enum pjwt_reason reason;

        if (!line)
                return false;
        if (size > 0)
                memcpy(line, data, size);
        line[size] = '\0';
        reason = pjwt_sshkey_auth_info(line, &key, &err);
        FUZZ_CHECK((reason == PJWT_OK) == (key.type != NULL));
        if (reason == PJWT_OK) {
                check_key(&key);
                FUZZ_CHECK(strncmp(line, "publickey ", 10) == 0);
        }
        free(line);
        return reason == PJWT_OK;
}

static void check_same_as_line(const uint8_t *data, size_t size, const struct pjwt_sshkey *key)
{
        static char text[PJWT_SSHKEY_BLOB_MAX * 2];
        static unsigned char base64[PJWT_SSHKEY_BLOB_MAX * 2];
        struct pjwt_sshkey again = {.type = NULL};
        struct pjwt_error err = {0};
        int n = EVP_EncodeBlock(base64, data, (int)size);

        n = snprintf(text, sizeof(text), "publickey %s %.*s\n", key->type, n, base64);
        if (pjwt_sshkey_auth_info(text, &again, &err) == PJWT_OK)
                FUZZ_CHECK(strcmp(again.thumbprint, key->thumbprint) == 0);
        else
                FUZZ_CHECK(fuzz_faulty());
        FUZZ_CHECK(n > 0);
}

static bool read_blob(const uint8_t *data, size_t size)
{
        struct pjwt_sshkey key = {.type = NULL};
        struct pjwt_error err = {0};
        enum pjwt_reason reason = pjwt_sshkey_read(data, size, NULL, &key, &err);

        FUZZ_CHECK((reason == PJWT_OK) == (key.type != NULL));
        if (reason != PJWT_OK)
                return false;
        check_key(&key);
        check_same_as_line(data, size, &key);
        return true;
}

bool fuzz_target(const uint8_t *data, size_t size)
{
        if (size == 0)
                return false;
        return data[0] & 1 ? read_line(data + 1, size - 1) : read_blob(data + 1, size - 1);
}
