/* Keys that were meant for somebody who has gone.
 *
 * Text is typed into a program in a container, into a question or a line at the bottom, or into a view that
 * lies over the panes: each is a taker. After each key it is noted who the taker is. When it is another one
 * before the next key, nobody at the keyboard has asked for that: the process has ended, the engine or the
 * container is lost, or something came over it. What is typed then still belongs to the one who has gone, so
 * it is ignored until Enter, Esc or a pause in the typing, and the bottom line says so.
 *
 * Where keys are actions, the same holds for the container under the cursor: when another one has taken its
 * place, the first action says so and does nothing. */
#include <stdio.h>
#include <uv.h>

#include "ui/app_inside.h"

enum { PAUSE_MS = 1000 };

static struct taker taker_of(const struct app *a)
{
    struct taker t = {0};
    if (prompt_open(a->prompt)) {
        t = (struct taker){a->prompt, prompt_serial(a->prompt), TAKER_PROMPT};
    } else if (a->n_overlays) {
        t = (struct taker){app_focused(a), 0, TAKER_VIEW};
    } else if (app_typing(a)) {
        t = (struct taker){console_view_front(detail_console(a->detail)), 0, TAKER_CONSOLE};
    }
    return t;
}

static bool same(const struct taker *a, const struct taker *b)
{
    return a->who == b->who && a->serial == b->serial;
}

static void stop(struct app *a)
{
    a->ignore.now = false;
    uv_timer_stop(a->ignore.pause);
    app_dirty(a, PART_ALL);
}

static void on_pause(uv_timer_t *timer)
{
    struct app *a = timer->data;
    app_read_keys(a); /* those that came in time, though we come late */
    if (a->ignore.now && !uv_is_active((uv_handle_t *)timer)) {
        stop(a);
    }
}

static void await_pause(struct app *a)
{
    uv_timer_start(a->ignore.pause, on_pause, PAUSE_MS, 0);
}

static void start(struct app *a, const struct taker *gone)
{
    char why[IGNORE_ROOM / 2];
    if (gone->kind == TAKER_CONSOLE) {
        console_view_why(detail_console(a->detail), gone->who, why, sizeof why);
    } else {
        snprintf(why, sizeof why, "what they were typed into has closed.");
    }
    snprintf(a->ignore.words, sizeof a->ignore.words, "Keys are ignored until Enter, Esc or a pause: %s",
             why);
    a->ignore.now = true;
    await_pause(a);
    app_dirty(a, PART_ALL);
}

/* True: it has changed by itself. */
static bool changed(struct app *a, struct taker *now)
{
    *now = taker_of(a);
    return !same(now, &a->ignore.taker);
}

void app_ignore_look(struct app *a)
{
    struct taker now;
    if (changed(a, &now)) {
        if (a->ignore.taker.who) {
            start(a, &a->ignore.taker);
        }
        a->ignore.taker = now;
    }
}

bool app_ignore_key(struct app *a, const struct key *k)
{
    struct taker now;
    bool unseen = changed(a, &now) && now.kind == TAKER_PROMPT; /* a question that nobody can have read yet */
    if (unseen && !a->ignore.taker.who) {
        return k->code != KEY_CODE_MOUSE;
    }
    app_ignore_look(a);
    if (k->code == KEY_CODE_MOUSE) {
        return false;
    }
    if (a->ignore.burst) {
        return true;
    }
    if (!a->ignore.now) {
        return false;
    }
    if (k->code == KEY_CODE_ENTER || k->code == KEY_CODE_ESCAPE) {
        stop(a);
    } else {
        await_pause(a);
    }
    return true;
}

void app_ignore_settle(struct app *a)
{
    a->ignore.taker = taker_of(a);
    a->ignore.selected = app_selected(a);
}

bool app_ignore_moved(struct app *a)
{
    container_id was = a->ignore.selected, now = app_selected(a);
    const struct container *c = model_get(a->model, now);
    if (was == 0 || was == now || was == a->ignore.acted || !c) {
        return false;
    }
    app_say(a, "Nothing was done: the container under the cursor has left the list, it is %s now.",
            c->name ? c->name : c->key);
    return true;
}
