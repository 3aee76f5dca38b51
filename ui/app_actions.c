/* What each action of core/actions.h does here: one table. An action that cannot be done says why in the
 * bottom line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "ui/app_inside.h"
#include "ui/list_view.h"

static bool by_amount(enum sort_key by)
{
    return by >= SORT_CPU;
}

/* The tabs show the selected container: an action on another one selects it first. */
static bool select_target(struct app *a, container_id id)
{
    return id == app_selected(a) || app_reveal(a, id);
}

static void do_attach(struct app *a, container_id id)
{
    if (select_target(a, id)) {
        console_view_attach(detail_console(a->detail), id);
        app_open_tab(a, detail_console(a->detail)->type->title);
    }
}

static void do_exec(struct app *a, container_id id)
{
    if (select_target(a, id)) {
        console_view_exec(detail_console(a->detail), id, NULL);
        a->shells = true;
        app_open_tab(a, detail_console(a->detail)->type->title);
    }
}

static void open_tab(struct app *a, enum detail_tab tab, container_id id)
{
    if (select_target(a, id)) {
        detail_front(a->detail, tab);
        app_focus(a, FOCUS_DETAIL);
    }
}

static void do_logs(struct app *a, container_id id)
{
    open_tab(a, DETAIL_LOGS, id);
}

static void do_inspect(struct app *a, container_id id)
{
    open_tab(a, DETAIL_INSPECT, id);
}

static void do_processes(struct app *a, container_id id)
{
    open_tab(a, DETAIL_PROCESSES, id);
}

static void do_map(struct app *a, container_id id)
{
    open_tab(a, DETAIL_MAP, id);
}

static void do_stats(struct app *a, container_id id)
{
    open_tab(a, DETAIL_STATS, id);
}

/* Beside the one that is looked at, where that engine can. */
static void do_launch(struct app *a, container_id id)
{
    (void)id;
    const struct session *s = app_session(a);
    int engine = session_engine_of(s, app_selected(a));
    const struct engine *e = engine < 0 ? NULL : session_engine(s, engine);
    bool able = e && e->state == ENGINE_ONLINE && !e->limited;
    app_push(a, launch_view_new(a, able ? engine : -1, NULL, 0));
}

static void do_demo(struct app *a, container_id id)
{
    (void)id;
    app_demo(a);
}

static void do_import(struct app *a, container_id id)
{
    (void)id;
    app_import(a);
}

static void who_answered(void *user, const char *text)
{
    struct app *a = user;
    char *end = NULL;
    unsigned long pid = text ? strtoul(text, &end, 10) : 0;
    if (!text) {
        return;
    }
    if (end == text || *end || pid == 0 || pid > UINT32_MAX) {
        app_say(a, "“%s” is no process id: it is a number of the host's process table.", text);
        return;
    }
    app_push(a, who_view_new(a, (uint32_t)pid));
}

static void do_who(struct app *a, container_id id)
{
    (void)id;
    if (!app_host(a, 0)) {
        app_say(a, "The host's processes cannot be read on this system.");
        return;
    }
    app_prompt(a, "Who is host process", "", who_answered, a);
}

/* The list. */

static void filter_typed(void *user, const char *text)
{
    struct app *a = user;
    list_view_filter(a->list, text);
}

/* Given up, everything is as it was. */
static void filter_answered(void *user, const char *text)
{
    struct app *a = user;
    list_view_filter(a->list, text);
    if (!text) {
        list_view_select(a->list, a->before_filter);
    }
}

static void do_filter(struct app *a, container_id id)
{
    a->before_filter = id;
    prompt_text(a->prompt, "Filter", list_view_filter_words(a->list), filter_typed, filter_answered, a);
    app_dirty(a, PART_STATUS);
}

static void say_sorting(struct app *a)
{
    enum sort_key by;
    bool descending;
    list_view_sorting(a->list, &by, &descending);
    const char *key = bindings_key(a->bindings, ACTION_REVERSE);
    app_say(a, "Sorted by %s, %s first%s%s%s", sort_word(by),
            by_amount(by) ? (descending ? "most" : "least") : (descending ? "last" : "first"),
            key ? "; " : ".", key ? key : "", key ? " turns it round." : "");
}

