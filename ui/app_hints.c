/* The keys that matter here and now, for the bottom line. */
#include <string.h>

#include "ui/app_inside.h"
#include "ui/list_view.h"
#include "ui/status_bar.h"

static void hint(struct status_line *s, const char *key, const char *words)
{
    if (key && words && s->n_hints < HINTS_MAX) {
        s->hints[s->n_hints++] = (struct hint){key, words};
    }
}

static void hint_action(struct app *a, struct status_line *s, enum action_id id)
{
    const struct action *action = action_get(id);
    hint(s, bindings_key(a->bindings, id), action ? action->brief : NULL);
}

static void hint_actions(struct app *a, struct status_line *s, const enum action_id *ids)
{
    for (; *ids != ACTION_NONE; ids++) {
        hint_action(a, s, *ids);
    }
}

static bool any_online(const struct session *s)
{
    for (int i = 0; i < session_engines(s); i++) {
        if (session_engine(s, i)->state == ENGINE_ONLINE) {
            return true;
        }
    }
    return false;
}

/* Where the list has no rows: because there are none, none can be known, or none pass the filter. */
static const enum action_id *empty_actions(const struct app *a)
{
    static const enum action_id none[] = {ACTION_DEMO, ACTION_LAUNCH, ACTION_REFRESH, ACTION_HELP,
                                          ACTION_NONE};
    static const enum action_id offline[] = {ACTION_REFRESH, ACTION_HELP, ACTION_NONE};
    static const enum action_id filtered[] = {ACTION_BACK,   ACTION_FILTER, ACTION_HIDE_STOPPED,
                                              ACTION_LAUNCH, ACTION_HELP,   ACTION_NONE};
    if (model_count(a->model) > 0) {
        return filtered;
    }
    return any_online(a->parts.session) ? none : offline;
}

static const enum action_id *list_actions(const struct app *a)
{
    static const enum action_id marked[] = {ACTION_STOP, ACTION_START, ACTION_REMOVE, ACTION_MARK,
                                            ACTION_BACK, ACTION_HELP,  ACTION_NONE};
    static const enum action_id running[] = {ACTION_ATTACH, ACTION_EXEC, ACTION_LAUNCH, ACTION_RELAUNCH,
                                             ACTION_STOP,   ACTION_HELP, ACTION_NONE};
    static const enum action_id paused[] = {ACTION_PAUSE, ACTION_LOGS, ACTION_LAUNCH,
                                            ACTION_KILL,  ACTION_HELP, ACTION_NONE};
    static const enum action_id restarting[] = {ACTION_STOP,   ACTION_LOGS, ACTION_KILL,
                                                ACTION_LAUNCH, ACTION_HELP, ACTION_NONE};
    static const enum action_id stopped[] = {ACTION_START,    ACTION_LOGS, ACTION_REMOVE, ACTION_LAUNCH,
                                             ACTION_RELAUNCH, ACTION_HELP, ACTION_NONE};
    static const enum action_id unknown[] = {ACTION_WHO, ACTION_REFRESH, ACTION_HELP, ACTION_NONE};
    const struct container *c = model_get(a->model, app_selected(a));
    if (!c) {
        return empty_actions(a);
    }
    if (list_view_marked(a->list, NULL, 0) > 0) {
        return marked;
    }
    return state_runs(c->state)               ? running
           : c->state == CONTAINER_RESTARTING ? restarting
           : c->state == CONTAINER_PAUSED     ? paused
           : c->state == CONTAINER_UNKNOWN    ? unknown
                                              : stopped;
}

static void hint_view(struct status_line *s, struct view *v, size_t most)
{
    const char *const *pairs = v->type->keys ? v->type->keys(v) : NULL;
    for (size_t i = 0; pairs && pairs[2 * i] && i < most; i++) {
        hint(s, pairs[2 * i], pairs[2 * i + 1]);
    }
}

void app_hints(struct app *a, struct status_line *s)
{
    s->n_hints = 0;
    if (a->n_overlays) {
        hint_view(s, app_focused(a), 5);
        hint(s, "Esc", "close");
    } else if (app_typing(a)) {
        hint_view(s, detail_view(a->detail), 5);
    } else if (a->focus == FOCUS_DETAIL) {
        hint_view(s, detail_view(a->detail), 4);
        hint_action(a, s, ACTION_ZOOM);
        hint_action(a, s, ACTION_HELP);
        hint(s, bindings_key(a->bindings, ACTION_BACK), "back");
    } else {
        hint_actions(a, s, list_actions(a));
        hint_action(a, s, ACTION_QUIT);
    }
}
