/* core/actions.c - the table of everything that can be asked for. Keys, help, palette and command line read
 * it, so that they cannot drift apart. What destroys or ends something asks first, whatever its key. */
#include "core/actions.h"

#include <stdio.h>
#include <string.h>

enum {
    ANY = (1u << CONTAINER_STATES) - 1,
    THAWED = 1u << CONTAINER_RUNNING | 1u << CONTAINER_RESTARTING | 1u << CONTAINER_STOPPING,
    LIVES = THAWED | 1u << CONTAINER_PAUSED,
    RESTS = 1u << CONTAINER_CREATED | 1u << CONTAINER_EXITED,
    KNOWN = ANY & ~(1u << CONTAINER_LOST)
};

/* Rows stay together: */
/* clang-format off */
static const struct action table[] = {
    {.id = ACTION_ATTACH, .name = "attach", .key = "a", .brief = "attach",
     .words = "Attach: the console of the container's first process, live",
     .scope = SCOPE_CONTAINER, .verb = VERB_ATTACH, .states = LIVES},
    {.id = ACTION_EXEC, .name = "exec", .key = "e", .brief = "shell",
     .words = "Shell: start a shell inside the container",
     .scope = SCOPE_CONTAINER, .verb = VERB_EXEC, .states = THAWED},
    {.id = ACTION_LOGS, .name = "logs", .key = "l", .brief = "logs",
     .words = "Logs: what its first process has printed, and prints",
     .scope = SCOPE_CONTAINER, .verb = VERB_LOGS, .states = KNOWN},
    {.id = ACTION_INSPECT, .name = "inspect", .key = "i", .brief = "inspect",
     .words = "Inspect: everything that its engine knows of it",
     .scope = SCOPE_CONTAINER, .verb = VERB_INSPECT, .states = KNOWN},
    {.id = ACTION_PROCESSES, .name = "processes", .key = "t", .brief = "processes",
     .words = "Processes: the container's own process table",
     .scope = SCOPE_CONTAINER, .verb = VERB_PROCESSES, .states = ANY},
    {.id = ACTION_MAP, .name = "map", .key = "m", .brief = "host map",
     .words = "Host map: its processes beside what the host sees of them",
     .scope = SCOPE_CONTAINER, .verb = -1, .states = ANY},
    {.id = ACTION_STATS, .name = "stats", .key = "u", .brief = "stats",
     .words = "Stats: what it has used over the last minutes",
     .scope = SCOPE_CONTAINER, .verb = -1, .states = ANY},
    {.id = ACTION_START, .name = "start", .key = "S", .brief = "start",
     .words = "Start: run a container that was created or has exited",
     .scope = SCOPE_CONTAINER, .verb = VERB_START, .states = RESTS, .bulk = true},
    {.id = ACTION_STOP, .name = "stop", .key = "x", .brief = "stop",
     .words = "Stop: ask it to end, kill it if it does not in time",
     .scope = SCOPE_CONTAINER, .verb = VERB_STOP, .states = LIVES, .bulk = true, .confirm = true},
    {.id = ACTION_KILL, .name = "kill", .key = "Ctrl-K", .brief = "kill",
     .words = "Kill: end all its processes at once",
     .scope = SCOPE_CONTAINER, .verb = VERB_KILL, .states = LIVES, .bulk = true, .confirm = true},
    {.id = ACTION_RESTART, .name = "restart", .key = "R", .brief = "restart",
     .words = "Restart: stop it as x does, then start it again",
     .scope = SCOPE_CONTAINER, .verb = VERB_RESTART, .states = KNOWN, .bulk = true, .confirm = true},
    {.id = ACTION_PAUSE, .name = "pause", .key = "p", .brief = "pause",
     .words = "Pause: freeze its processes, or let them go on",
     .scope = SCOPE_CONTAINER, .verb = VERB_PAUSE, .states = LIVES, .bulk = true},
    {.id = ACTION_REMOVE, .name = "remove", .key = "Ctrl-D", .brief = "remove",
     .words = "Remove: delete the container and all that it wrote",
     .scope = SCOPE_CONTAINER, .verb = VERB_REMOVE, .states = KNOWN, .bulk = true, .confirm = true},
    {.id = ACTION_RELAUNCH, .name = "relaunch", .key = "o", .brief = "relaunch",
     .words = "Relaunch: the same again in the other isolation mode",
     .scope = SCOPE_CONTAINER, .verb = VERB_RELAUNCH, .states = KNOWN},
    {.id = ACTION_RENAME, .name = "rename", .key = "F2", .brief = "rename",
     .words = "Rename: give it another name; all else stays",
     .scope = SCOPE_CONTAINER, .verb = VERB_RENAME, .states = KNOWN},
    {.id = ACTION_LAUNCH, .name = "launch", .key = "n", .brief = "launch",
     .words = "Launch: a new container, in either isolation mode", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_DEMO, .name = "demo", .key = "d", .brief = "demonstration",
     .words = "Demonstration: one ping in each isolation mode, side by side", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_WHO, .name = "who", .key = "w", .brief = "who is",
     .words = "Who is: which container a process of the host belongs to", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_IMPORT, .name = "import", .key = "I", .brief = "import",
     .words = "Import: make an image of an archive or a folder", .scope = SCOPE_GENERAL, .verb = -1},

    {.id = ACTION_FILTER, .name = "filter", .key = "/", .brief = "filter",
     .words = "Filter: by words; !word leaves out; also label=, state=, ...", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_SORT, .name = "sort", .key = "s", .brief = "sort",
     .words = "Sort: by the next column", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_REVERSE, .name = "reverse", .key = "r", .brief = "reverse",
     .words = "Reverse: turn the order round", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_MARK, .name = "mark", .key = "Space", .brief = "mark",
     .words = "Mark: the row, for what works on several", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_MARK_ALL, .name = "mark-all", .key = "*", .brief = "mark all",
     .words = "Mark all: every row that is shown, or none again", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_HIDE_STOPPED, .name = "hide-stopped", .key = "H", .brief = "hide stopped",
     .words = "Hide stopped: show only what runs, or everything again", .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_SHOW_APART, .name = "show-vms", .key = "V", .brief = "show VMs",
     .words = "Show VMs: also what is no container (WSL, templates, ...)",
     .scope = SCOPE_LIST, .verb = -1},
    {.id = ACTION_REFRESH, .name = "refresh", .key = "F5", .brief = "refresh",
     .words = "Refresh: ask all engines again, also those that are offline", .scope = SCOPE_LIST, .verb = -1},

    {.id = ACTION_NEXT_TAB, .name = "next-tab", .key = "]", .brief = "next tab",
     .words = "Next tab", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_PREVIOUS_TAB, .name = "previous-tab", .key = "[", .brief = "previous tab",
     .words = "Previous tab", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_FOCUS, .name = "focus", .key = "Tab", .brief = "other pane",
     .words = "Other pane: from the list to the details, and back", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_OPEN, .name = "open", .key = "Enter", .brief = "open",
     .words = "Open: go to the details of what is selected", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_BACK, .name = "back", .key = "Esc", .brief = "back",
     .words = "Back: leave what is open", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_ZOOM, .name = "zoom", .key = "z", .brief = "zoom",
     .words = "Zoom: give the details the whole screen, or share it again", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_HELP, .name = "help", .key = "?", .brief = "help",
     .words = "Help: all keys", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_PALETTE, .name = "palette", .key = ":", .brief = "command",
     .words = "Command: find an action by its name", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_THEME, .name = "theme", .key = "T", .brief = "theme",
     .words = "Theme: the next one", .scope = SCOPE_GENERAL, .verb = -1},
    {.id = ACTION_QUIT, .name = "quit", .key = "q", .brief = "quit",
     .words = "Quit: containers go on without the interface", .scope = SCOPE_GENERAL, .verb = -1},
};
/* clang-format on */

