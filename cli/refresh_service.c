/*
 * pamjwt refresh --answer: the refresh service. systemd starts it for the first connection to
 * /run/pam_jwt/refresh.socket, with the listening socket as standard input; it exits when there are no
 * more requests.
 *
 * A request is the name of an issuer section and a line feed, sent within two seconds. The answer is
 * one word (keycache.h), never keys: those are written to the cache. One process at a time fetches for
 * an issuer, and all clients that request that issuer in the meantime get its answer; other issuers do
 * not wait for it.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fetchwire.h"
#include "keysource.h"
#include "out.h"
#include "policy.h"

#define CLIENTS_MAX 256
#define SEND_MS     INT64_C(2000)
#define IDLE_MS     INT64_C(30000)
#define NAME_BYTES  (PJWT_FETCH_NAME_MAX + 1)

/* One connection. */
struct client {
        int fd; /* -1: unused */
        char name[NAME_BYTES];
        size_t have;
        int64_t until; /* the deadline for sending the name */
        int worker;    /* pipe of the process that it waits for; -1: the name is not complete yet */
};

struct service {
        const struct pjwt_keycache *cache;
        const char *config;
        struct client clients[CLIENTS_MAX];
        int64_t idle_since;
};

static void answer(struct client *client, const char *word)
{
        (void)!send(client->fd, word, strlen(word), MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)shutdown(client->fd, SHUT_RDWR);
        close(client->fd);
        client->fd = -1;
}

/* In the process for one issuer: its answer. */
static const char *refresh(const struct service *s, const struct pjwt_issuer *issuer)
{
        struct pjwt_keycache cache = *s->cache;
        struct pjwt_keycache_info info = {0};
        struct pjwt_keyset *set = NULL;

        cache.now = cli_now(NULL);
        (void)pjwt_keycache_get(&cache, issuer, PJWT_KEYS_REFRESH, &set, &info, NULL);
        pjwt_keyset_free(set);
        return info.stored ? PJWT_SERVICE_DONE : info.too_soon ? PJWT_SERVICE_TOO_SOON : PJWT_SERVICE_FAILED;
}

static void __attribute__((noreturn)) work(struct service *s, const struct pjwt_issuer *issuer, int out)
{
        const char *word;

        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (s->clients[i].fd >= 0)
                        close(s->clients[i].fd);
        word = refresh(s, issuer);
        _exit(write(out, word, strlen(word)) < 0);
}

/* The name only selects a section of this host's configuration, which decides where keys come from. */
static int start_worker(struct service *s, const char *name)
{
        const struct pjwt_issuer *issuer;
        struct pjwt_conf *conf = NULL;
        int pipes[2] = {-1, -1};
        pid_t pid = -1;

        if (cli_conf_load(s->config, false, &conf) != CLI_YES)
                return -1;
        issuer = cli_issuer_find(conf, name);
        if (issuer && pipe2(pipes, O_CLOEXEC) == 0)
                pid = fork();
        if (pid == 0)
                work(s, issuer, pipes[1]);
        pjwt_conf_free(conf);
        if (pipes[1] >= 0)
                close(pipes[1]);
        if (pid < 0 && pipes[0] >= 0) {
                close(pipes[0]);
                return -1;
        }
        return pipes[0];
}

/* Waits for the process that is fetching for this issuer, or for a new one. */
static void take_request(struct service *s, struct client *client)
{
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
                const struct client *other = &s->clients[i];

                if (other->fd >= 0 && other->worker >= 0 && strcmp(other->name, client->name) == 0) {
                        client->worker = other->worker;
                        return;
                }
        }
        client->worker = start_worker(s, client->name);
        if (client->worker < 0)
                answer(client, PJWT_SERVICE_FAILED);
}

