/* tests/backends/ear.h - a loop, a folder, and somebody who listens to one transport after the other. */
#ifndef TESTS_BACKENDS_EAR_H
#define TESTS_BACKENDS_EAR_H

#include <stdbool.h>
#include <uv.h>

#include "backends/docker/endpoint.h"
#include "backends/docker/transport.h"
#include "core/error.h"
#include "core/text.h"

enum { EAR_PATIENCE_MS = 60000 };

enum ear_moment { NEVER, AT_CONNECTED, AT_BYTES, AT_DRAINED };

struct ear {
    char folder[64]; /* its own, for everybody to look into */
    uv_loop_t loop;
    uv_timer_t limit;
    struct transport *transport; /* NULL: gone */
    enum ear_moment close_at;
    bool closed, failed, late;
    int connected, drained;
    struct text heard;
    struct error why; /* failed */
};

/* For cmocka: *state is a struct ear. */
int ear_make(void **state);
int ear_drop(void **state); /* closes what is open; the loop must come to its end */

void ear_open(struct ear *r, const struct endpoint *to); /* forgets what was heard before */

/* Opens, says something, and expects that this engine cannot be reached, of this kind and with these words.
 */
void ear_expect_failure(struct ear *r, const struct endpoint *to, enum error_kind kind, const char *words);

const char *ear_path(const struct ear *r, const char *name, char room[128]); /* in its folder */

void ear_turn_for(struct ear *r, unsigned ms);
void ear_begin_waiting(struct ear *r, unsigned ms); /* late becomes true then */

/* Lets the loop turn until the condition holds; fails when it takes far too long. */
#define UNTIL(r, condition)                                                                                  \
    do {                                                                                                     \
        ear_begin_waiting(r, EAR_PATIENCE_MS);                                                               \
        while (!(condition)) {                                                                               \
            assert_false((r)->late);                                                                         \
            uv_run(&(r)->loop, UV_RUN_ONCE);                                                                 \
        }                                                                                                    \
        uv_timer_stop(&(r)->limit);                                                                          \
    } while (0)

/* Nothing of the environment of docker's own client is left, and its folder does not exist. */
void ear_clear_environment(void);

void ear_find(struct endpoint *to, const char *address); /* endpoint_find, which must succeed */

#endif
