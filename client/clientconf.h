/*
 * ~/.config/pamjwt/client.conf: which token to use for which host, and from which provider. The format is
 * that of ini.h. One row per option; --help, pamjwt-token(1) and the parser are generated from the rows.
 * client/pamjwt-ssh reads the same file.
 */
#ifndef CLIENT_CLIENTCONF_H
#define CLIENT_CLIENTCONF_H

#include "ini.h"

/* How to request a token. */
enum client_flow { CLIENT_DEVICE, CLIENT_CREDENTIALS, CLIENT_REFRESH, CLIENT_EXCHANGE };

/* [issuer/NAME]. Strings are borrowed from the configuration; NULL: not given. Paths begin with /. */
struct client_issuer {
        struct pjwt_origin origin;
        const char *name;
        const char *issuer;
        const char *client_id;
        const char *flow_name;
        enum client_flow flow;
        const char *scope;
        const char *client_secret_file;
        const char *client_key_file;
        const char *assertion_audience;
        const char *refresh_token_file;
        const char *subject_token_file;
        const char *subject_token_type;
        const char *ca_file;
        const char *proxy;
        const char *timeout_text;
        int64_t timeout; /* seconds */
};

/* [host/NAME] or [sudo]. */
struct client_target {
        struct pjwt_origin origin;
        const char *name; /* NULL: [sudo] */
        const char *match;
        const char *issuer;
        const char *key;
        const char *resource;
        const char *audience;
        const char *command;
        const char *file;
};

struct client_conf; /* opaque */

/*
 * Reads the text of a configuration.
 * home: replaces `~/`.
 * ret: for client_conf_free().
 * Returns PJWT_OK; PJWT_CONFIG with file, line and key; PJWT_NO_MEMORY.
 */
enum pjwt_reason client_conf_read(const char *text, size_t len, const char *file, const char *home,
                                  struct client_conf **ret, struct pjwt_error *reterr);
/* The same for a file, which must belong to the user (or root) and be writable by no one else. */
enum pjwt_reason client_conf_load(const char *path, const char *home, struct client_conf **ret,
                                  struct pjwt_error *reterr);
void client_conf_free(struct client_conf *conf);

/* The first section whose patterns match the host; NULL for host: [sudo]. NULL if there is none. */
const struct client_target *client_conf_target(const struct client_conf *conf, const char *host);
/* The section [issuer/NAME]; NULL if there is none. */
const struct client_issuer *client_conf_issuer(const struct client_conf *conf, const char *name);

/*
 * A value of the configuration with %h replaced by the host. *ret is for free().
 * host: letters, digits and .
 * - _ : only.
 * Returns PJWT_OK, PJWT_CONFIG, PJWT_NO_MEMORY.
 */
enum pjwt_reason client_conf_expand(const char *value, const char *host, char **ret,
                                    struct pjwt_error *reterr);

/*
 * One row, for the manual: the i-th; NULL after the last. kind: "issuer", or "host" (also for [sudo]).
 */
struct client_option {
        const char *kind;
        const char *name;
        const char *value; /* the value after the = */
        const char *text;
        int type;
        size_t offset;
};
const struct client_option *client_option_at(size_t i);

#endif
