#include "keyfile.h"

#include <string.h>

#include "safefile.h"
#include "secret.h"

const char *pjwt_keyfile_path(const struct pjwt_issuer *issuer)
{
        return issuer->jwks && strncmp(issuer->jwks, "file://", 7) == 0 ? issuer->jwks + 7 : NULL;
}

static bool holds_secret(const struct pjwt_keyset *set)
{
        for (size_t i = 0; i < set->count; i++)
                if (set->keys[i].kty == PJWT_KTY_OCT)
                        return true;
        return false;
}

/* Anyone who can read an HMAC key can sign with it. */
static enum pjwt_reason check_secret_file(const struct pjwt_keyset *set, const struct stat *st,
                                          const char *path, struct pjwt_error *reterr)
{
        if (holds_secret(set) && st->st_mode & (S_IRWXG | S_IRWXO))
                return pjwt_fail(reterr, PJWT_FILE_MODE,
                                 "%s: contains an HMAC key and can be read by other users: mode %04o", path,
                                 (unsigned)(st->st_mode & 07777));
        return PJWT_OK;
}

enum pjwt_reason pjwt_keyfile_read(const char *path, struct pjwt_keyset **ret, struct pjwt_error *reterr)
{
        struct pjwt_keyset *set = NULL;
        struct pjwt_error err = {0};
        struct stat st = {0};
        char *text = NULL;
        size_t len = 0;
        enum pjwt_reason r = pjwt_file_read(path, 0, PJWT_KEYSET_BYTES_MAX, &text, &len, &st, reterr);

        if (r != PJWT_OK)
                return r;
        r = pjwt_keyset_parse(text, len, 0, &set, &err);
        pjwt_wipe_free(text, len + 1);
        if (r != PJWT_OK)
                return pjwt_fail(reterr, r, "%s: %s", path, err.detail);
        r = check_secret_file(set, &st, path, reterr);
        if (r == PJWT_OK)
                *ret = set;
        else
                pjwt_keyset_free(set);
        return r;
}
