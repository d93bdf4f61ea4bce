#include "rows.h"

#include "conf.h"

#include <stdio.h>
#include <string.h>

#define DAY  INT64_C(86400)
#define YEAR (366 * DAY)

static const char *const type_names[] = {
        [PJWT_TYPE_HOST] = "host name",
        [PJWT_TYPE_MACHINE] = "32 hexadecimal digits",
        [PJWT_TYPE_WORD] = "string without spaces",
        [PJWT_TYPE_WORDS] = "strings separated by spaces",
        [PJWT_TYPE_AUDIENCE] = "strings separated by spaces; %h is the host name",
        [PJWT_TYPE_TYPS] = "media types separated by spaces",
        [PJWT_TYPE_KEYS_URL] = "https or file URL",
        [PJWT_TYPE_PROXY] = "http or https URL",
        [PJWT_TYPE_ALGS] = "algorithms separated by spaces",
        [PJWT_TYPE_SECONDS] = "duration",
        [PJWT_TYPE_BOOL] = "yes or no",
        [PJWT_TYPE_BIND] = "ssh-key or no",
        [PJWT_TYPE_PATH] = "absolute path",
        [PJWT_TYPE_ISSUER] = "name of an issuer section",
        [PJWT_TYPE_USERS] = "user names and templates separated by spaces",
        [PJWT_TYPE_SERVICES] = "PAM services separated by spaces",
        [PJWT_TYPE_SSHD_SERVICES] = "PAM services separated by spaces",
        [PJWT_TYPE_GLOBS] = "globs separated by spaces",
        [PJWT_TYPE_MATCH] = "exact value, glob:PATTERN or regex:PATTERN",
};

#define IN_CONF(f)    offsetof(struct pjwt_conf, f)
#define IN_ISSUER(f)  offsetof(struct pjwt_issuer, f)
#define IN_GRANT(f)   offsetof(struct pjwt_grant, f)
#define IN_SERVICE(f) offsetof(struct pjwt_service, f)

/*
 * The options of pam_jwt.conf: one array for each kind of section, one row for each option. The parser, the
 * commented pam_jwt.conf and the lists in pam_jwt.conf(5) are made from these rows.
 */
static const struct pjwt_row host_rows[] = {
        {"host_name", PJWT_TYPE_HOST, IN_CONF(host_name), NULL, 0, 0, "db1.acme.example",
         "The name that replaces %h in an audience and that `hosts` is compared with. Default: the host's "
         "own name in lower case; it is an error if that is empty, localhost or an IP address. Set this "
         "option if the host's name can change (DHCP, clones)."},
        {"bind_services", PJWT_TYPE_SSHD_SERVICES, IN_CONF(bind_services), "sshd", 0, 0, "sshd sshd-internal",
         "The PAM services of sshd. Only for these services is sshd's information about the key that it "
         "verified (SSH_AUTH_INFO_0) trusted as the proof for a token that is bound to a key. Add a "
         "service only if an sshd on this host uses another PAM service name."},
        {"machine_id", PJWT_TYPE_MACHINE, IN_CONF(machine_id), NULL, 0, 0, "0123456789abcdef0123456789abcdef",
         "The /etc/machine-id of the host that this file was written for. It is not used for logins; "
         "`pamjwt doctor` reports a mismatch, because a clone with the same host_name accepts the tokens of "
         "the original."},
};

