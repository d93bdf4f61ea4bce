/*
 * The judge: all of pam_jwt that needs OpenSSL and json-c, in a file of its own, pam_jwt-BUILDID.so beside
 * pam_jwt.so, which is loaded when there is a token to judge (docs/ARCHITECTURE.md).
 */
#ifndef PJWT_JUDGE_H
#define PJWT_JUDGE_H

#include "login.h"
#include "options.h"

/* What the judge exports, under the name PJWT_JUDGE_SYMBOL. */
struct pjwt_judge {
        const char *build_id; /* first, so that it can be compared whatever else differs */
        enum pjwt_reason (*reuse)(struct pjwt_login *login);
        void (*decide)(struct pjwt_login *login);
        void (*write_record)(struct pjwt_login *login);
        void (*end)(struct pjwt_login *login);
        enum pjwt_reason (*check_revoked)(const struct pjwt_request *request, struct pjwt_error *error);
        void (*open_session)(pam_handle_t *pamh, int pam_flags, const struct pjwt_options *options);
};

#define PJWT_JUDGE_SYMBOL "pjwt_judge"

/*
 * Loads the judge of this very build, once in a process. It is never unloaded. Threads may call this.
 * NULL: it is not there, or of another build (PJWT_UPGRADED), so nothing of it was called.
 */
const struct pjwt_judge *pjwt_judge_load(struct pjwt_error *reterr);

#endif
