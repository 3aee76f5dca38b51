/* A carrier over a socket: unix or TCP. The addresses of a name are tried one after the other; the last
 * failure is the one that is told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#include "backends/docker/transport_parts.h"
#include "core/memory.h"

struct socket {
    struct carrier carrier;
    const struct endpoint *to;
    uv_loop_t *loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } is;
    uv_getaddrinfo_t asking;
    uv_connect_t connecting;
    struct addrinfo *addresses, *next;
    bool open; /* the handle is */
    bool resolving;
    int status; /* of the last attempt */
};

/* ---- the end ---- */

static void release(struct socket *s)
{
    if (!s->open && !s->resolving && !s->carrier.above) {
        uv_freeaddrinfo(s->addresses);
        free(s->carrier.room);
        free(s);
    }
}

static void socket_closed(uv_handle_t *handle)
{
    struct socket *s = handle->data;
    s->open = false;
    release(s);
}

static void socket_close(struct carrier *c)
{
    struct socket *s = (struct socket *)c;
    if (s->resolving) {
        uv_cancel((uv_req_t *)&s->asking);
    }
    if (s->open && !uv_is_closing(&s->is.handle)) {
        uv_close(&s->is.handle, socket_closed);
    }
    release(s);
}

/* ---- bytes ---- */

static void on_ended(struct carrier *c, int status)
{
    struct error why;
    if (status == UV_EOF) {
        transport_on_ended(c->above, NULL);
    } else {
        error_set(&why, ERROR_UNREACHABLE, status, "the connection is lost: %s", uv_strerror(status));
        transport_on_ended(c->above, &why);
    }
}

static void socket_write(struct carrier *c, const char *data, size_t len)
{
    carrier_send(c, &((struct socket *)c)->is.stream, data, len);
}

static void socket_read(struct carrier *c, bool on)
{
    carrier_receive(&((struct socket *)c)->is.stream, on);
}

static void socket_end_output(struct carrier *c)
{
    carrier_shut_down(&((struct socket *)c)->is.stream);
}

static size_t socket_unsent(const struct carrier *c)
{
    return uv_stream_get_write_queue_size(&((const struct socket *)c)->is.stream);
}

static const struct carrier_type socket_type = {
    .write = socket_write,
    .read = socket_read,
    .end_output = socket_end_output,
    .unsent = socket_unsent,
    .close = socket_close,
};

/* ---- connecting ---- */

static void explain_unix(const struct endpoint *to, int status, struct error *e)
{
    bool podman = strstr(to->path, "podman");
    const char *start = podman ? "systemctl start podman.socket" : "systemctl start docker";
    switch (status) {
    case UV_ENOENT:
    case UV_ENOTDIR:
        error_set(e, ERROR_UNREACHABLE, status,
                  "there is no such socket; start the engine (%s), or name another", start);
        break;
    case UV_ECONNREFUSED:
        error_set(e, ERROR_UNREACHABLE, status,
                  "nobody listens at this socket any more; start the engine (%s)", start);
        break;
    case UV_EACCES:
    case UV_EPERM:
        error_set(e, ERROR_DENIED, status, "you may not open this socket; %s",
                  podman ? "be root, or use your own (systemctl --user start podman.socket)"
                         : "be root, or join its group (usermod -aG docker USER, then log in again)");
        break;
    case UV_ENOTSOCK:
    case UV_EPROTOTYPE:
        error_set(e, ERROR_INVALID, status, "this file is no socket of an engine");
        break;
    default:
        error_set(e, ERROR_UNREACHABLE, status, "the socket cannot be opened: %s", uv_strerror(status));
        break;
    }
}