static const struct pjwt_row issuer_rows[] = {
        {"issuer", PJWT_TYPE_WORD, IN_ISSUER(issuer), NULL, 0, 0, "https://login.acme.example/realms/staff",
         "Required. The iss of its tokens, compared byte for byte. If jwks is not set, the keys are "
         "discovered below this URL."},
        {"audience", PJWT_TYPE_AUDIENCE, IN_ISSUER(audience), NULL, 0, 0, "ssh://%h",
         "Required. The aud of a token must contain one of these, byte for byte. With %h a token for one "
         "host is not accepted by another; %% is a percent sign."},
        {"jwks", PJWT_TYPE_KEYS_URL, IN_ISSUER(jwks), NULL, 0, 0,
         "https://login.acme.example/realms/staff/certs",
         "The URL of the keys: https://..., or file:///PATH of a JWKS, JWK or PEM file. "
         "http://127.0.0.1:PORT is allowed for ports below 1024. Default: found by discovery below the "
         "issuer."},
        {"algorithms", PJWT_TYPE_ALGS, IN_ISSUER(algorithms), NULL /* see default_text() */, 0, 0,
         "RS256 ES256 EdDSA",
         "The algorithms that its tokens may use. HS256, HS384, HS512 and ES256K are accepted only if listed "
         "here, the HS algorithms only with keys in a file."},
        {"leeway", PJWT_TYPE_SECONDS, IN_ISSUER(leeway), "30s", 0, 600, "10s",
         "The clock difference allowed when exp, nbf, iat and auth_time are checked; at most 10m."},
        {"max_lifetime", PJWT_TYPE_SECONDS, IN_ISSUER(max_lifetime), "24h", 0, 100 * YEAR, "1h",
         "The maximum time from iat (or from now, if there is no iat) to exp. 0 means no limit."},
        {"typ", PJWT_TYPE_TYPS, IN_ISSUER(typ), NULL, 0, 0, "at+jwt JWT",
         "The accepted values of typ in the token's header; case is ignored. Default: any."},
        {"require", PJWT_TYPE_WORDS, IN_ISSUER(require), NULL, 0, 0, "jti azp",
         "Further required claims. exp, iss, aud and the user claim are always required."},
        {"azp", PJWT_TYPE_WORDS, IN_ISSUER(clients), NULL, 0, 0, "ssh-login",
         "The clients whose tokens are accepted: azp, or client_id if there is no azp, must be one of "
         "these. Default: any."},
        {"email_trusted", PJWT_TYPE_BOOL, IN_ISSUER(email_trusted), "no", 0, 0, "yes",
         "yes: accept this issuer's email without email_verified. Otherwise email_verified must be true if "
         "email is used in user or a match."},
        {"bind", PJWT_TYPE_BIND, IN_ISSUER(bind), "no", 0, 0, "ssh-key",
         "ssh-key: accept only tokens that are bound (cnf) to the ssh key of the same login, so that a "
         "stolen token is useless without the key. A bound token always requires its key; this option "
         "refuses tokens that are not bound. See docs/bound-tokens.md."},
        {"ca_file", PJWT_TYPE_PATH, IN_ISSUER(ca_file), NULL, 0, 0, "/etc/ssl/acme-ca.pem",
         "CA certificates used instead of the system's when the keys are fetched."},
        {"bearer_file", PJWT_TYPE_PATH, IN_ISSUER(bearer_file), NULL, 0, 0,
         "/var/run/secrets/kubernetes.io/serviceaccount/token",
         "A file with a bearer token for the key endpoint, read by root when the keys are fetched."},
        {"proxy", PJWT_TYPE_PROXY, IN_ISSUER(proxy), NULL, 0, 0, "http://proxy.acme.example:3128",
         "The proxy for fetching keys. Proxy variables of the environment are ignored."},
        {"private_jwks", PJWT_TYPE_BOOL, IN_ISSUER(private_jwks), "no", 0, 0, "yes",
         "yes: the jwks_uri found by discovery may lead to a loopback, link-local or private address even if "
         "the discovery document came from a public one. Neither jwks nor issuers with a private address are "
         "restricted."},
        {"timeout", PJWT_TYPE_SECONDS, IN_ISSUER(timeout), "5s", 1, 60, "3s",
         "The maximum time for fetching keys, from 1s to 60s."},
        {"max_stale", PJWT_TYPE_SECONDS, IN_ISSUER(max_stale), "7d", 1, YEAR, "2d",
         "The maximum age of cached keys while the endpoint cannot be reached."},
        {"refresh", PJWT_TYPE_SECONDS, IN_ISSUER(refresh), "1h", 1, DAY, "15m",
         "How long fetched keys are fresh if the server does not specify it; at most 1d."},
        {"min_refresh", PJWT_TYPE_SECONDS, IN_ISSUER(min_refresh), "60s", 1, DAY, "5m",
         "The minimum time between two fetches, across all processes; also the minimum time that keys are "
         "fresh."},
};

