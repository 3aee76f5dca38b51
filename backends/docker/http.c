/* An exchange waits for a connection, is sent, is answered; then its connection is kept for the next, or
 * closed. A connection that the engine closes while nothing is asked on it is forgotten; when it closes at
 * the very moment of a request, a request that only reads is sent once more on a new one.
 *
 * The owner may cancel from inside a callback, while the reader still works on the bytes: the exchange is
 * then only marked, and goes when the reader has come back.
 */
#include "backends/docker/http.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "backends/docker/endpoint.h"
#include "backends/docker/http_reader.h"
#include "backends/docker/transport.h"
#include "core/memory.h"
#include "core/text.h"

enum { SHARED_MOST = 6, IDLE_MOST = 2, TICK_MS = 250 };

struct connection {
    struct http *http;
    struct connection *next;
    struct transport *transport;
    struct http_reader *reader;
    struct http_exchange *exchange; /* NULL: idle, or its exchange was cancelled from inside a callback */
    bool used;                      /* it has answered before */
    bool inside;                    /* the reader works */
    bool doomed;                    /* to be closed when the reader has come back */
    bool complete, again;           /* the reader has told the end */
};

struct http_exchange {
    struct http *http;
    struct http_exchange *next;
    struct connection *connection; /* NULL: it waits for one */
    const struct http_sink *sink;
    void *user;
    struct text request; /* kept until the answer begins */
    bool reads_only, head, upgrade, upload, apart, answered, ended_input;
    uint64_t deadline, patience; /* ms on the loop's clock; 0 none */
};

struct http {
    uv_timer_t timer; /* looks for what is overdue, while anything has a deadline */
    const struct endpoint *endpoint;
    struct connection *connections;
    struct http_exchange *exchanges; /* the oldest first */
    size_t shared, idle;
};

/* Connections. */

static void connection_free(struct connection *c)
{
    struct connection **at = &c->http->connections;
    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    http_reader_free(c->reader);
    free(c);
}

/* Counts before the connection leaves its exchange. */
static void uncount(struct http *h, const struct http_exchange *x)
{
    h->shared -= !x->apart;
}

static void connection_close(struct connection *c)
{
    if (c->transport) {
        transport_close(c->transport);
        c->transport = NULL;
    }
    if (c->inside) {
        c->doomed = true;
        http_reader_stop(c->reader);
    } else {
        connection_free(c);
    }
}

static void unlink_exchange(struct http_exchange *x)
{
    struct http_exchange **at = &x->http->exchanges;
    while (*at != x) {
        at = &(*at)->next;
    }
    *at = x->next;
}

static void exchange_free(struct http_exchange *x)
{
    unlink_exchange(x);
    text_done(&x->request);
    free(x);
}

static void dispatch(struct http *h);

/* The last word of an exchange. */
static void finish(struct http_exchange *x, const struct error *why)
{
    const struct http_sink *sink = x->sink;
    void *user = x->user;
    exchange_free(x);
    sink->end(user, why);
}

/* Takes the exchange off its connection, which is of no use any more. */
static void part(struct http_exchange *x)
{
    struct connection *c = x->connection;
    if (c) {
        uncount(x->http, x);
        x->connection = NULL;
        c->exchange = NULL;
        connection_close(c);
    }
}

static void fail(struct http_exchange *x, const struct error *why)
{
    struct http *h = x->http;
    part(x);
    finish(x, why);
    dispatch(h);
}

/* What the reader tells. */

static void on_head(void *user, int status)
{
    struct connection *c = user;
    struct http_exchange *x = c->exchange;
    if (!x) {
        return;
    }
    x->answered = true;
    text_done(&x->request);
    if (x->apart) {
        x->deadline = 0;
    }
    if (x->sink->head) {
        x->sink->head(x->user, status);
    }
}

static void on_body(void *user, const char *data, size_t len)
{
    struct connection *c = user;
    if (c->exchange) {
        c->exchange->sink->bytes(c->exchange->user, data, len);
    }
}

static void on_end(void *user, bool again)
{
    struct connection *c = user;
    c->complete = true;
    c->again = again;
}

static const struct http_reader_sink READER = {on_head, on_body, on_end};

/* What the transport tells. */

/* Keeps the connection for the next request, if it may. */
static void complete(struct connection *c, struct http_exchange *x)
{
    struct http *h = c->http;
    uncount(h, x);
    x->connection = NULL;
    c->exchange = NULL;
    c->used = true;
    c->complete = false;
    if (c->again && !x->apart && h->idle < IDLE_MOST) {
        h->idle++;
    } else {
        connection_close(c);
    }
    finish(x, NULL);
    dispatch(h);
}

