/*
 * The policy: issuers, grants, services (design section 3). Options are rows of a table in rows.c, from which
 * the parser, `pamjwt check`, the commented pam_jwt.conf and pam_jwt.conf(5) are made. Parsing is pure
 * (parse.c); pjwt_conf_load() is the thin part that opens files (load.c).
 */
#ifndef PJWT_CONF_H
#define PJWT_CONF_H

#include "alg.h"
#include "ini.h"
#include "reason.h"

/* Lists of strings end with NULL; NULL is an empty list. All is owned by the struct pjwt_conf. */

/* How many options each kind of section has, for the lines that they were written in; rows.c checks it. */
#define PJWT_HOST_LINES    3
#define PJWT_ISSUER_LINES  18
#define PJWT_GRANT_LINES   7
#define PJWT_SERVICE_LINES 9
#define PJWT_MATCHES_MAX   64 /* match lines of one section */

/* Who may speak. Times in seconds. */
struct pjwt_issuer {
        /* [issuer/NAME]; also the cache file's name: [A-Za-z0-9._-], not beginning with a dot, at most 64 */
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_ISSUER_LINES]; /* for pjwt_issuer_origin() */
        char *issuer;
        char **audience; /* %h is already replaced */
        char *jwks;      /* https://..., file:///..., http://127.0.0.1:PORT<1024; NULL: by discovery */
        pjwt_algset algorithms;
        int64_t leeway;
        int64_t max_lifetime; /* 0: no limit */
        char **typ;
        char **require;
        char **clients; /* option azp */
        bool email_trusted;
        bool bind; /* only tokens that are bound to the ssh key of the login */
        char *ca_file;
        char *bearer_file;
        char *proxy;
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
        char *claim; /* the literal claim name; a JSON Pointer (RFC 6901) when it begins with / */
        char *value; /* as written, with its glob: or regex: */
        enum pjwt_match_kind kind;
        const char *pattern;      /* value behind its prefix */
        struct pjwt_regex *regex; /* of a PJWT_MATCH_REGEX */
};

/* Who gets in. */
struct pjwt_grant {
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_GRANT_LINES];
        char *issuer_name;
        const struct pjwt_issuer *issuer;
        char **user; /* names and templates; default %{sub} */
        char *strip_suffix;
        char **services; /* default sshd */
        char **hosts;    /* globs; empty: every host */
        bool bind;       /* as in an issuer */
        struct pjwt_match *matches;
        size_t match_count;
};

/* What a PAM service demands on top. */
struct pjwt_service {
        char *name;
        struct pjwt_origin origin;
        unsigned lines[PJWT_SERVICE_LINES];
        char **also;
        struct pjwt_match *matches;
        size_t match_count;
        int64_t max_age;       /* 0: not demanded */
        int64_t max_token_age; /* 0: not demanded */
        char **audience;       /* demanded in addition; %h replaced */
        bool one_use;
        bool reuse_login;
        bool session_until_exp;
        bool bind; /* as in an issuer */
};

