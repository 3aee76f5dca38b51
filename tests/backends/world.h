/* tests/backends/world.h - an open engine with everything that it said, and the means to wait for what it
 * will say. */
#ifndef TESTS_BACKENDS_WORLD_H
#define TESTS_BACKENDS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <uv.h>

#include "core/model.h"
#include "core/text.h"
#include "tests/backends/conformance.h"

struct world {
    const struct conformance *subject;
    uv_loop_t loop;
    uv_timer_t alarm;
    uv_prepare_t look;
    bool (*done)(const void *data); /* what is waited for */
    const void *done_data;
    bool late;
    struct backend *engine;
    struct model *model; /* fed by the engine, source 0 */
    bool online, closed;
    int lists, said_inside; /* said_inside: it spoke from inside a call */
    bool inside;
    struct error offline;
    int names;             /* given so far */
    struct reply *replies; /* all; a failed test leaves them behind */
    struct ear *ears;
};

struct reply { /* to an op; the world's */
    struct reply *next;
    int times;
    struct error why;
    char *text, *remark;
    struct process_table *processes;
    struct image_list *images;
};

struct ear { /* of a console; the world's */
    struct ear *next;
    struct world *world;
    struct console *console; /* NULL: closed */
    int opened, live, drained, closed, code;
    bool failed;
    struct error why;
    struct text out, err;
    size_t replayed; /* bytes before live() */
    int64_t first_when, last_when;
};

struct world *world_new(const struct conformance *subject); /* online, and listed */
void world_free(struct world *w);                           /* removes all that was launched here */
void world_open(struct world *w);
void world_close(struct world *w);

/* Runs the loop until done(data) or the patience of the suite is at its end; false then. */
bool world_wait(struct world *w, bool (*done)(const void *data), const void *data);
void world_pause(struct world *w, unsigned ms); /* runs the loop so long */

/* Asking: begin hands out an op, wait fails the test when no answer comes. */
struct op *reply_begin(struct world *w, struct reply **r);
void reply_wait(struct world *w, struct reply *r);
void reply_expect(struct world *w, struct reply *r, enum error_kind kind);

void act(struct world *w, const char *key, enum verb verb, enum error_kind kind);
/* With these options, and well; the remark is the world's, NULL none. */
const char *act_for_remark(struct world *w, const char *key, enum verb verb,
                           const struct act_options *options);
void act_already(struct world *w, const char *key, enum verb verb); /* it is as is wanted before */
void act_with(struct world *w, const char *key, enum verb verb, const struct act_options *options,
              enum error_kind kind);

/* Launching. line is split as launch_split does; the key is the caller's. */
struct launch_spec spec_of(struct world *w, const char *line);
char *launch(struct world *w, const char *line);
char *launch_spec(struct world *w, struct launch_spec *spec); /* done with spec */
const struct container *wait_state(struct world *w, const char *key, enum container_state state);
void wait_gone(struct world *w, const char *key);

/* Consoles. */
struct ear *ear_open(struct world *w, const char *key, const struct console_spec *spec);
struct ear *exec(struct world *w, const char *key, const char *line, bool terminal, bool input);
void hear(struct ear *ear, const char *words);                  /* until they came on CONSOLE_OUT */
void hear_end(struct ear *ear, enum error_kind kind, int code); /* -1: any code */
void say(struct ear *ear, const char *words);
void leave(struct ear *ear); /* detaches */

#endif
