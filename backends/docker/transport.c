/* The owner's side of a transport: its life, TLS, back-pressure, and the sentence that says what went wrong.
 *
 * One timer has three uses that never meet: while connecting it is the deadline; then it is how something is
 * told in the next turn of the loop: that it is connected, that reading goes on after a hold, or the end. The
 * owner may close from inside each of his callbacks, so `closed` is looked at after every one; the memory
 * goes with the timer. */
#include "backends/docker/transport.h"

#include <stdlib.h>

#include "backends/docker/transport_parts.h"
#include "backends/docker/transport_tls.h"
#include "core/memory.h"
#include "core/text.h"

struct transport {
    const struct transport_sink *sink;
    void *user;
    struct endpoint to;
    struct carrier *carrier;
    struct transport_tls *tls; /* NULL: none */
    uv_timer_t timer;
    struct text early; /* written before it was connected */
    char *plain;       /* CARRIER_ROOM bytes, with TLS */
    bool ready;        /* bytes may go through */
    bool connected;    /* and the owner knows */
    bool heard;        /* the engine has said something */
    bool held, output_ended, wants_drained;
    bool carrier_ended;
    bool ending; /* nothing more comes but the end: why */
    bool closed; /* the owner hears nothing any more */
    struct error why;
};

/* ---- the end ---- */

static void timer_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;
    transport_tls_free(t->tls);
    endpoint_done(&t->to);
    text_done(&t->early);
    free(t->plain);
    free(t);
}

void transport_close(struct transport *t)
{
    if (t->closed) {
        return;
    }
    t->closed = true;
    if (t->carrier) {
        t->carrier->above = NULL;
        t->carrier->type->close(t->carrier);
        t->carrier = NULL;
    }
    uv_close((uv_handle_t *)&t->timer, timer_closed);
}

static void on_timer(uv_timer_t *timer);

static void soon(struct transport *t)
{
    uv_timer_start(&t->timer, on_timer, 0, 0);
}

/* In the next turn, since it may be noticed from inside a call of the owner. */
static void end(struct transport *t, const struct error *why)
{
    if (t->closed || t->ending) {
        return;
    }
    t->ending = true;
    if (why) {
        const char *source = t->to.source;
        t->why = *why;
        error_wrap(&t->why, t->heard ? "lost the engine at %s%s%s%s" : "cannot reach the engine at %s%s%s%s",
                   t->to.address, source ? " (" : "", source ? source : "", source ? ")" : "");
    }
    soon(t);
}

static void say_closed(struct transport *t)
{
    const struct transport_sink *sink = t->sink;
    void *user = t->user;
    struct error why = t->why;
    transport_close(t);
    sink->closed(user, why.kind == ERROR_NONE ? NULL : &why);
}

/* ---- out ---- */

static void flush_tls(struct transport *t)
{
    size_t len;
    while ((len = transport_tls_take(t->tls, t->plain, CARRIER_ROOM)) > 0) {
        t->carrier->type->write(t->carrier, t->plain, len);
    }
}

static void send_bytes(struct transport *t, const char *data, size_t len)
{
    if (t->tls) {
        transport_tls_write(t->tls, data, len);
        flush_tls(t);
    } else {
        t->carrier->type->write(t->carrier, data, len);
    }
}

static void send_end(struct transport *t)
{
    if (t->tls) {
        transport_tls_end(t->tls);
        flush_tls(t);
    } else {
        t->carrier->type->end_output(t->carrier);
    }
}

void transport_write(struct transport *t, const char *data, size_t len)
{
    if (t->closed || t->ending || t->output_ended || len == 0) {
        return;
    }
    t->wants_drained = true;
    if (t->ready) {
        send_bytes(t, data, len);
    } else {
        text_add_n(&t->early, data, len);
    }
}

size_t transport_unsent(const struct transport *t)
{
    return t->early.len + (t->carrier ? t->carrier->type->unsent(t->carrier) : 0);
}

void transport_end_output(struct transport *t)
{
    if (!t->closed && !t->ending && !t->output_ended) {
        t->output_ended = true;
        if (t->ready) {
            send_end(t);
        }
    }
}

void transport_on_drained(struct transport *t)
{
    if (t->connected && t->wants_drained && !t->ending) {
        t->wants_drained = false;
        if (t->sink->drained) {
            t->sink->drained(t->user);
        }
    }
}

/* ---- in ---- */

/* Hands out what TLS has, as long as the owner wants it. */
static void fetch_tls(struct transport *t)
{
    struct error why;
    size_t len;
    while (!t->closed && !t->ending && !t->held) {
        switch (transport_tls_read(t->tls, t->plain, CARRIER_ROOM, &len, &why)) {
        case TLS_DONE:
            t->heard = true;
            t->sink->bytes(t->user, t->plain, len);
            break;
        case TLS_END:
            end(t, NULL);
            return;
        case TLS_FAILED:
            end(t, &why);
            return;
        case TLS_WAIT:
            if (t->carrier_ended) {
                error_set(&why, ERROR_UNREACHABLE, 0, "the connection broke off");
                end(t, &why);
            }
            return;
        }
    }
}

