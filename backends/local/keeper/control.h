/* backends/local/keeper/control.h - start, stop, restart, kill, pause, resume, rename, shutdown. */
#ifndef BACKENDS_LOCAL_KEEPER_CONTROL_H
#define BACKENDS_LOCAL_KEEPER_CONTROL_H

#include <cjson/cJSON.h>

struct client;
struct keeper;
struct wire_frame;

void control_frame(struct keeper *k, struct client *c, const struct wire_frame *frame);

/* The signal now (a paused container is resumed first), KILL after so many seconds. */
void control_stop(struct keeper *k, int signal, int seconds);

/* A number of rows or columns from a client's JSON; 0: none, or nonsense. */
int control_size(const cJSON *o, const char *name);

#endif