/* Exactly one line: anything after it, or longer than a name, is refused. */
static void read_request(struct service *s, struct client *client)
{
        ssize_t n = recv(client->fd, client->name + client->have, NAME_BYTES - client->have, MSG_DONTWAIT);
        char *end;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return;
        client->have += n > 0 ? (size_t)n : 0;
        end = memchr(client->name, '\n', client->have);
        if (end && end == client->name + client->have - 1 && !memchr(client->name, '\0', client->have)) {
                *end = '\0';
                take_request(s, client);
        } else if (end || n <= 0 || client->have == NAME_BYTES) {
                answer(client, PJWT_SERVICE_FAILED);
        }
}

/* The process for an issuer has ended. Without an answer it has failed. */
static void end_worker(struct service *s, int worker)
{
        char word[16] = "";
        ssize_t n = read(worker, word, sizeof(word) - 1);

        if (n < 0 && errno == EINTR)
                return;
        close(worker);
        while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (s->clients[i].fd >= 0 && s->clients[i].worker == worker)
                        answer(&s->clients[i], n > 0 ? word : PJWT_SERVICE_FAILED);
}

static struct client *free_place(struct service *s)
{
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (s->clients[i].fd < 0)
                        return &s->clients[i];
        return NULL;
}

static void accept_one(struct service *s)
{
        struct client *place = free_place(s);
        int fd = place ? accept4(STDIN_FILENO, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;

        if (fd >= 0)
                *place = (struct client){.fd = fd, .until = pjwt_boot_ms() + SEND_MS, .worker = -1};
}

static bool is_listed(const struct pollfd *list, size_t count, int fd)
{
        for (size_t i = 0; i < count; i++)
                if (list[i].fd == fd)
                        return true;
        return false;
}

/* The listening socket first; then each connection without a complete name, and each process once. */
static size_t fill_poll(struct service *s, struct pollfd list[CLIENTS_MAX + 1])
{
        size_t count = 0;

        list[count++] = (struct pollfd){.fd = free_place(s) ? STDIN_FILENO : -1, .events = POLLIN};
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
                const struct client *c = &s->clients[i];
                int fd = c->worker >= 0 ? c->worker : c->fd;

                if (c->fd >= 0 && !is_listed(list, count, fd))
                        list[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
        return count;
}

static void handle(struct service *s, int fd)
{
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
                struct client *c = &s->clients[i];

                if (c->fd >= 0 && c->worker < 0 && c->fd == fd) {
                        read_request(s, c);
                        return;
                }
                if (c->fd >= 0 && c->worker == fd) {
                        end_worker(s, fd);
                        return;
                }
        }
}

static void drop_late(struct service *s, int64_t now)
{
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                if (s->clients[i].fd >= 0 && s->clients[i].worker < 0 && now >= s->clients[i].until)
                        answer(&s->clients[i], PJWT_SERVICE_FAILED);
}

/* False if there has been no request for a while. */
static bool serve_once(struct service *s)
{
        struct pollfd list[CLIENTS_MAX + 1];
        size_t count = fill_poll(s, list);
        int n = poll(list, count, 250);
        int64_t now = pjwt_boot_ms();

        for (size_t i = 1; n > 0 && i < count; i++)
                if (list[i].revents)
                        handle(s, list[i].fd);
        if (n > 0 && list[0].revents)
                accept_one(s);
        drop_late(s, now);
        if (n > 0 || count > 1)
                s->idle_since = now;
        return (n >= 0 || errno == EINTR) && now - s->idle_since < IDLE_MS;
}

int cli_refresh_service(const struct pjwt_keycache *cache, const char *config)
{
        struct service s = {.cache = cache, .config = config, .idle_since = pjwt_boot_ms()};
        int listens = 0;
        socklen_t len = sizeof(listens);

        if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) != 0 || !listens)
                return cli_usage("--answer needs a listening socket as standard input");
        if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) != 0)
                return cli_usage("standard input: %s", strerror(errno));
        for (size_t i = 0; i < CLIENTS_MAX; i++)
                s.clients[i].fd = -1;
        while (serve_once(&s))
                ;
        return CLI_YES;
}
