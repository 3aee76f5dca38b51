/* tests/backends/keeperside.h - what a test needs to stand where the engine stands: containers, keepers,
 * clients. */
#ifndef TESTS_BACKENDS_KEEPERSIDE_H
#define TESTS_BACKENDS_KEEPERSIDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/json.h"
#include "backends/local/shared/runtime.h"
#include "backends/local/shared/state.h"
#include "backends/local/shared/wire.h"
#include "core/text.h"

struct side { /* a place for state, and how far this machine can go */
    char folder[128];
    struct paths *paths;
    bool usable; /* containers run here */
};

struct box { /* a container and its keeper */
    struct side *side;
    char id[STATE_ID];
    pid_t keeper;
    cJSON *answer;
};

struct guest { /* a client of a keeper */
    int fd;
    struct wire *wire;
    struct text out, err;
    bool opened, done, ended;
    int code;           /* of WIRE_EXIT; -1 none */
    struct error error; /* of WIRE_ERROR */
};

/* A side in a folder of its own, below `base` (NULL: /tmp). */
struct side *side_new(const char *base);
void side_free(struct side *s);

/* For tests whose state is a side: the side, or the test is skipped where nothing can be launched; the end.
 */
struct side *side_usable(void **state);
int side_teardown(void **state);

/* argv "sh -c SCRIPT"; a spec with name, image busybox and these. */
void box_make(struct side *s, struct box *b, const struct launch_spec *wish, const char *const *argv);
void box_script(struct side *s, struct box *b, const struct launch_spec *wish, const char *script);
void box_spawn(struct box *b, const char *option); /* option NULL none; waits for the answer */
bool box_ok(const struct box *b);
int box_error(const struct box *b); /* the kind; 0 none */
void box_state(const struct box *b, struct state *out);
int box_wait(struct box *b);                 /* the keeper's exit code */
void box_free(struct box *b);                /* kills what lives, cleans */
bool box_left_anything(const struct box *b); /* a mount, cgroup, socket, runtime folder */

struct guest *guest_new(const struct box *b, enum wire_type type, const char *request);
void guest_free(struct guest *g);
void guest_send(struct guest *g, enum wire_type type, const void *data, size_t len);
void guest_type(struct guest *g, const char *text);
void guest_resize(struct guest *g, int rows, int cols);

/* Reads until the conversation is over, or `until` (may be NULL) was printed; false after 20 s. */
bool guest_read(struct guest *g, const char *until);
bool guest_opened(struct guest *g); /* reads until WIRE_OPENED */

/* One control conversation; ERROR_NONE when it was done. */
enum error_kind box_control(const struct box *b, const char *request);

/* One exec without input: its code, and what it printed into *out (may be NULL). */
int box_exec(const struct box *b, const char *script, struct text *out);

long now_ms(void);
void moment(void);

#endif
