/* backends/local/keeper/output.h - a process's terminal or pipes, and the clients that take part in it.
 *
 * Each client gets all that is printed; whoever may type does. While one of them has more than OUTPUT_WAITING
 * bytes queued, nothing is read from the process: it waits, as it would for a slow terminal. The server
 * throws out clients that take nothing at all. A client whose typing the process does not read is not read
 * either. The size of the terminal is that of the client who last resized or typed.
 */
#ifndef BACKENDS_LOCAL_KEEPER_OUTPUT_H
#define BACKENDS_LOCAL_KEEPER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "backends/local/keeper/client.h"

enum { OUTPUT_WAITING = 256 * 1024, OUTPUT_TYPED = 64 * 1024 };

struct output;

struct output_hooks {
    void (*printed)(void *user, int stream, const char *data, size_t len); /* may be NULL */
    /* After output_finish: everything has been read and handed on. */
    void (*ended)(void *user);
    /* The terminal is to have this size. May be NULL. */
    void (*resized)(void *user, int rows, int cols);
};

struct output *output_new(uv_loop_t *loop, bool replay, const struct output_hooks *hooks, void *user);

/* Lets go of clients and descriptors; frees itself once the loop has let go. */
void output_close(struct output *o);

/* Our ends, which become the output's; -1: none. terminal: fds[0] is the master and the only one. */
void output_open(struct output *o, const int fds[3], bool terminal);

/* Says WIRE_OPENED first; with replay, then what was printed before and where it ends. */
void output_join(struct output *o, struct client *c, bool replay);
void output_leave(struct output *o, struct client *c);
void output_hand_over(struct output *from,
                      struct output *to); /* all clients, and the size; before output_open */
size_t output_clients(const struct output *o);

void output_type(struct output *o, struct client *c, const void *data, size_t len);
void output_end_input(struct output *o);
void output_resize(struct output *o, struct client *c, int rows, int cols);
void output_size(struct output *o, int rows, int cols); /* before the first client says one */
void output_get_size(const struct output *o, int *rows, int *cols);
void output_relieve(struct output *o); /* a client has taken something, or left */

void output_finish(struct output *o);             /* the process has ended */
void output_say_exit(struct output *o, int code); /* WIRE_EXIT to all, who are then let go */
void output_say_error(struct output *o, const struct error *why);

#endif