static const struct pjwt_row grant_rows[] = {
        {"issuer", PJWT_TYPE_ISSUER, IN_GRANT(issuer_name), NULL, 0, 0, "acme",
         "Required. The NAME of the [issuer/NAME] section whose tokens this grant applies to."},
        {"user", PJWT_TYPE_USERS, IN_GRANT(user), "%{sub}", 0, 0, "%{preferred_username}",
         "The local users that the token may log in as; compared byte for byte with the requested name. "
         "%{CLAIM} is replaced by a string claim, \\1 to \\9 by the text that a group of the regex: match "
         "matched; %% and \\\\ are a literal % and \\. System accounts, including root, must be "
         "spelled out."},
        {"strip_suffix", PJWT_TYPE_WORD, IN_GRANT(strip_suffix), NULL, 0, 0, "@acme.example",
         "A suffix that a templated user must end with; it is removed, and the rest must not contain @."},
        {"match.", PJWT_TYPE_MATCH, 0, NULL, 0, 0, "linux-users",
         "match.CLAIM = VALUE: the claim must have the value. An array matches if one of its elements does, "
         "scope and scp if one of their words does; numbers, true and false are compared as JSON text. In "
         "glob: ? matches one character, * any characters except /, ** any characters. regex: must match "
         "the whole value. A CLAIM that begins with / is a JSON Pointer. All match lines of a section must "
         "match."},
        {"services", PJWT_TYPE_SERVICES, IN_GRANT(services), "sshd", 0, 0, "sshd sudo",
         "The PAM services that the grant applies to. `sudo -i` uses sudo-i, `su -` uses su-l."},
        {"hosts", PJWT_TYPE_GLOBS, IN_GRANT(hosts), NULL, 0, 0, "db*.acme.example",
         "The hosts that the grant applies to, for a file shared by many hosts. Default: all hosts."},
        {"bind", PJWT_TYPE_BIND, IN_GRANT(bind), "no", 0, 0, "ssh-key",
         "ssh-key: the grant applies only to tokens that are bound to the ssh key of the same login; as in "
         "an issuer."},
};