static void explain_tcp(const struct endpoint *to, int status, struct error *e)
{
    switch (status) {
    case UV_ECONNREFUSED:
        error_set(e, ERROR_UNREACHABLE, status,
                  "nobody listens at port %u there; is the engine running, and does it listen on TCP?",
                  (unsigned)to->port);
        break;
    case UV_ETIMEDOUT:
        error_set(e, ERROR_TIMEOUT, status,
                  "it does not answer; look at the address, and at firewalls on the way");
        break;
    case UV_EAI_NONAME:
    case UV_EAI_NODATA:
    case UV_EAI_AGAIN:
    case UV_EAI_FAIL:
        error_set(e, ERROR_UNREACHABLE, status, "the name %s cannot be resolved (%s)", to->host,
                  uv_strerror(status));
        break;
    default:
        error_set(e, ERROR_UNREACHABLE, status, "no connection: %s", uv_strerror(status));
        break;
    }
}

static void give_up(struct socket *s)
{
    struct error why;
    (s->to->kind == ENDPOINT_UNIX ? explain_unix : explain_tcp)(s->to, s->status, &why);
    transport_on_ended(s->carrier.above, &why);
}

/* A peer that has vanished without a word is noticed within a minute or so; what is small leaves at once. */
static void tune(struct socket *s)
{
    uv_tcp_nodelay(&s->is.tcp, 1);
    uv_tcp_keepalive(&s->is.tcp, 1, 30);
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT) && !defined(_WIN32)
    uv_os_fd_t fd;
    int seconds = 10, probes = 3;
    if (uv_fileno(&s->is.handle, &fd) == 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    }
#endif
}

static void try_next(struct socket *s);

/* A handle that has failed is of no use for the next address. */
static void attempt_closed(uv_handle_t *handle)
{
    struct socket *s = handle->data;
    s->open = false;
    if (s->carrier.above) {
        try_next(s);
    } else {
        release(s);
    }
}

static void on_connected(uv_connect_t *request, int status)
{
    struct socket *s = request->data;
    if (!s->carrier.above || uv_is_closing(&s->is.handle)) {
        return;
    }
    s->status = status;
    if (status == 0) {
        if (s->to->kind == ENDPOINT_TCP) {
            tune(s);
        }
        transport_on_connected(s->carrier.above);
    } else {
        uv_close(&s->is.handle, attempt_closed);
    }
}

static void try_next(struct socket *s)
{
    struct addrinfo *address = s->next;
    if (!address) {
        give_up(s);
        return;
    }
    s->next = address->ai_next;
    uv_tcp_init(s->loop, &s->is.tcp);
    s->is.handle.data = s;
    s->open = true;
    s->status = uv_tcp_connect(&s->connecting, &s->is.tcp, address->ai_addr, on_connected);
    if (s->status != 0) {
        uv_close(&s->is.handle, attempt_closed);
    }
}

static void on_addresses(uv_getaddrinfo_t *asking, int status, struct addrinfo *addresses)
{
    struct socket *s = asking->data;
    s->resolving = false;
    s->addresses = s->next = addresses;
    s->status = status;
    if (!s->carrier.above) {
        release(s);
    } else {
        try_next(s); /* or give up, with none */
    }
}

static void start_tcp(struct socket *s)
{
    char port[8];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    snprintf(port, sizeof port, "%u", (unsigned)s->to->port);
    s->asking.data = s;
    s->status = uv_getaddrinfo(s->loop, &s->asking, on_addresses, s->to->host, port, &hints);
    s->resolving = s->status == 0;
    if (!s->resolving) {
        give_up(s);
    }
}

static void start_unix(struct socket *s)
{
    uv_pipe_init(s->loop, &s->is.pipe, 0);
    s->is.handle.data = s;
    s->open = true;
    uv_pipe_connect(&s->connecting, &s->is.pipe, s->to->path, on_connected);
}

struct carrier *carrier_socket(struct transport *t, uv_loop_t *loop, const struct endpoint *to)
{
    struct socket *s = mem_new(1, sizeof *s);
    s->carrier = (struct carrier){.type = &socket_type, .above = t, .ended = on_ended};
    s->to = to;
    s->loop = loop;
    s->connecting.data = s;
    (to->kind == ENDPOINT_UNIX ? start_unix : start_tcp)(s);
    return &s->carrier;
}