/* Reads on, or stops reading, as the owner wants it. */
static void fetch(struct transport *t)
{
    if (t->tls) {
        fetch_tls(t);
    }
    if (!t->closed && !t->carrier_ended) {
        t->carrier->type->read(t->carrier, !t->ending && !t->held);
    }
}

void transport_hold(struct transport *t, bool hold)
{
    bool released = t->held && !hold;
    t->held = hold;
    if (!t->connected || t->closed) {
        return;
    }
    if (released) {
        soon(t);
    } else if (hold && !t->carrier_ended) {
        t->carrier->type->read(t->carrier, false);
    }
}

/* ---- the beginning ---- */

static void become_ready(struct transport *t)
{
    t->ready = true;
    soon(t);
}

static void shake(struct transport *t)
{
    struct error why;
    enum transport_tls_step step = transport_tls_shake(t->tls, &why);
    flush_tls(t); /* also after a failure: the other side is told why */
    if (step == TLS_FAILED) {
        end(t, &why);
    } else if (step == TLS_DONE) {
        t->carrier->type->read(t->carrier, false);
        become_ready(t);
    }
}

void transport_on_connected(struct transport *t)
{
    if (!t->to.tls.on) {
        become_ready(t);
        return;
    }
    t->plain = mem_resize(NULL, CARRIER_ROOM, 1);
    t->tls = transport_tls_new(&t->to);
    shake(t);
    t->carrier->type->read(t->carrier, true);
}

void transport_on_bytes(struct transport *t, const char *data, size_t len)
{
    if (t->ending) {
        return;
    }
    if (!t->tls) {
        t->heard = true;
        t->sink->bytes(t->user, data, len);
        if (!t->closed && t->held) {
            t->carrier->type->read(t->carrier, false);
        }
        return;
    }
    transport_tls_feed(t->tls, data, len);
    if (t->ready) {
        fetch(t);
        if (!t->closed) {
            flush_tls(t); /* TLS has things of its own to say, such as new keys */
        }
    } else {
        shake(t);
    }
}

void transport_on_ended(struct transport *t, const struct error *why)
{
    struct error early;
    t->carrier_ended = true;
    if (t->tls && t->ready && !why) {
        fetch_tls(t); /* which ends it */
    } else if (!why && !t->ready) {
        error_set(&early, ERROR_UNREACHABLE, 0, "it hangs up at once");
        end(t, &early);
    } else {
        end(t, why);
    }
}

static void say_connected(struct transport *t)
{
    t->connected = true;
    if (t->early.len > 0) {
        send_bytes(t, t->early.data, t->early.len);
        text_done(&t->early);
    }
    if (t->output_ended) {
        send_end(t);
    }
    if (t->sink->connected) {
        t->sink->connected(t->user);
    }
    if (!t->closed) {
        fetch(t);
    }
}

static unsigned patience(const struct endpoint *to)
{
    return to->connect_ms             ? to->connect_ms
           : to->kind == ENDPOINT_SSH ? TRANSPORT_SSH_MS
                                      : TRANSPORT_CONNECT_MS;
}

static void say_too_late(struct transport *t)
{
    struct error why;
    error_set(&why, ERROR_TIMEOUT, 0,
              "it does not answer within %g s; look at the address, and at firewalls on the way",
              patience(&t->to) / 1000.0);
    end(t, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct transport *t = timer->data;
    if (t->ending) {
        if (!t->connected || !t->held) {
            say_closed(t);
        }
    } else if (t->connected) {
        fetch(t);
    } else if (t->ready) {
        say_connected(t);
    } else {
        say_too_late(t);
    }
}

struct transport *transport_open(uv_loop_t *loop, const struct endpoint *endpoint,
                                 const struct transport_sink *sink, void *user)
{
    struct transport *t = mem_new(1, sizeof *t);
    t->sink = sink;
    t->user = user;
    endpoint_copy(&t->to, endpoint);
    uv_timer_init(loop, &t->timer);
    t->timer.data = t;
    uv_timer_start(&t->timer, on_timer, patience(&t->to), 0);
    switch (t->to.kind) {
    case ENDPOINT_SSH:
        t->carrier = carrier_ssh(t, loop, &t->to);
        break;
    case ENDPOINT_PIPE:
        t->carrier = carrier_pipe(t, loop, &t->to);
        break;
    case ENDPOINT_UNIX:
    case ENDPOINT_TCP:
        t->carrier = carrier_socket(t, loop, &t->to);
        break;
    }
    return t;
}