static void do_sort(struct app *a, container_id id)
{
    enum sort_key by;
    bool descending;
    (void)id;
    list_view_sorting(a->list, &by, &descending);
    by = (enum sort_key)((by + 1) % SORT_COUNT);
    list_view_sort(a->list, by, by_amount(by));
    say_sorting(a);
}

static void do_reverse(struct app *a, container_id id)
{
    enum sort_key by;
    bool descending;
    (void)id;
    list_view_sorting(a->list, &by, &descending);
    list_view_sort(a->list, by, !descending);
    say_sorting(a);
}

static void do_mark(struct app *a, container_id id)
{
    (void)id;
    list_view_mark(a->list);
}

static void do_mark_all(struct app *a, container_id id)
{
    (void)id;
    list_view_mark_all(a->list);
}

static void do_hide_stopped(struct app *a, container_id id)
{
    (void)id;
    bool hide = !list_view_hides_stopped(a->list);
    list_view_hide_stopped(a->list, hide);
    app_say(a, hide ? "Stopped containers are hidden." : "Stopped containers are shown.");
}

static void do_show_apart(struct app *a, container_id id)
{
    (void)id;
    bool show = !list_view_shows_apart(a->list);
    list_view_show_apart(a->list, show);
    app_count(a);
    app_say(a, show ? "VMs and templates that are no containers are shown." : "Only containers are shown.");
}

static void do_refresh(struct app *a, container_id id)
{
    (void)id;
    session_refresh(a->parts.session);
    app_say(a, "Asking the engines again.");
}

/* Moving about. */

static void do_next_tab(struct app *a, container_id id)
{
    (void)id;
    detail_step(a->detail, 1);
}

static void do_previous_tab(struct app *a, container_id id)
{
    (void)id;
    detail_step(a->detail, -1);
}

static void do_focus(struct app *a, container_id id)
{
    (void)id;
    if (app_selected(a)) {
        app_focus(a, a->focus == FOCUS_LIST ? FOCUS_DETAIL : FOCUS_LIST);
    }
}

static void do_open(struct app *a, container_id id)
{
    (void)id;
    if (app_selected(a)) {
        app_focus(a, FOCUS_DETAIL);
    }
}

/* One step out: of the zoom, of the pane, of the marks, of the filter. */
static void do_back(struct app *a, container_id id)
{
    (void)id;
    if (a->zoomed || a->focus == FOCUS_DETAIL) {
        app_focus(a, FOCUS_LIST);
    } else if (list_view_marked(a->list, NULL, 0) > 0) {
        list_view_unmark_all(a->list);
    } else if (list_view_filter_words(a->list)[0]) {
        list_view_filter(a->list, NULL);
    } else {
        const char *key = bindings_key(a->bindings, ACTION_QUIT);
        app_say(a, "%s quits.", key ? key : "The palette");
    }
}

static void do_zoom(struct app *a, container_id id)
{
    (void)id;
    if (app_selected(a)) {
        bool zoom = !a->zoomed;
        app_focus(a, zoom ? FOCUS_DETAIL : FOCUS_LIST);
        a->zoomed = zoom;
    }
}

static void do_help(struct app *a, container_id id)
{
    (void)id;
    app_push(a, help_view_new(a));
}

static void do_palette(struct app *a, container_id id)
{
    (void)id;
    app_push(a, palette_new(a));
}

static size_t next_theme(char **names, const char *current)
{
    size_t n = 0;
    size_t found = SIZE_MAX;
    for (; names[n]; n++) {
        if (strcmp(names[n], current) == 0) {
            found = n;
        }
    }
    return found + 1 < n ? found + 1 : 0;
}

static void do_theme(struct app *a, container_id id)
{
    (void)id;
    struct error why = {0};
    char **names = theme_names();
    if (!names || !names[0]) {
        app_say(a, "There is no theme beside the built-in one.");
    } else if (theme_load(&a->theme, names[next_theme(names, a->theme.name)], &why)) {
        screen_set_theme(a->screen, &a->theme);
        screen_redraw_all(a->screen);
        app_redraw_all(a);
        app_say(a, "Theme: %s", a->theme.name);
    } else {
        app_say_error(a, &why);
    }
    free(names);
}

static void quit_answered(void *user, bool yes)
{
    struct app *a = user;
    if (yes && !a->quitting) {
        app_quit(a, 0);
    }
}

