/* core/session_parts.h - what session.c (the life of engines) and session_ask.c (questions to them) share. */
#ifndef CORE_SESSION_PARTS_H
#define CORE_SESSION_PARTS_H

#include <uv.h>

#include "core/session.h"

enum { ENGINES_MOST = 32 };

struct slot {
    struct session *session;
    int number;
    const struct backend_type *type;
    struct backend *backend; /* NULL: not open */
    struct engine engine;    /* its strings are owned */
    bool closing, must_close, must_list, hurry;
    unsigned pause; /* seconds until the next opening */
    uv_timer_t timer;
    container_id *sampled; /* what the engine was told to sample */
    size_t n_sampled;
    unsigned sampled_fields;
};

struct session {
    uv_loop_t *loop;
    struct model *model;
    struct session_hooks hooks;
    void *user;
    const struct runtimes *runtimes; /* NULL: nobody has said anything of them */
    bool list, closing, must_sample;
    struct slot *slots[ENGINES_MOST];
    int n_slots;
    unsigned online; /* bit n: slot n is online */
    uv_timer_t chores;
    int open_handles;
    void (*done)(void *user);
    void *done_user;
    container_id *wanted; /* to be sampled, sorted */
    size_t n_wanted;
    unsigned wanted_fields;
};

/* Tells each online engine what is wanted of it now, if that is not what it was told last. */
void session_sample_all(struct session *s);

#endif