_Static_assert(sizeof table / sizeof *table == ACTION_COUNT - 1, "every action has its row");

const struct action *action_table(size_t *n)
{
    *n = sizeof table / sizeof *table;
    return table;
}

const struct action *action_get(enum action_id id)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].id == id) {
            return &table[i];
        }
    }
    return NULL;
}

const struct action *action_by_name(const char *name)
{
    for (size_t i = 0; name && i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

const struct action *action_by_key(const char *key)
{
    for (size_t i = 0; key && i < sizeof table / sizeof *table; i++) {
        if (table[i].key && strcmp(table[i].key, key) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

/* What a person can do about it, or why there is nothing to do. */
static const char *way_out(const struct action *a, enum container_state state)
{
    if (state == CONTAINER_PAUSED) {
        return "resume it first";
    }
    if (state == CONTAINER_DEAD) {
        return "remove it again";
    }
    if (state == CONTAINER_REMOVING) {
        return "wait until it is gone";
    }
    if (a->states == RESTS) {
        return "it has been started already";
    }
    return a->bulk ? "it does not run" : "start it first";
}

static const char *state_refusal(const struct action *a, const struct container *c, char *out, size_t room)
{
    const char *name = c->name ? c->name : c->key ? c->key : "the container";
    if (c->state == CONTAINER_LOST) {
        snprintf(out, room, "%s: %s cannot be reached%s%s", a->name, name, c->note ? ": " : "",
                 c->note ? c->note : "");
    } else {
        snprintf(out, room, "%s: %s is %s; %s", a->name, name, state_word(c->state), way_out(a, c->state));
    }
    return out;
}

/* A keeper of what does not run yet is about to start it, which can be ended too. */
static bool may_be_starting(const struct container *c)
{
    bool rests = c->state == CONTAINER_CREATED || c->state == CONTAINER_EXITED;
    for (size_t i = 0; rests && i < c->n_workers; i++) {
        if (c->workers[i].role == WORKER_KEEPER) {
            return true;
        }
    }
    return false;
}

const char *action_refusal(const struct action *a, const struct container *c, char *out, size_t room)
{
    if (a->states == 0) {
        return NULL;
    }
    if (!c) {
        return "No container is selected: choose one in the list";
    }
    bool ends = a->verb == VERB_STOP || a->verb == VERB_KILL;
    if (!(a->states & 1u << c->state) && c->state != CONTAINER_UNKNOWN && !(ends && may_be_starting(c))) {
        return state_refusal(a, c, out, room);
    }
    int verb = a->verb == VERB_PAUSE && c->state == CONTAINER_PAUSED ? VERB_RESUME : a->verb;
    return verb >= 0 ? c->why_not[verb] : NULL;
}
