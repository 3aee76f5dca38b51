/* tests/backends/listener.h - a loop, a folder, and somebody who listens to one transport after the other. */
#ifndef TESTS_BACKENDS_LISTENER_H
#define TESTS_BACKENDS_LISTENER_H

#include <stdbool.h>
#include <uv.h>

#include "backends/docker/endpoint.h"
#include "backends/docker/transport.h"
#include "core/error.h"
#include "core/text.h"

enum { LISTENER_PATIENCE_MS = 60000 };

enum listener_moment { NEVER, AT_CONNECTED, AT_BYTES, AT_DRAINED };

struct listener {
    char folder[64]; /* its own, for everybody to look into */
    uv_loop_t loop;
    uv_timer_t limit;
    struct transport *transport; /* NULL: gone */
    enum listener_moment close_at;
    bool closed, failed, late;
    int connected, drained;
    struct text heard;
    struct error why; /* failed */
};

/* For cmocka: *state is a struct listener. */
int listener_make(void **state);
int listener_drop(void **state); /* closes what is open; the loop must come to its end */

void listener_open(struct listener *r, const struct endpoint *to); /* forgets what was heard before */

/* Opens, says something, and expects that this engine cannot be reached, of this kind and with these words.
 */
void listener_expect_failure(struct listener *r, const struct endpoint *to, enum error_kind kind,
                             const char *words);

const char *listener_path(const struct listener *r, const char *name, char room[128]); /* in its folder */

void listener_turn_for(struct listener *r, unsigned ms);
void listener_begin_waiting(struct listener *r, unsigned ms); /* late becomes true then */

/* Lets the loop turn until the condition holds; fails when it takes far too long. */
#define UNTIL(r, condition)                                                                                  \
    do {                                                                                                     \
        listener_begin_waiting(r, LISTENER_PATIENCE_MS);                                                     \
        while (!(condition)) {                                                                               \
            assert_false((r)->late);                                                                         \
            uv_run(&(r)->loop, UV_RUN_ONCE);                                                                 \
        }                                                                                                    \
        uv_timer_stop(&(r)->limit);                                                                          \
    } while (0)

/* Nothing of the environment of docker's own client is left, and its folder does not exist. */
void listener_clear_environment(void);

void listener_find(struct endpoint *to, const char *address); /* endpoint_find, which must succeed */

#endif