static void do_quit(struct app *a, container_id id)
{
    (void)id;
    if (jobs_cancellable(a->jobs)) {
        app_confirm(a, "Quit? What is still under way is given up.", quit_answered, a);
    } else if (a->shells && console_view_open(detail_console(a->detail)) > 0) {
        app_confirm(a, "Quit? Shells that are open here end; containers go on.", quit_answered, a);
    } else {
        app_quit(a, 0);
    }
}

static void do_relaunch(struct app *a, container_id id)
{
    app_relaunch(a, id);
}

static void do_rename(struct app *a, container_id id)
{
    app_rename(a, id);
}

static void (*const doing[ACTION_COUNT])(struct app *, container_id) = {
    [ACTION_ATTACH] = do_attach,
    [ACTION_EXEC] = do_exec,
    [ACTION_LOGS] = do_logs,
    [ACTION_INSPECT] = do_inspect,
    [ACTION_PROCESSES] = do_processes,
    [ACTION_MAP] = do_map,
    [ACTION_STATS] = do_stats,
    [ACTION_RELAUNCH] = do_relaunch,
    [ACTION_RENAME] = do_rename,
    [ACTION_LAUNCH] = do_launch,
    [ACTION_DEMO] = do_demo,
    [ACTION_WHO] = do_who,
    [ACTION_IMPORT] = do_import,
    [ACTION_FILTER] = do_filter,
    [ACTION_SORT] = do_sort,
    [ACTION_REVERSE] = do_reverse,
    [ACTION_MARK] = do_mark,
    [ACTION_MARK_ALL] = do_mark_all,
    [ACTION_HIDE_STOPPED] = do_hide_stopped,
    [ACTION_SHOW_APART] = do_show_apart,
    [ACTION_REFRESH] = do_refresh,
    [ACTION_NEXT_TAB] = do_next_tab,
    [ACTION_PREVIOUS_TAB] = do_previous_tab,
    [ACTION_FOCUS] = do_focus,
    [ACTION_OPEN] = do_open,
    [ACTION_BACK] = do_back,
    [ACTION_ZOOM] = do_zoom,
    [ACTION_HELP] = do_help,
    [ACTION_PALETTE] = do_palette,
    [ACTION_THEME] = do_theme,
    [ACTION_QUIT] = do_quit,
};

static bool acts(enum action_id id)
{
    return id == ACTION_START || id == ACTION_STOP || id == ACTION_KILL || id == ACTION_PAUSE ||
           id == ACTION_REMOVE || id == ACTION_RESTART;
}

/* Does it do something to the container under the cursor, or in it? */
static bool touches(enum action_id id)
{
    return acts(id) || id == ACTION_EXEC || id == ACTION_ATTACH || id == ACTION_RELAUNCH ||
           id == ACTION_RENAME;
}

static bool refused(struct app *a, const struct action *action, container_id id)
{
    char why[256];
    const struct container *c = model_get(a->model, id);
    const char *reason = action_refusal(action, c, why, sizeof why);
    if (reason) {
        app_say(a, "%s", reason);
    }
    return reason != NULL;
}

void app_action_on(struct app *a, enum action_id id, container_id target)
{
    const struct action *action = action_get(id);
    if (!action || refused(a, action, target)) {
        a->ignore.burst = id == ACTION_EXEC || id == ACTION_ATTACH; /* what follows was meant for its shell */
        return;
    }
    app_follow(a); /* keys may come faster than frames */
    if (acts(id)) {
        app_act(a, action, &target, 1);
    } else if (doing[id]) {
        doing[id](a, target);
    }
}

static void do_marked(struct app *a, const struct action *action, size_t n)
{
    container_id *ids = mem_new(n, sizeof *ids);
    list_view_marked(a->list, ids, n);
    app_act(a, action, ids, n);
    free(ids);
}

void app_do(struct app *a, enum action_id id)
{
    const struct action *action = action_get(id);
    size_t marks = list_view_marked(a->list, NULL, 0);
    if (action && action->bulk && acts(id) && marks > 0) {
        do_marked(a, action, marks);
    } else if (!(touches(id) && app_ignore_moved(a))) {
        app_action_on(a, id, app_selected(a));
    }
}
