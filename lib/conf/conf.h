/*
 * The policy: issuers, grants, services (design section 3). Options are rows of a table in rows.c, from
 * which the parser, `pamjwt check`, the commented pam_jwt.conf and pam_jwt.conf(5) are made. Parsing is
 * pure (parse.c); pjwt_conf_load() opens the files (load.c).
 */
#ifndef PJWT_CONF_H
#define PJWT_CONF_H

#include "alg.h"
#include "ini.h"
#include "reason.h"

/* Lists of strings end with NULL; NULL is an empty list. Everything is owned by the struct pjwt_conf. */

/* The number of options of each kind of section, for their line numbers; checked in rows.c. */
#define PJWT_HOST_LINES    3
#define PJWT_ISSUER_LINES  19
#define PJWT_GRANT_LINES   7
#define PJWT_SERVICE_LINES 9
#define PJWT_MATCHES_MAX   64 /* maximum match lines in one section */

/* An issuer. Times are in seconds. */
struct pjwt_issuer {
        /* [issuer/NAME]; also the name of the cache file: [A-Za-z0-9._-], no leading dot, at most 64 */
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_ISSUER_LINES]; /* for pjwt_issuer_origin() */
        char *issuer;
        char **audience; /* %h has been replaced */
        char *jwks;      /* https://..., file:///..., http://127.0.0.1:PORT<1024; NULL: by discovery */
        pjwt_algset algorithms;
        int64_t leeway;
        int64_t max_lifetime; /* 0: no limit */
        char **typ;
        char **require;
        char **clients; /* option azp */
        bool email_trusted;
        bool bind; /* accept only tokens that are bound to the ssh key of the login */
        char *ca_file;
        char *bearer_file;
        char *proxy;
        bool private_jwks; /* a discovered jwks_uri of a public issuer may lead into private networks */
        int64_t timeout;
        int64_t max_stale;
        int64_t refresh;
        int64_t min_refresh;
};

enum pjwt_match_kind { PJWT_MATCH_EXACT, PJWT_MATCH_GLOB, PJWT_MATCH_REGEX };

struct pjwt_regex;

/* One `match.CLAIM = value`. */
struct pjwt_match {
        struct pjwt_origin origin;
        char *claim; /* the literal claim name, or a JSON Pointer (RFC 6901) if it begins with / */
        char *value; /* as written, including glob: or regex: */
        enum pjwt_match_kind kind;
        const char *pattern;      /* value after its prefix */
        struct pjwt_regex *regex; /* of a PJWT_MATCH_REGEX */
};

/* A grant. */
struct pjwt_grant {
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_GRANT_LINES];
        char *issuer_name;
        const struct pjwt_issuer *issuer;
        char **user; /* names and templates; default %{sub} */
        char *strip_suffix;
        char **services; /* default sshd */
        char **hosts;    /* globs; empty: all hosts */
        bool bind;       /* as in an issuer */
        struct pjwt_match *matches;
        size_t match_count;
};

/* The additional requirements of a PAM service. */
struct pjwt_service {
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_SERVICE_LINES];
        char **also;
        struct pjwt_match *matches;
        size_t match_count;
        int64_t max_age;       /* 0: not required */
        int64_t max_token_age; /* 0: not required */
        char **audience;       /* required in addition; %h has been replaced */
        bool one_use;
        bool reuse_login;
        bool session_until_exp;
        bool bind; /* as in an issuer */
};

struct pjwt_conf {
        char *host_name;      /* replaces %h, and is compared with `hosts`; NULL if neither is used */
        char *machine_id;     /* of the host that the file was written for; NULL: not set. Only for doctor. */
        char **bind_services; /* services of sshd, for which SSH_AUTH_INFO_0 is trusted */
        struct pjwt_issuer *issuers;
        size_t issuer_count;
        struct pjwt_grant *grants;
        size_t grant_count;
        struct pjwt_service *services;
        size_t service_count;
        struct pjwt_arena *arena; /* owns every array, list and derived string above */
        char **texts;             /* the text that was read; literal strings point into it */
        size_t text_count;
};

