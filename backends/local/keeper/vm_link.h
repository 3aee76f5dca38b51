/* backends/local/keeper/vm_link.h - the conversations with the guest agent, over one connection
 * (shared/wire.h).
 *
 * Each process of the container gets pipes, or a socket for its terminal, as if it ran here: what is read of
 * ours goes to the guest, what comes from there is written into them, so that whoever holds the other ends
 * need not know of VMs. The guest is hostile: what breaks the rules ends the connection, and with it the VM.
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_LINK_H
#define BACKENDS_LOCAL_KEEPER_VM_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "backends/local/keeper/wall.h"
#include "backends/local/shared/wire.h"
#include "core/text.h"

struct link;

struct link_events {
    void (*hello)(void *user);                           /* the guest has booted */
    void (*set_up)(void *user, const struct error *why); /* why NULL: as WIRE_SETUP wanted it */
    void (*broken)(void *user, const char *why);         /* nothing more will come */
};

struct link *link_new(uv_loop_t *loop, int fd, const struct link_events *events, void *user); /* takes fd */

/* All processes have ended (with 137), all questions failed; the callbacks are called from inside. */
void link_break(struct link *l, const struct error *why);
void link_close(struct link *l); /* nothing is told any more; frees itself once the loop has let go */

void link_setup(struct link *l, const struct text *pairs);
void link_clock(struct link *l);

struct link_run {
    const struct text *pairs; /* WIRE_RUN */
    bool terminal, input;
};
/* done gets the number of the channel. False and e: neither hook is called. */
bool link_run(struct link *l, const struct link_run *run, const struct wall_hooks *hooks, void *user,
              struct error *e);
void link_watch(struct link *l, int channel, child_cb cb, void *user);
void link_signal(struct link *l, int channel, int number);
void link_resize(struct link *l, int channel, int rows, int cols);

/* Answers of WIRE_PROCESSES or WIRE_STATISTICS: rows any number of times, then over, once. */
struct link_answer {
    void (*rows)(void *user, const void *pairs, size_t len);
    void (*over)(void *user, const struct error *why);
};
void link_ask(struct link *l, enum wire_type what, const struct link_answer *answer, void *user);

#endif
