/* Keys find their way: prompt, view on top, pane with the focus, actions. While a program in a container has
 * the keys, all go to it but the detach key. */
#include <signal.h>

#include "ui/app_inside.h"
#include "ui/list_view.h"

struct view *app_focused(const struct app *a)
{
    if (a->n_overlays) {
        return a->overlays[a->n_overlays - 1];
    }
    return app_pane(a);
}

bool app_typing(const struct app *a)
{
    struct view *console = detail_console(a->detail);
    return !prompt_open(a->prompt) && app_focused(a) == console && console_view_typing(console);
}

void app_focus(struct app *a, enum focus focus)
{
    if (focus == FOCUS_DETAIL && a->layout.detail.rows <= 0) {
        a->zoomed = true;
    }
    if (focus == FOCUS_LIST) {
        a->zoomed = false;
    }
    a->focus = focus;
    app_dirty(a, PART_ALL);
}

/* To the back, as the shell's job; we go on here when it brings us to the front again. */
static void suspend(struct app *a)
{
#ifdef SIGSTOP
    screen_suspend(a->screen);
    wake_hold(a->wake, 1);
    a->suspended = true;
    kill(0, SIGSTOP);
    a->suspended = false;
    wake_hold(a->wake, 0);
    screen_resume(a->screen);
    screen_redraw_all(a->screen);
    a->resized = true;
    app_dirty(a, PART_ALL);
#else
    app_say(a, "This system has no way to put a program to the back.");
#endif
}

static bool is_control(const struct key *k, uint32_t letter)
{
    return k->code == letter && k->modifiers & KEY_CTRL;
}

/* What works everywhere, but in a program's console. */
static bool always(struct app *a, const struct key *k)
{
    if (is_control(k, 'z')) {
        suspend(a);
    } else if (is_control(k, 'l')) {
        screen_redraw_all(a->screen);
        app_dirty(a, PART_ALL);
    } else if (is_control(k, 'c') && jobs_cancel(a->jobs)) {
        app_say(a, "Cancelled.");
    } else {
        return false;
    }
    return true;
}

static bool within(struct rect r, const struct key *k)
{
    return k->mouse_row >= r.row && k->mouse_row < r.row + r.rows && k->mouse_col >= r.col &&
           k->mouse_col < r.col + r.cols;
}

static void mouse(struct app *a, const struct key *k)
{
    bool press = k->mouse == MOUSE_PRESS;
    struct view *front = detail_view(a->detail);
    if (a->n_overlays) {
        struct view *top = app_focused(a);
        top->type->key(top, k);
    } else if (within(a->layout.list, k)) {
        if (press && a->focus != FOCUS_LIST) {
            app_focus(a, FOCUS_LIST);
        }
        a->list->type->key(a->list, k);
    } else if (within(a->layout.tabs, k)) {
        if (press && detail_click(a->detail, k->mouse_col)) {
            app_focus(a, FOCUS_DETAIL);
        }
    } else if (within(a->layout.detail, k)) {
        if (press && a->focus != FOCUS_DETAIL) {
            app_focus(a, FOCUS_DETAIL);
        }
        front->type->key(front, k);
    }
}

/* The console ends the typing itself at its detach key; one that did not has lost its hold here. */
static void console_key(struct app *a, const struct key *k)
{
    struct view *console = detail_console(a->detail);
    console->type->key(console, k);
    if (app_typing(a) && key_is(k, a->parts.settings->detach_key)) {
        app_focus(a, FOCUS_LIST);
    }
    app_dirty(a, PART_STATUS);
}

static void overlay_key(struct app *a, const struct key *k)
{
    struct view *top = app_focused(a);
    if (!top->type->key(top, k) && (k->code == KEY_CODE_ESCAPE || is_control(k, 'c'))) {
        app_pop(a);
    }
}

static void pane_key(struct app *a, const struct key *k)
{
    struct view *v = app_focused(a);
    if (v->type->key(v, k)) {
        return;
    }
    enum action_id id = bindings_action(a->bindings, k);
    if (id != ACTION_NONE) {
        app_do(a, id);
    } else if (is_control(k, 'c')) {
        const char *key = bindings_key(a->bindings, ACTION_QUIT);
        app_say(a, "%s quits.", key ? key : "The palette");
    }
}

/* Nobody sees what a key would do: none answers a question, or is an action. */
static void blind_key(struct app *a, const struct key *k)
{
    bool text = prompt_open(a->prompt) || a->n_overlays;
    if ((bindings_action(a->bindings, k) == ACTION_QUIT && !text) || is_control(k, 'c')) {
        app_quit(a, 0);
    }
}

static void typed(struct app *a, const struct key *k)
{
    if (app_typing(a) && k->code != KEY_CODE_MOUSE) {
        console_key(a, k);
    } else if (a->layout.too_small) {
        if (!always(a, k)) {
            blind_key(a, k);
        }
    } else if (prompt_open(a->prompt)) {
        if (k->code != KEY_CODE_MOUSE) {
            app_dirty(a, app_message_rows(a) > 1 ? PART_ALL : PART_STATUS); /* what it stood over */
            prompt_key(a->prompt, k);
            app_dirty(a, PART_STATUS);
        }
    } else if (k->code == KEY_CODE_MOUSE) {
        mouse(a, k);
    } else if (!always(a, k)) {
        if (a->n_overlays) {
            overlay_key(a, k);
        } else {
            pane_key(a, k);
        }
    }
}

static void handle(struct app *a, const struct key *k)
{
    if (k->code == KEY_CODE_RESIZE) {
        a->resized = true;
        app_dirty(a, PART_ALL);
        return;
    }
    if (app_ignore_key(a, k)) {
        return;
    }
    if (a->message[0] && !(k->code == KEY_CODE_MOUSE && k->mouse == MOUSE_RELEASE)) {
        app_say_nothing(a);
    }
    typed(a, k);
    app_ignore_settle(a);
}

void app_read_keys(struct app *a)
{
    struct key k = {0};
    while (!a->quitting && screen_key(a->screen, &k)) {
        handle(a, &k);
    }
    a->ignore.burst = false;
    if (a->ready && a->dirty) {
        frame_now(a->frame);
    }
}

void app_wake(void *user, enum wake_event event, int number)
{
    struct app *a = user;
    switch (event) {
    case WAKE_KEYS:
        app_read_keys(a);
        break;
    case WAKE_RESIZE:
        app_read_keys(a);
        a->resized = true;
        app_dirty(a, PART_ALL);
        break;
    case WAKE_SUSPEND:
        suspend(a);
        break;
    case WAKE_RESUMED:
        screen_redraw_all(a->screen);
        app_dirty(a, PART_ALL);
        break;
    case WAKE_TERMINATE:
    case WAKE_HANGUP:
        app_quit(a, 128 + (number ? number : 1));
        break;
    }
}
