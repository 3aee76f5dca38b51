/* core/actions.h - everything that a person can ask for: one table for keys, help, palette, command line and
 * dispatch. */
#ifndef CORE_ACTIONS_H
#define CORE_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/container.h"

enum action_id {
    ACTION_NONE,
    /* containers */
    ACTION_ATTACH,
    ACTION_EXEC,
    ACTION_LOGS,
    ACTION_INSPECT,
    ACTION_PROCESSES,
    ACTION_MAP,
    ACTION_STATS,
    ACTION_START,
    ACTION_STOP,
    ACTION_KILL,
    ACTION_RESTART, /* or start, when it does not run */
    ACTION_PAUSE,   /* pause, or resume when paused */
    ACTION_REMOVE,
    ACTION_RELAUNCH,
    ACTION_RENAME,
    ACTION_LAUNCH,
    ACTION_DEMO,
    ACTION_WHO,
    ACTION_IMPORT,
    /* list */
    ACTION_FILTER,
    ACTION_SORT,
    ACTION_REVERSE,
    ACTION_MARK,
    ACTION_MARK_ALL,
    ACTION_HIDE_STOPPED,
    ACTION_SHOW_APART,
    ACTION_REFRESH,
    /* moving about */
    ACTION_NEXT_TAB,
    ACTION_PREVIOUS_TAB,
    ACTION_FOCUS,
    ACTION_OPEN,
    ACTION_BACK,
    ACTION_ZOOM,
    ACTION_HELP,
    ACTION_PALETTE,
    ACTION_THEME,
    ACTION_QUIT,
    ACTION_COUNT
};

enum action_scope { SCOPE_CONTAINER, SCOPE_LIST, SCOPE_GENERAL };

struct action {
    enum action_id id;
    const char *name; /* as palette and settings spell it: "stop", "hide-stopped" */
    const char *key; /* its default key as key_label() spells it ("a", "Ctrl-K", "F10"); NULL: palette only */
    const char *words; /* what it does, for help: "Stop: signal, then kill after 10 s" */
    const char *brief; /* one or two words, for the bottom line */
    enum action_scope scope;
    int verb;        /* enum verb, or -1 */
    unsigned states; /* bits 1u << container_state in which it makes sense; 0: no container needed */
    bool bulk;       /* works on all marked containers */
    bool confirm;    /* destructive: ask first */
};

const struct action *action_table(size_t *n);       /* in the order of the help screen */
const struct action *action_get(enum action_id id); /* NULL for ACTION_NONE */
const struct action *action_by_name(const char *name);
const struct action *action_by_key(const char *key);

/* Why not, for this container (NULL: none is selected)? NULL when it can be done. The sentence is static, or
 * the record's, or written into out. */
const char *action_refusal(const struct action *a, const struct container *c, char *out, size_t room);

#endif
