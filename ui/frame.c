/* A frame is drawn in the check phase, after everything that this turn of the loop brought has been handled:
 * whatever happened in it costs one frame. The idle handle only keeps the loop from sleeping until then. The
 * timer holds a frame back that would come too soon after the last one, or while the terminal is behind.
 */
#include "ui/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include "core/memory.h"

enum { INTERVAL_MS = 17, N_HANDLES = 3 };

struct frame {
    uv_loop_t *loop;
    uv_timer_t later;
    uv_check_t end_of_turn;
    uv_idle_t awake;
    void (*draw)(void *user);
    int (*backlog)(void *user);
    void *user;
    uint64_t last; /* when the last frame was drawn, ms of the loop's clock */
    int open;
};

static void on_later(uv_timer_t *timer);

static void stay_awake(uv_idle_t *idle)
{
    (void)idle;
}

static bool behind(struct frame *f)
{
    return f->backlog != NULL && f->backlog(f->user) > 0;
}

static void on_end_of_turn(uv_check_t *check)
{
    struct frame *f = check->data;
    uv_check_stop(&f->end_of_turn);
    uv_idle_stop(&f->awake);
    if (behind(f)) {
        uv_timer_start(&f->later, on_later, INTERVAL_MS, 0);
        return;
    }
    uv_timer_stop(&f->later);
    f->last = uv_now(f->loop);
    f->draw(f->user);
}

void frame_now(struct frame *f)
{
    uv_check_start(&f->end_of_turn, on_end_of_turn);
    uv_idle_start(&f->awake, stay_awake);
}

static void on_later(uv_timer_t *timer)
{
    frame_now(timer->data);
}

void frame_ask(struct frame *f)
{
    if (uv_is_active((uv_handle_t *)&f->end_of_turn) || uv_is_active((uv_handle_t *)&f->later)) {
        return;
    }
    uint64_t since = uv_now(f->loop) - f->last;
    if (since >= INTERVAL_MS) {
        frame_now(f);
    } else {
        uv_timer_start(&f->later, on_later, INTERVAL_MS - since, 0);
    }
}

struct frame *frame_new(struct uv_loop_s *loop, void (*draw)(void *user), int (*backlog)(void *user),
                        void *user)
{
    struct frame *f = mem_new(1, sizeof *f);
    f->loop = loop;
    f->draw = draw;
    f->backlog = backlog;
    f->user = user;
    uv_timer_init(loop, &f->later);
    uv_check_init(loop, &f->end_of_turn);
    uv_idle_init(loop, &f->awake);
    f->later.data = f->end_of_turn.data = f->awake.data = f;
    f->open = N_HANDLES;
    return f;
}

static void on_closed(uv_handle_t *handle)
{
    struct frame *f = handle->data;
    if (--f->open == 0) {
        free(f);
    }
}

void frame_free(struct frame *f)
{
    if (f == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&f->later, on_closed);
    uv_close((uv_handle_t *)&f->end_of_turn, on_closed);
    uv_close((uv_handle_t *)&f->awake, on_closed);
}
