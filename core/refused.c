#include "core/refused.h"

#include <stdlib.h>
#include <uv.h>

#include "core/memory.h"

struct refused {
    struct console base;
    uv_timer_t timer;
    struct error why;
};

static void on_gone(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_turn(uv_timer_t *timer)
{
    struct refused *r = timer->data;
    uv_close((uv_handle_t *)timer, on_gone);
    r->base.sink->closed(r->base.user, &r->why, -1);
}

static void refused_close(struct console *c)
{
    struct refused *r = (struct refused *)c;
    if (!uv_is_closing((uv_handle_t *)&r->timer)) {
        uv_close((uv_handle_t *)&r->timer, on_gone);
    }
}

struct console *console_refused(struct uv_loop_s *loop, const struct console_sink *sink, void *user,
                                const struct error *why)
{
    static const struct console_type type = {.close = refused_close};
    struct refused *r = mem_new(1, sizeof *r);
    r->base = (struct console){.type = &type, .sink = sink, .user = user};
    r->why = *why;
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    uv_timer_start(&r->timer, on_turn, 0, 0);
    return &r->base;
}
