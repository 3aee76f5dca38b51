/* backends/local/keeper/wall.h - what differs between the two kinds of isolation.
 *
 * A process of the container is known by a number that only its wall understands: its host pid where the
 * kernel is shared, its channel to the guest agent in a VM.
 */
#ifndef BACKENDS_LOCAL_KEEPER_WALL_H
#define BACKENDS_LOCAL_KEEPER_WALL_H

#include <stdbool.h>

#include "backends/local/keeper/children.h"
#include "backends/local/shared/bundle.h"
#include "backends/local/shared/wire.h"
#include "core/error.h"

struct client;
struct keeper;

struct wall_hooks {
    /* It runs. fds: our ends of its terminal or pipes, as output_open takes them, now the listener's. */
    void (*done)(void *user, int process, const int fds[3]);
    void (*failed)(void *user, const struct error *why);
};

struct wall {
    /* What it takes to run anything is looked for. May wait a little: nobody is served yet. */
    bool (*equip)(struct keeper *k, struct error *e);
    /* The first process, of the keeper's state; exec: one more. One of the hooks is called later; false and
     * e: neither is. */
    bool (*start)(struct keeper *k, const struct wall_hooks *hooks,
                  struct error *e); /* with the keeper as user */
    bool (*exec)(struct keeper *k, const struct bundle_process *process, bool input,
                 const struct wall_hooks *hooks, void *user, struct error *e);
    /* It is not to be started after all: ends all that is at work on it, soon after which the hook "failed"
     * is called, maybe from inside. */
    void (*abort)(struct keeper *k, const struct error *why);
    /* The first one runs: what tells who it is goes into the state. */
    void (*note)(struct keeper *k, int process);
    void (*watch)(struct keeper *k, int process, child_cb cb, void *user); /* to be told of its end */
    void (*signal)(struct keeper *k, int process, int number);
    void (*resize)(struct keeper *k, int process, int rows, int cols); /* NULL: the output can do it */
    bool (*freeze)(struct keeper *k, bool pause, const struct wall_hooks *hooks, void *user, struct error *e);
    /* WIRE_PROCESSES, WIRE_STATISTICS of a client. NULL: whoever wants to know sees it on the host. */
    void (*report)(struct keeper *k, struct client *c, enum wire_type what);
    /* The container is over: what stood for it goes, and is waited for. */
    void (*end)(struct keeper *k);
    void (*close)(struct keeper *k); /* the loop is about to end: handles go */
};

/* wall_network.c, for both: makes the network "nat", then goes on; a failure is told to k->starting. False
 * and e: it could not even begin. */
bool wall_network(struct keeper *k, bool (*then)(struct keeper *k, struct error *e), struct error *e);
void wall_network_close(struct keeper *k);

extern const struct wall wall_process, wall_vm;

#endif
