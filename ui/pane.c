#include "ui/pane.h"

#include <stdio.h>
#include <string.h>

#include "core/times.h"
#include "ui/paragraph.h"

void pane_sentence(struct canvas *c, struct rect r, const char *what, const char *next)
{
    int above = r.rows >= 4 ? 1 : 0;
    struct rect at = {r.row + above, r.col + PANE_MARGIN, r.rows - above, r.cols - 2 * PANE_MARGIN};
    int used = paragraph_draw(c, at, STYLE_TEXT, what);
    if (next != NULL && used < at.rows) {
        int gap = at.rows - used > 1 ? 1 : 0;
        at.row += used + gap;
        at.rows -= used + gap;
        paragraph_draw(c, at, STYLE_QUIET, next);
    }
}

const struct container *pane_container(struct app *a, container_id id, struct canvas *c, struct rect r)
{
    if (id == 0) {
        pane_sentence(c, r, "No container is selected.", NULL);
        return NULL;
    }
    const struct container *it = model_get(app_model(a), id);
    if (it == NULL) {
        pane_sentence(c, r, "This container is gone.", "It was removed. Choose another one in the list.");
    }
    return it;
}

bool pane_is_running(struct app *a, container_id id)
{
    const struct container *it = model_get(app_model(a), id);
    return it != NULL && state_has_processes(it->state);
}

static void say_exited(struct app *a, const struct container *it, struct canvas *c, struct rect r)
{
    char what[300], when[TIME_TEXT] = "", hint[64];
    if (it->finished > 0) {
        span_print(when, time_now() - it->finished);
    }
    snprintf(what, sizeof what, "%.100s is not running: it exited with code %d%s%s%s.",
             it->name ? it->name : "It", it->exit_code, when[0] ? ", " : "", when, when[0] ? " ago" : "");
    pane_sentence(c, r, what, pane_hint(a, ACTION_START, "starts it again", hint, sizeof hint));
}

const struct container *pane_running(struct app *a, container_id id, struct canvas *c, struct rect r)
{
    char what[300], hint[64];
    const struct container *it = pane_container(a, id, c, r);
    if (it == NULL || state_has_processes(it->state)) {
        return it;
    }
    const char *name = it->name ? it->name : "It";
    switch (it->state) {
    case CONTAINER_EXITED:
        say_exited(a, it, c, r);
        break;
    case CONTAINER_RESTARTING:
        snprintf(what, sizeof what, "%.100s has exited with code %d, and is started again and again.", name,
                 it->exit_code);
        pane_sentence(c, r, what,
                      it->note ? it->note : pane_hint(a, ACTION_STOP, "ends that", hint, sizeof hint));
        break;
    case CONTAINER_REMOVING:
    case CONTAINER_DEAD:
        snprintf(what, sizeof what, "%.100s %s.", name,
                 it->state == CONTAINER_DEAD ? "was not removed completely" : "is being removed");
        pane_sentence(c, r, what, it->note);
        break;
    case CONTAINER_LOST:
    case CONTAINER_UNKNOWN:
        snprintf(what, sizeof what, "Its engine cannot say how %.100s is.", name);
        pane_sentence(c, r, what, it->note);
        break;
    default:
        snprintf(what, sizeof what, "%.100s has not been started.", name);
        pane_sentence(c, r, what, pane_hint(a, ACTION_START, "starts it", hint, sizeof hint));
    }
    return NULL;
}

static bool key_given_away(const struct settings *s, const char *key)
{
    for (size_t i = 0; i < s->n_keys; i++) {
        if (strcmp(s->keys[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

const char *pane_action_key(struct app *a, enum action_id id)
{
    const struct action *action = action_get(id);
    const struct settings *s = app_settings(a);
    if (action == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < s->n_keys; i++) {
        if (strcmp(s->keys[i].action, action->name) == 0) {
            return s->keys[i].key;
        }
    }
    return action->key != NULL && !key_given_away(s, action->key) ? action->key : NULL;
}

const char *pane_hint(struct app *a, enum action_id id, const char *words, char *out, size_t room)
{
    const char *key = pane_action_key(a, id);
    out[0] = '\0';
    if (key != NULL) {
        snprintf(out, room, "%s %s", key, words);
    }
    return out;
}

unsigned pane_changed(const struct change *changes, size_t n, container_id id)
{
    unsigned fields = 0;
    for (size_t i = 0; i < n; i++) {
        if (changes[i].id == id) {
            fields |= changes[i].kind == CHANGE_UPDATED ? changes[i].fields : (unsigned)FIELD_ALL;
        }
    }
    return fields;
}
