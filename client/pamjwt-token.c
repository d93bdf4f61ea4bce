/*
 * pamjwt-token: gets an access token from an OpenID provider and prints it. Runs on the user's machine as the
 * user; not part of any login process.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"
#include "out.h"
#include "tokenargs.h"

static bool is_usage(enum pjwt_reason reason)
{
        return reason == PJWT_CONFIG || (reason >= PJWT_FILE_OPEN && reason <= PJWT_FILE_WRITE);
}

static int refused(const struct token_args *args, const struct pjwt_error *err)
{
        int status = is_usage(err->reason) ? CLI_ERROR : CLI_NO;
        struct json_object *o;

        if (!args->json) {
                fputs("pamjwt-token: ", stderr);
                cli_put_str(stderr, err->detail);
                fputc('\n', stderr);
                return status;
        }
        o = cli_json_begin(false);
        cli_json_add_string(o, "detail", err->detail);
        return cli_print_json(o, status);
}

static int print_token(const struct token_args *args, const struct kept *kept, const char *key)
{
        struct json_object *o;

        if (!args->json) {
                puts(kept->access_token);
                return CLI_YES;
        }
        o = cli_json_begin(true);
        cli_json_add_string(o, "token", kept->access_token);
        cli_json_add(o, "exp", json_object_new_int64(kept->exp));
        if (*key)
                cli_json_add_string(o, "jkt", key);
        return cli_print_json(o, CLI_YES);
}

/* ~/.config/pamjwt/client.conf, located as in client/pamjwt-ssh. */
static bool default_config(char *out, size_t size)
{
        const char *config = getenv("XDG_CONFIG_HOME");
        const char *home = getenv("HOME");
        int n = config && *config ? snprintf(out, size, "%s/pamjwt/client.conf", config)
                                  : snprintf(out, size, "%s/.config/pamjwt/client.conf", home ? home : "");

        return n > 0 && n < (int)size;
}

static enum pjwt_reason find_section(const struct client_conf *conf, const char *path,
                                     const struct token_args *args, struct flow_request *request,
                                     struct pjwt_error *reterr)
{
        request->target = client_conf_target(conf, args->host);
        if (!request->target)
                return pjwt_fail(reterr, PJWT_CONFIG, "%.200s: no section for %.100s", path,
                                 args->host ? args->host : "sudo");
        if (!request->target->issuer)
                return pjwt_fail(reterr, PJWT_CONFIG, "%.200s:%u: this section does not set issuer", path,
                                 request->target->origin.line);
        request->issuer = client_conf_issuer(conf, request->target->issuer);
        return PJWT_OK;
}

static int get_token(const struct token_args *args)
{
        const char *home = getenv("HOME");
        struct flow_request request = {
                .host = args->host,
                .renew = args->renew,
                .qr = args->qr || (!args->no_qr && isatty(STDERR_FILENO)),
                .out = stderr,
                .now = (int64_t)time(NULL),
        };
        struct client_conf *conf = NULL;
        struct pjwt_error err = {0};
        struct kept kept = {0};
        char path[4096], key[44] = "";
        enum pjwt_reason r = PJWT_OK;
        int status;

        if (!args->config && !default_config(path, sizeof(path)))
                r = pjwt_fail(&err, PJWT_CONFIG, "HOME is too long");
        if (r == PJWT_OK)
                r = client_conf_load(args->config ? args->config : path, home ? home : "", &conf, &err);
        if (r == PJWT_OK)
                r = find_section(conf, args->config ? args->config : path, args, &request, &err);
        if (r == PJWT_OK)
                r = flow_token(&request, &kept, key, &err);
        status = r == PJWT_OK ? print_token(args, &kept, key) : refused(args, &err);
        kept_clear(&kept);
        client_conf_free(conf);
        return status;
}

static int forget(void)
{
        int count = keep_forget_all();

        if (count < 0)
                fputs("pamjwt-token: no directory of yours below XDG_RUNTIME_DIR\n", stderr);
        return count < 0 ? CLI_NO : CLI_YES;
}

static int run(const struct token_args *args)
{
        if (args->help)
                token_help();
        else if (args->version)
                puts("pamjwt-token " PJWT_VERSION);
        else if (args->man)
                return token_man();
        else if (args->completion)
                return token_completion(args->completion);
        else if (args->forget)
                return forget();
        else
                return get_token(args);
        return CLI_YES;
}

/* No core file, and no debugger of the same user, may see tokens. */
static void hide_memory(void)
{
        const struct rlimit none = {0};

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
        struct token_args args = {0};
        int status = CLI_ERROR;

        if (token_args_parse(argc, argv, &args)) {
                hide_memory();
                if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
                        status = run(&args);
        }
        if (fflush(stdout) != 0 || ferror(stdout))
                status = CLI_ERROR;
        _exit(status); /* exit() would wait for a hanging resolver thread */
}
