#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"

enum { REQUEST_IDENTITIES = 11, SIGN_REQUEST = 13 };

/* Allows time for the user to confirm the use of the key (ssh-add -c). */
#define WAIT_SECONDS 120

static void put_number(struct cli_buf *buf, uint32_t n)
{
        const unsigned char bytes[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                        (unsigned char)(n >> 8), (unsigned char)n};

        cli_buf_add(buf, bytes, sizeof(bytes));
}

static void put_string(struct cli_buf *buf, const void *bytes, size_t len)
{
        put_number(buf, (uint32_t)len);
        cli_buf_add(buf, bytes, len);
}

static int connect_agent(struct pjwt_error *reterr)
{
        const struct timeval wait = {.tv_sec = WAIT_SECONDS};
        const char *path = getenv("SSH_AUTH_SOCK");
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd;

        if (!path || !*path) {
                pjwt_fail(reterr, PJWT_BAD_KEY, "no ssh-agent: SSH_AUTH_SOCK is not set");
                return -1;
        }
        if (strlen(path) >= sizeof(address.sun_path)) {
                pjwt_fail(reterr, PJWT_BAD_KEY, "SSH_AUTH_SOCK is too long");
                return -1;
        }
        memcpy(address.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
            connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
                return fd;
        pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent at %.200s does not respond: %s", path,
                  strerror(errno));
        if (fd >= 0)
                close(fd);
        return -1;
}

/* Sends or receives all of it; MSG_NOSIGNAL: an agent that goes away is an error, not a signal. */
static bool move_all(int fd, bool out, void *bytes, size_t len)
{
        for (char *at = bytes; len > 0;) {
                ssize_t n = out ? send(fd, at, len, MSG_NOSIGNAL) : recv(fd, at, len, 0);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                at += n;
                len -= (size_t)n;
        }
        return true;
}

/* One request (without its length) and its response; *ret is for free(). */
static enum pjwt_reason ask(int fd, const struct cli_buf *request, unsigned char **ret, size_t *retlen,
                            struct pjwt_error *reterr)
{
        struct cli_buf message = {0};
        unsigned char head[4];
        unsigned char *response = NULL;
        size_t len = 0;
        bool good;

        put_string(&message, request->bytes, request->len);
        good = !request->failed && !message.failed && move_all(fd, true, message.bytes, message.len) &&
               move_all(fd, false, head, sizeof(head));
        cli_buf_clear(&message);
        if (good)
                len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        if (good && len > 0 && len <= AGENT_MESSAGE_MAX && (response = malloc(len)) != NULL &&
            move_all(fd, false, response, len)) {
                *ret = response;
                *retlen = len;
                return PJWT_OK;
        }
        free(response);
        return pjwt_fail(reterr, PJWT_BAD_KEY, "the ssh-agent closed the connection");
}

static enum pjwt_reason find_key(int fd, const unsigned char *blob, size_t blob_len,
                                 struct pjwt_error *reterr)
{
        const char list = REQUEST_IDENTITIES;
        struct cli_buf request = {0};
        unsigned char *response = NULL;
        size_t len = 0;
        bool has = false;
        enum pjwt_reason r;

        cli_buf_add(&request, &list, 1);
        r = ask(fd, &request, &response, &len, reterr);
        cli_buf_clear(&request);
        if (r == PJWT_OK)
                r = agent_identities_read(response, len, blob, blob_len, &has, reterr);
        free(response);
        if (r == PJWT_OK && !has)
                r = pjwt_fail(reterr, PJWT_BAD_KEY,
                              "the ssh-agent does not have this key; add it with ssh-add");
        return r;
}

static enum pjwt_reason sign(int fd, const struct agent_request *wanted, unsigned char *out,
                             struct pjwt_error *reterr)
{
        const char kind = SIGN_REQUEST;
        struct cli_buf request = {0};
        struct pjwt_error err = {0};
        unsigned char *response = NULL;
        size_t len = 0;
        bool refused = false;
        enum pjwt_reason r;

        cli_buf_add(&request, &kind, 1);
        put_string(&request, wanted->blob, wanted->blob_len);
        put_string(&request, wanted->data, wanted->len);
        put_number(&request, wanted->type->flags);
        r = ask(fd, &request, &response, &len, &err);
        cli_buf_clear(&request);
        if (r == PJWT_OK)
                r = agent_signature_read(response, len, wanted->type, wanted->size, out, &refused, &err);
        free(response);
        if (r == PJWT_OK)
                return PJWT_OK;
        return pjwt_fail(
                reterr, PJWT_BAD_KEY, "%s%s", err.detail,
                refused ? " with this key: the agent is locked, the use was not confirmed, or the key is "
                          "constrained to destinations (ssh-add -h) and can then be used only for logins"
                        : "");
}

enum pjwt_reason agent_sign(const struct agent_request *request, unsigned char *out,
                            struct pjwt_error *reterr)
{
        int fd = connect_agent(reterr);
        enum pjwt_reason r;

        if (fd < 0)
                return PJWT_BAD_KEY;
        r = find_key(fd, request->blob, request->blob_len, reterr);
        if (r == PJWT_OK)
                r = sign(fd, request, out, reterr);
        close(fd);
        return r;
}
