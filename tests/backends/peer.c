#include "tests/backends/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"

enum { BLOCK = 16384 };

struct peer {
    enum peer_manner manner;
    int listener;
    unsigned port;
    SSL_CTX *context;
    pthread_t thread;
    atomic_int connection; /* -1: none */
    atomic_bool stopping;
    atomic_uint_fast64_t sent;
};

struct line { /* one connection */
    int fd;
    SSL *ssl;
};

static long receive(struct line *l, char *room, size_t size)
{
    return l->ssl ? SSL_read(l->ssl, room, (int)size) : (long)recv(l->fd, room, size, 0);
}

static int send_all(struct line *l, const char *data, size_t len)
{
    while (len > 0) {
        long n = l->ssl ? SSL_write(l->ssl, data, (int)len) : (long)send(l->fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return -1;
        }
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static void echo(struct line *l)
{
    char room[BLOCK];
    long n;
    while ((n = receive(l, room, sizeof room)) > 0) {
        if (send_all(l, room, (size_t)n) < 0) {
            return;
        }
    }
    send_all(l, "bye", 3);
}

static void stay_silent(struct line *l)
{
    char room[BLOCK];
    while (recv(l->fd, room, sizeof room, 0) > 0) {
    }
}

static void flood(struct peer *p, struct line *l)
{
    char room[BLOCK];
    for (uint64_t at = 0; at < PEER_FLOOD_BYTES; at += BLOCK) {
        for (size_t i = 0; i < BLOCK; i++) {
            room[i] = (char)((at + i) % 251);
        }
        if (send_all(l, room, BLOCK) < 0) {
            return;
        }
        atomic_fetch_add(&p->sent, BLOCK);
    }
}

static void serve(struct peer *p, int fd)
{
    struct line l = {.fd = fd};
    if (p->context && p->manner != PEER_SILENT) {
        l.ssl = SSL_new(p->context);
        SSL_set_fd(l.ssl, fd);
    }
    if (!l.ssl || SSL_accept(l.ssl) == 1) {
        if (p->manner == PEER_ECHO) {
            echo(&l);
        } else if (p->manner == PEER_FLOOD) {
            flood(p, &l);
        } else {
            stay_silent(&l);
        }
        if (l.ssl) {
            SSL_shutdown(l.ssl);
        }
    }
    SSL_free(l.ssl);
    shutdown(fd, SHUT_WR);
    char rest[BLOCK];
    while (recv(fd, rest, sizeof rest, 0) > 0) { /* so that the client reads all before it hears a reset */
    }
}

static void *run(void *data)
{
    struct peer *p = data;
    int fd;
    while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
        atomic_store(&p->connection, fd);
        if (!atomic_load(&p->stopping)) {
            serve(p, fd);
        }
        atomic_store(&p->connection, -1);
        close(fd);
    }
    return NULL;
}

static int listen_at(const struct peer_spec *spec, unsigned *port)
{
    struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t size = sizeof tcp;
    int fd = socket(spec->path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (spec->path) {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", spec->path);
        assert_int_equal(bind(fd, (struct sockaddr *)&local, sizeof local), 0);
    } else {
        assert_int_equal(bind(fd, (struct sockaddr *)&tcp, sizeof tcp), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&tcp, &size), 0);
        *port = ntohs(tcp.sin_port);
    }
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static SSL_CTX *context_for(const struct peer_spec *spec)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate_file(context, spec->certificate, SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(context, spec->key, SSL_FILETYPE_PEM), 1);
    if (spec->authority) {
        assert_int_equal(SSL_CTX_load_verify_file(context, spec->authority), 1);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return context;
}

struct peer *peer_start(const struct peer_spec *spec)
{
    struct peer *p = mem_new(1, sizeof *p);
    p->manner = spec->manner;
    atomic_init(&p->connection, -1);
    p->listener = listen_at(spec, &p->port);
    p->context = spec->certificate ? context_for(spec) : NULL;
    assert_int_equal(pthread_create(&p->thread, NULL, run, p), 0);
    return p;
}

unsigned peer_port(const struct peer *p)
{
    return p->port;
}

uint64_t peer_sent(struct peer *p)
{
    return atomic_load(&p->sent);
}

void peer_stop(struct peer *p)
{
    atomic_store(&p->stopping, true);
    shutdown(p->listener, SHUT_RDWR);
    int fd = atomic_load(&p->connection);
    if (fd >= 0) {
        shutdown(fd, SHUT_RDWR);
    }
    pthread_join(p->thread, NULL);
    close(p->listener);
    SSL_CTX_free(p->context);
    free(p);
}