static void on_unasked(struct connection *c)
{
    c->http->idle--;
    connection_close(c);
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct connection *c = user;
    struct error why;
    if (!c->exchange) {
        on_unasked(c);
        return;
    }
    c->inside = true;
    bool ok = http_reader_feed(c->reader, data, len, &why);
    c->inside = false;
    if (c->doomed) {
        connection_free(c);
    } else if (!ok) {
        fail(c->exchange, &why);
    } else if (c->complete) {
        complete(c, c->exchange);
    }
}

static void on_drained(void *user)
{
    struct http_exchange *x = ((struct connection *)user)->exchange;
    if (x && x->sink->drained) {
        x->sink->drained(x->user);
    }
}

static void forget_idle(struct connection *c)
{
    c->http->idle--;
    connection_free(c);
}

static bool may_repeat(const struct connection *c, const struct http_exchange *x)
{
    return c->used && x->reads_only && !x->answered && x->request.len > 0;
}

static void take_off(struct connection *c, struct http_exchange *x)
{
    uncount(c->http, x);
    x->connection = NULL;
    c->exchange = NULL;
    connection_free(c);
}

/* Is the answer complete by the end of the stream? */
static void end_by_eof(struct connection *c, const struct error *lost)
{
    struct http *h = c->http;
    struct error why;
    c->inside = true;
    bool whole = !lost && http_reader_eof(c->reader, &why);
    c->inside = false;
    if (c->doomed) { /* cancelled from inside */
        connection_free(c);
    } else {
        struct http_exchange *x = c->exchange;
        take_off(c, x);
        finish(x, lost ? lost : whole ? NULL : &why);
    }
    dispatch(h);
}

static void on_closed(void *user, const struct error *why)
{
    struct connection *c = user;
    struct http_exchange *x = c->exchange;
    c->transport = NULL;
    if (!x) {
        forget_idle(c);
    } else if (may_repeat(c, x)) {
        struct http *h = c->http;
        take_off(c, x);
        dispatch(h);
    } else {
        end_by_eof(c, why);
    }
}

static const struct transport_sink TRANSPORT = {
    .bytes = on_bytes, .drained = on_drained, .closed = on_closed};

/* Sending. */

static struct connection *idle_connection(struct http *h)
{
    for (struct connection *c = h->connections; c; c = c->next) {
        if (!c->exchange && c->transport) {
            h->idle--;
            return c;
        }
    }
    return NULL;
}

static struct connection *new_connection(struct http *h)
{
    struct connection *c = mem_new(1, sizeof *c);
    c->http = h;
    c->reader = http_reader_new(&READER, c);
    c->next = h->connections;
    h->connections = c;
    c->transport = transport_open(h->timer.loop, h->endpoint, &TRANSPORT, c);
    return c;
}

static void send_on(struct http_exchange *x, struct connection *c)
{
    struct http *h = x->http;
    x->connection = c;
    c->exchange = x;
    h->shared += !x->apart;
    http_reader_begin(c->reader, x->head, x->upgrade);
    transport_write(c->transport, x->request.data, x->request.len);
}

/* Gives connections to those that wait, as far as there are any. */
static void dispatch(struct http *h)
{
    for (struct http_exchange *x = h->exchanges; x; x = x->next) {
        if (x->connection) {
            continue;
        }
        if (x->apart) {
            send_on(x, new_connection(h));
        } else if (h->shared < SHARED_MOST) {
            struct connection *c = idle_connection(h);
            send_on(x, c ? c : new_connection(h));
        }
    }
}

/* Time. */

static struct http_exchange *overdue(const struct http *h, bool *any)
{
    uint64_t now = uv_now(h->timer.loop);
    for (struct http_exchange *x = h->exchanges; x; x = x->next) {
        if (x->deadline && now >= x->deadline) {
            return x;
        }
        *any = *any || x->deadline;
    }
    return NULL;
}

static void on_tick(uv_timer_t *timer)
{
    struct http *h = timer->data;
    struct http_exchange *x;
    bool any = false;
    while ((x = overdue(h, &any))) {
        struct error why;
        error_set(&why, ERROR_TIMEOUT, 0, "no answer from %s within %u s; the engine hangs, or is overloaded",
                  h->endpoint->address, (unsigned)(x->patience / 1000));
        x->deadline = 0;
        fail(x, &why);
        any = true;
    }
    if (!any) {
        uv_timer_stop(timer);
    }
}