static const struct pjwt_row service_rows[] = {
        {"also", PJWT_TYPE_SERVICES, IN_SERVICE(also), NULL, 0, 0, "sudo-i",
         "Further PAM services with the same requirements."},
        {"match.", PJWT_TYPE_MATCH, 0, NULL, 0, 0, "mfa",
         "match.CLAIM = VALUE, required of every token; as in a grant."},
        {"max_age", PJWT_TYPE_SECONDS, IN_SERVICE(max_age), NULL, 1, 100 * YEAR, "5m",
         "The maximum time since the user logged in at the issuer (auth_time, which is then required)."},
        {"max_token_age", PJWT_TYPE_SECONDS, IN_SERVICE(max_token_age), NULL, 1, 100 * YEAR, "5m",
         "The maximum time since iat, which is then required. It does not prove when the user logged in."},
        {"audience", PJWT_TYPE_AUDIENCE, IN_SERVICE(audience), NULL, 0, 0, "sudo://%h",
         "Audiences of which one is required in addition to the issuer's audience."},
        {"one_use", PJWT_TYPE_BOOL, IN_SERVICE(one_use), "no", 0, 0, "yes",
         "yes: accept a token only once on this host. Cannot be combined with reuse_login."},
        {"reuse_login", PJWT_TYPE_BOOL, IN_SERVICE(reuse_login), "no", 0, 0, "yes",
         "yes: accept the token of the ssh login while it is valid and meets the requirements above. Cannot "
         "be combined with one_use or audience."},
        {"session_until_exp", PJWT_TYPE_BOOL, IN_SERVICE(session_until_exp), "no", 0, 0, "yes",
         "yes: end the session when the token expires."},
        {"bind", PJWT_TYPE_BIND, IN_SERVICE(bind), "no", 0, 0, "ssh-key",
         "ssh-key: accept only tokens that are bound to the ssh key of the same login; as in an issuer. For "
         "sudo this is the key of the ssh login, which is kept in its login record."},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The line numbers kept in a section are indexed by these rows: one element for each. */
_Static_assert(COUNT(host_rows) == PJWT_HOST_LINES, "PJWT_HOST_LINES is the number of options of [host]");
_Static_assert(COUNT(issuer_rows) == PJWT_ISSUER_LINES,
               "PJWT_ISSUER_LINES is the number of options of [issuer/]");
_Static_assert(COUNT(grant_rows) == PJWT_GRANT_LINES,
               "PJWT_GRANT_LINES is the number of options of [grant/]");
_Static_assert(COUNT(service_rows) == PJWT_SERVICE_LINES,
               "PJWT_SERVICE_LINES is the number of options of [service/]");

static const struct {
        const char *name;
        const struct pjwt_row *rows;
        size_t count;
} kinds[PJWT_KIND_COUNT] = {
        [PJWT_KIND_HOST] = {"host", host_rows, COUNT(host_rows)},
        [PJWT_KIND_ISSUER] = {"issuer", issuer_rows, COUNT(issuer_rows)},
        [PJWT_KIND_GRANT] = {"grant", grant_rows, COUNT(grant_rows)},
        [PJWT_KIND_SERVICE] = {"service", service_rows, COUNT(service_rows)},
};

const char *pjwt_kind_name(enum pjwt_kind kind)
{
        return kinds[kind].name;
}

const struct pjwt_row *pjwt_row_at(enum pjwt_kind kind, size_t i)
{
        return i < kinds[kind].count ? &kinds[kind].rows[i] : NULL;
}

const struct pjwt_row *pjwt_row_find(enum pjwt_kind kind, const char *key, size_t *reti)
{
        for (size_t i = 0; i < kinds[kind].count; i++) {
                const struct pjwt_row *row = &kinds[kind].rows[i];

                if (row->name[0] != key[0]) /* rules out most rows; a policy can be long */
                        continue;
                if (row->type == PJWT_TYPE_MATCH ? strncmp(key, row->name, strlen(row->name)) == 0
                                                 : strcmp(key, row->name) == 0) {
                        *reti = i;
                        return row;
                }
        }
        return NULL;
}

unsigned pjwt_row_line(enum pjwt_kind kind, const unsigned *lines, const char *key)
{
        size_t i;

        return pjwt_row_find(kind, key, &i) ? lines[i] : 0;
}

/* The default algorithms come from the table in alg.c, like those that the code uses. */
static void default_text(const struct pjwt_row *row, char *out, size_t room)
{
        size_t len = 0;

        (void)snprintf(out, room, "%s", row->def ? row->def : "");
        for (size_t i = 0; row->type == PJWT_TYPE_ALGS && pjwt_alg_at(i) && len < room; i++)
                if (pjwt_alg_at(i)->bit & pjwt_alg_default())
                        len += (size_t)snprintf(out + len, room - len, "%s%s", len ? " " : "",
                                                pjwt_alg_at(i)->name);
}

bool pjwt_conf_option_at(size_t i, struct pjwt_conf_option *ret)
{
        const struct pjwt_row *row;
        enum pjwt_kind kind = PJWT_KIND_HOST;

        while (kind < PJWT_KIND_COUNT && i >= kinds[kind].count)
                i -= kinds[kind++].count;
        if (kind == PJWT_KIND_COUNT)
                return false;
        row = &kinds[kind].rows[i];
        *ret = (struct pjwt_conf_option){.kind = kinds[kind].name,
                                         .name = row->name,
                                         .type = type_names[row->type],
                                         .example = row->example,
                                         .help = row->help};
        default_text(row, ret->def, sizeof(ret->def));
        return true;
}
