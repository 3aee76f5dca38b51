/* tests/backends/desk.h - a session with one engine of docker's, in a loop of the test's own. */
#ifndef TESTS_BACKENDS_DESK_H
#define TESTS_BACKENDS_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include "core/image.h"
#include "core/session.h"

enum { DESK_PATIENCE_MS = 60000 };

struct desk {
    uv_loop_t loop;
    uv_timer_t alarm;
    struct model *model;
    struct session *session; /* its engine is number 0 */
    bool late, closed;
    char folder[64], address[96]; /* by desk_place; "": none */
};

struct desk *desk_new(void);                         /* without a session */
void desk_free(struct desk *k);                      /* the loop must come to its end */
void desk_open(struct desk *k, const char *address); /* a session */
void desk_close(struct desk *k);

/* Makes a folder, and in address the address of a socket in it, for a daemon of the test's own; desk_free
 * removes both. */
void desk_place(struct desk *k);

const struct engine *desk_engine(const struct desk *k);
const struct container *desk_listed(struct desk *k,
                                    const char *key); /* waits for the list; it must have the key */
const struct container *desk_named(const struct desk *k, const char *name); /* NULL: there is none */
void desk_turn_for(struct desk *k, unsigned ms);

void desk_begin_waiting(struct desk *k, unsigned ms);

/* Lets the loop turn until the condition holds; fails when it takes far too long. */
#define DESK_UNTIL(k, condition)                                                                             \
    do {                                                                                                     \
        desk_begin_waiting(k, DESK_PATIENCE_MS);                                                             \
        while (!(condition) && !(k)->late) {                                                                 \
            uv_run(&(k)->loop, UV_RUN_ONCE);                                                                 \
        }                                                                                                    \
        uv_timer_stop(&(k)->alarm);                                                                          \
        assert_true(condition);                                                                              \
    } while (0)

struct desk_answer { /* to an op */
    bool done;
    struct error why;
    char *text, *remark;
    struct process_table *table;
    struct image_list *images;
};

void desk_answered(void *user, struct answer *answer); /* an op_cb; user: struct desk_answer */
void desk_answer_done(struct desk_answer *a);

#endif
