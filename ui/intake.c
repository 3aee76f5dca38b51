/* A console over the limit is held at once and goes on after the turn's reading, so that each turn reads so
 * much of each stream and then comes to everything else. */
#include "ui/intake.h"

#include <stdlib.h>

#include <uv.h>

#include "core/memory.h"

struct intake {
    uv_check_t turn_end;
    size_t limit, taken;
    struct console **held;
    size_t n_held, room;
};

static void release(struct intake *i)
{
    size_t n = i->n_held;
    i->n_held = 0;
    i->taken = 0;
    for (size_t at = 0; at < n; at++) {
        console_hold(i->held[at], false);
    }
}

static void on_turn_end(uv_check_t *check)
{
    struct intake *i = check->data;
    uv_check_stop(check);
    release(i);
}

struct intake *intake_new(struct uv_loop_s *loop, size_t bytes_per_turn)
{
    struct intake *i = mem_new(1, sizeof *i);
    i->limit = bytes_per_turn;
    uv_check_init(loop, &i->turn_end);
    i->turn_end.data = i;
    return i;
}

static void on_closed(uv_handle_t *handle)
{
    struct intake *i = handle->data;
    free(i->held);
    free(i);
}

void intake_free(struct intake *i)
{
    release(i);
    uv_close((uv_handle_t *)&i->turn_end, on_closed);
}

static void hold(struct intake *i, struct console *c)
{
    for (size_t at = 0; at < i->n_held; at++) {
        if (i->held[at] == c) {
            return;
        }
    }
    i->held = mem_grow(i->held, &i->room, i->n_held + 1, sizeof *i->held);
    i->held[i->n_held++] = c;
    console_hold(c, true);
}

void intake_took(struct intake *i, struct console *c, size_t bytes)
{
    i->taken += bytes;
    uv_check_start(&i->turn_end, on_turn_end);
    if (i->taken >= i->limit) {
        hold(i, c);
    }
}

void intake_forget(struct intake *i, const struct console *c)
{
    for (size_t at = 0; at < i->n_held; at++) {
        if (i->held[at] == c) {
            i->held[at] = i->held[--i->n_held];
            return;
        }
    }
}