static void expect_by(struct http_exchange *x, unsigned ms)
{
    uv_timer_t *timer = &x->http->timer;
    if (ms > 0) {
        uv_update_time(timer->loop);
        x->patience = ms;
        x->deadline = uv_now(timer->loop) + ms;
        if (!uv_is_active((uv_handle_t *)timer)) {
            uv_timer_start(timer, on_tick, TICK_MS, TICK_MS);
        }
    }
}

/* For owners. */

struct http *http_new(struct uv_loop_s *loop, const struct endpoint *endpoint)
{
    struct http *h = mem_new(1, sizeof *h);
    h->endpoint = endpoint;
    uv_timer_init(loop, &h->timer);
    h->timer.data = h;
    return h;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void http_free(struct http *h)
{
    for (struct connection *c = h->connections, *next; c; c = next) {
        next = c->next;
        connection_close(c);
    }
    uv_close((uv_handle_t *)&h->timer, timer_closed);
}

static void write_request(struct text *t, const struct http *h, const struct http_request *r)
{
    const char *base = h->endpoint->base_path;
    text_addf(t, "%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: porthole/%s\r\n", r->method, base ? base : "",
              r->path, h->endpoint->http_host ? h->endpoint->http_host : "docker", PORTHOLE_VERSION);
    if (r->upgrade) {
        text_add(t, "Connection: Upgrade\r\nUpgrade: tcp\r\n");
    }
    if (r->auth) {
        text_addf(t, "X-Registry-Auth: %s\r\n", r->auth);
    }
    if (r->body || r->upload) {
        text_addf(t, "Content-Type: %s\r\n", r->type ? r->type : "application/json");
    }
    if (r->upload) {
        text_add(t, "Transfer-Encoding: chunked\r\n");
    } else if (r->body || strcmp(r->method, "POST") == 0) {
        text_addf(t, "Content-Length: %zu\r\n", r->len);
    }
    text_add(t, "\r\n");
    text_add_n(t, r->body ? r->body : "", r->body ? r->len : 0);
}

struct http_exchange *http_start(struct http *h, const struct http_request *request,
                                 const struct http_sink *sink, void *user)
{
    struct http_exchange *x = mem_new(1, sizeof *x), **last = &h->exchanges;
    while (*last) {
        last = &(*last)->next;
    }
    *last = x;
    x->http = h;
    x->sink = sink;
    x->user = user;
    x->head = strcmp(request->method, "HEAD") == 0;
    x->reads_only = x->head || strcmp(request->method, "GET") == 0;
    x->upgrade = request->upgrade;
    x->upload = request->upload;
    x->apart = request->apart || request->upgrade || request->upload;
    write_request(&x->request, h, request);
    expect_by(x, request->timeout_ms);
    dispatch(h);
    return x;
}

void http_cancel(struct http_exchange *x)
{
    struct http *h = x->http;
    part(x);
    exchange_free(x);
    dispatch(h);
}

const char *http_header(const struct http_exchange *x, const char *name)
{
    return x->connection ? http_reader_header(x->connection->reader, name) : "";
}

void http_write(struct http_exchange *x, const char *data, size_t len)
{
    struct transport *t = x->connection ? x->connection->transport : NULL;
    if (!t || x->ended_input || len == 0) {
        return;
    }
    if (x->upload) {
        struct text size = {0};
        text_addf(&size, "%zx\r\n", len);
        transport_write(t, size.data, size.len);
        text_done(&size);
    }
    transport_write(t, data, len);
    if (x->upload) {
        transport_write(t, "\r\n", 2);
    }
}

size_t http_unsent(const struct http_exchange *x)
{
    return x->connection && x->connection->transport ? transport_unsent(x->connection->transport) : 0;
}

void http_end_input(struct http_exchange *x)
{
    struct transport *t = x->connection ? x->connection->transport : NULL;
    if (!t || x->ended_input) {
        return;
    }
    x->ended_input = true;
    if (x->upload) {
        transport_write(t, "0\r\n\r\n", 5);
    } else if (x->upgrade) {
        transport_end_output(t);
    }
}

void http_hold(struct http_exchange *x, bool hold)
{
    if (x->connection && x->connection->transport) {
        transport_hold(x->connection->transport, hold);
    }
}
