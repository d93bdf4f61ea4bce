/*
 * Real audit lines as syslog shows them, for the tests of what reads logs: one for every reason, and some
 * whose values try to break out of their quotes. Each comes from 192.0.2.N, N being the number of the reason.
 */
#include <stdio.h>
#include <string.h>

#include "audit.h"

static char hostile[] =
        "x' rhost='203.0.113.9' detail='\n"
        "Nov 24 10:00:00 db1 sshd[1]: pam_jwt(sshd:auth): result=deny reason=bad-signature stage=verify "
        "user='a' service='sshd' rhost='203.0.113.9' \x1b[2J\xff";

static void put(enum pjwt_reason reason, const char *user, char *claim)
{
        char rhost[32], line[PJWT_AUDIT_MAX];
        const struct pjwt_request request = {
                .user = {user, true, 1000, 999}, .service = "sshd", .rhost = rhost};
        struct pjwt_decision decision = {.verified = pjwt_reason_stage(reason) > PJWT_STAGE_VERIFY,
                                         .error = {.reason = reason},
                                         .iss = claim,
                                         .sub = claim,
                                         .kid = claim,
                                         .jti = claim,
                                         .alg = "ES256"};

        (void)snprintf(rhost, sizeof(rhost), "192.0.2.%d", (int)reason);
        (void)snprintf(decision.error.detail, sizeof(decision.error.detail), "%s", claim);
        pjwt_audit_line(&request, &decision, line);
        (void)printf("Nov 24 10:00:00 db1 sshd[4711]: pam_jwt(sshd:auth): %s\n", line);
}

int main(void)
{
        static char plain[] = "value";

        for (int i = 0; strcmp(pjwt_reason_name((enum pjwt_reason)i), "undecided") != 0 || i == 0; i++) {
                put((enum pjwt_reason)i, "alice", plain);
                put((enum pjwt_reason)i, hostile, hostile);
        }
        return 0;
}