struct pjwt_conf {
        char *host_name;  /* what %h stands for and `hosts` is compared with; NULL when neither is used */
        char *machine_id; /* of the host that the file was written for; NULL: not said. Decides nothing. */
        char **bind_services; /* services of sshd: there SSH_AUTH_INFO_0 is believed */
        struct pjwt_issuer *issuers;
        size_t issuer_count;
        struct pjwt_grant *grants;
        size_t grant_count;
        struct pjwt_service *services;
        size_t service_count;
        struct pjwt_arena *arena; /* holds every array, list and made string above */
        char **texts;             /* what was read; written strings point into it */
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
 * Makes a policy of the texts, in order.
 * hostname: gethostname() of this host, NULL when unknown; needed only for %h without host_name. The same
 * section in two texts is an error that names both.
 * ret: on success a new policy for pjwt_conf_free(); untouched on failure.
 * Returns PJWT_OK; PJWT_CONFIG ("FILE:LINE: KEY: ..."); PJWT_NO_MEMORY.
 */
enum pjwt_reason pjwt_conf_parse(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 struct pjwt_conf **ret, struct pjwt_error *reterr);

/* What is wrong with a configuration, or dangerous. Borrowed during the call. */
struct pjwt_conf_problem {
        bool warning; /* works as written, but probably lets in more than was meant */
        struct pjwt_origin origin;
        const char *key;  /* NULL: the section or the line as a whole */
        const char *text; /* what is wrong, and what to write instead */
};

typedef void (*pjwt_conf_report_fn)(void *arg, const struct pjwt_conf_problem *problem);

/*
 * pjwt_conf_parse() for `pamjwt check`: tells every error of all texts in one run, and when there is none the
 * warnings.
 * Returns as pjwt_conf_parse(); warnings are no failure.
 */
enum pjwt_reason pjwt_conf_check(const struct pjwt_conf_text *texts, size_t count, const char *hostname,
                                 pjwt_conf_report_fn report, void *arg, struct pjwt_conf **ret,
                                 struct pjwt_error *reterr);

/*
 * The warnings alone, for a policy that has been read: settings that work, but let in more than most people
 * mean.
 */
void pjwt_conf_warn(const struct pjwt_conf *conf, pjwt_conf_report_fn report, void *arg);

/*
 * Reads `path` and, when it is there, every *.conf of the folder `path`.d in byte order. Each must belong to
 * root or the effective uid and not be writable by others.
 * Returns as above, or PJWT_FILE_... .
 */
enum pjwt_reason pjwt_conf_load(const char *path, const char *hostname, struct pjwt_conf **ret,
                                struct pjwt_error *reterr);

/* pjwt_conf_load() with every error and warning told, as pjwt_conf_check(). report may be NULL. */
enum pjwt_reason pjwt_conf_load_check(const char *path, const char *hostname, pjwt_conf_report_fn report,
                                      void *arg, struct pjwt_conf **ret, struct pjwt_error *reterr);

/*
 * The policy of the module arguments issuer= audience= jwks=: one issuer "arguments", one grant "arguments"
 * with user %{sub} for this service. jwks may be NULL. Otherwise as pjwt_conf_parse().
 */
enum pjwt_reason pjwt_conf_from_arguments(const char *issuer, const char *audience, const char *jwks,
                                          const char *service, const char *hostname, struct pjwt_conf **ret,
                                          struct pjwt_error *reterr);

/* Accepts NULL. */
void pjwt_conf_free(struct pjwt_conf *conf);

/* Where an option of a section was written; the section's own line when it was left out, or key is NULL. */
struct pjwt_origin pjwt_issuer_origin(const struct pjwt_issuer *issuer, const char *key);
struct pjwt_origin pjwt_grant_origin(const struct pjwt_grant *grant, const char *key);
struct pjwt_origin pjwt_service_origin(const struct pjwt_service *service, const char *key);

/*
 * The section of a PAM service, by its name or an `also`, which no two sections share; NULL: there is none.
 */
const struct pjwt_service *pjwt_conf_service(const struct pjwt_conf *conf, const char *service);

/* Does a list of strings hold this word, byte for byte? An empty list (NULL) does not. */
bool pjwt_list_has(char *const *list, const char *word);

/* One option, for documentation and help. */
struct pjwt_conf_option {
        const char *kind;    /* "host", "issuer", "grant", "service" */
        const char *name;    /* "match." stands for every match.CLAIM */
        const char *type;    /* "duration", "yes or no", ... */
        char def[160];       /* as it would be written; empty: none */
        const char *example; /* a value that is accepted */
        const char *help;    /* sentences for people */
};

/* The i-th option in the order of the documentation; false behind the last. */
bool pjwt_conf_option_at(size_t i, struct pjwt_conf_option *ret);

#endif