#define PJWT_CONF_FILE    "/etc/security/pam_jwt.conf"
#define PJWT_CACHE_DIR    "/var/cache/pam_jwt"
#define PJWT_RUN_DIR      "/run/pam_jwt"
#define PJWT_REVOKED_FILE "/etc/security/pam_jwt.revoked"

/* One text of configuration, for pjwt_conf_parse(). */
struct pjwt_conf_text {
        const char *file; /* its name, for errors */
        const char *text;
        size_t len;
};

/*
 * Reads a policy from the texts, in order.
 * hostname: gethostname() of this host, NULL if unknown; needed only for %h without host_name. The same
 * section in two texts is an error that names both.
 * ret: on success a new policy for pjwt_conf_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG ("FILE:LINE: KEY: ..."); PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_conf_parse(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 struct pjwt_conf **ret, struct pjwt_error *reterr);

/* An error or a warning about a configuration. Borrowed during the call. */
struct pjwt_conf_problem {
        bool warning; /* valid, but probably allows more than intended */
        struct pjwt_origin origin;
        const char *key;  /* NULL: the section or the line as a whole */
        const char *text; /* what is wrong, and what to write instead */
};

typedef void (*pjwt_conf_report_fn)(void *arg, const struct pjwt_conf_problem *problem);

/*
 * pjwt_conf_parse() for `pamjwt check`: reports all errors of all texts in one run, and the warnings if
 * there are no errors.
 * Returns as pjwt_conf_parse(); warnings are not failures.
 */
enum pjwt_reason pjwt_conf_check(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                 struct pjwt_error *reterr);

/*
 * Only the warnings, for a policy that has been read: valid settings that probably allow more than
 * intended.
 */
void pjwt_conf_warn(const struct pjwt_conf *conf, pjwt_conf_report_fn report, void *arg);

/*
 * Reads `path` and, if it exists, every *.conf in the directory `path`.d in byte order. Each must be owned
 * by root or the effective uid and not be writable by others.
 * Returns as above, or PJWT_FILE_... .
 */
enum pjwt_reason pjwt_conf_load(const char *path, const char *hostname, struct pjwt_conf **ret,
                                struct pjwt_error *reterr);

/* pjwt_conf_load(), reporting every error and warning as pjwt_conf_check() does. report may be NULL. */
enum pjwt_reason pjwt_conf_load_check(const char *path, const char *hostname, pjwt_conf_report_fn report,
                                      void *arg, struct pjwt_conf **ret, struct pjwt_error *reterr);

/*
 * The policy of the module arguments issuer= audience= jwks=: one issuer "arguments", and one grant
 * "arguments" with user %{sub} for this service. jwks may be NULL. Otherwise as pjwt_conf_parse().
 */
enum pjwt_reason pjwt_conf_from_arguments(const char *issuer, const char *audience, const char *jwks,
                                          const char *service, const char *hostname, struct pjwt_conf **ret,
                                          struct pjwt_error *reterr);

/* Accepts NULL. */
void pjwt_conf_free(struct pjwt_conf *conf);

/* Where an option of a section was set; the section's own line if it was not, or key is NULL. */
struct pjwt_origin pjwt_issuer_origin(const struct pjwt_issuer *issuer, const char *key);
struct pjwt_origin pjwt_grant_origin(const struct pjwt_grant *grant, const char *key);
struct pjwt_origin pjwt_service_origin(const struct pjwt_service *service, const char *key);

/* The section of a PAM service, found by its name or an `also`, which must be unique; NULL: there is none. */
const struct pjwt_service *pjwt_conf_service(const struct pjwt_conf *conf, const char *service);

/* Whether a list of strings contains this word, byte for byte. An empty list (NULL) does not. */
bool pjwt_list_has(char *const *list, const char *word);

/* An option, for documentation and help. */
struct pjwt_conf_option {
        const char *kind;    /* "host", "issuer", "grant", "service" */
        const char *name;    /* "match." represents every match.CLAIM */
        const char *type;    /* "duration", "yes or no", ... */
        char def[160];       /* as in the file; empty: none */
        const char *example; /* a valid value */
        const char *help;    /* description in sentences */
};

/* The i-th option in the order of the documentation; false after the last. */
bool pjwt_conf_option_at(size_t i, struct pjwt_conf_option *ret);

#endif
