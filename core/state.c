#include "core/state.h"

#include <stddef.h>

static const struct {
    const char *word;
    int rank;
    bool live, processes, runs, ended;
} table[CONTAINER_STATES] = {
    [CONTAINER_RUNNING] = {"running", 0, .live = true, .processes = true, .runs = true},
    [CONTAINER_STOPPING] = {"stopping", 1, .live = true, .processes = true, .runs = true},
    [CONTAINER_RESTARTING] = {"restarting", 2, .live = true, .ended = true},
    [CONTAINER_PAUSED] = {"paused", 3, .live = true, .processes = true},
    [CONTAINER_CREATED] = {"created", 4},
    [CONTAINER_UNKNOWN] = {"unknown", 5},
    [CONTAINER_EXITED] = {"exited", 6, .ended = true},
    [CONTAINER_REMOVING] = {"removing", 7, .ended = true},
    [CONTAINER_DEAD] = {"dead", 8, .ended = true},
    [CONTAINER_LOST] = {"lost", 9},
};

const char *state_word(enum container_state state)
{
    return table[state].word;
}

bool state_is_live(enum container_state state)
{
    return table[state].live;
}

bool state_has_processes(enum container_state state)
{
    return table[state].processes;
}

bool state_runs(enum container_state state)
{
    return table[state].runs;
}

bool state_has_ended(enum container_state state)
{
    return table[state].ended;
}

int state_rank(enum container_state state)
{
    return table[state].rank;
}
