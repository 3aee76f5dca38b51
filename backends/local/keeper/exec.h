/* backends/local/keeper/exec.h - one more process in the container, for one client. */
#ifndef BACKENDS_LOCAL_KEEPER_EXEC_H
#define BACKENDS_LOCAL_KEEPER_EXEC_H

struct client;
struct exec;
struct keeper;
struct wire_frame;

void exec_begin(struct keeper *k, struct client *c, const struct wire_frame *frame);
void exec_signal(struct exec *x, int number);

/* Its client is gone: its terminal or pipes are closed, as when a line is hung up; it may go on without. */
void exec_abandon(struct exec *x);

#endif
