/* backends/local/keeper/vm_channel.h - one conversation with the guest agent: about a process, or a question.
 */
#ifndef BACKENDS_LOCAL_KEEPER_VM_CHANNEL_H
#define BACKENDS_LOCAL_KEEPER_VM_CHANNEL_H

#include "backends/local/keeper/vm_link.h"

struct channel;

/* Pipes are made at once, so that what is typed early waits there. NULL and e. */
struct channel *channel_process(struct link *l, uv_loop_t *loop, uint16_t number, bool terminal, bool input,
                                const struct wall_hooks *hooks, void *user, struct error *e);
struct channel *channel_question(struct link *l, uint16_t number, const struct link_answer *answer,
                                 void *user);

unsigned channel_number(const struct channel *c);
struct channel *channel_next(const struct channel *c);
struct channel **channel_next_at(struct channel *c);

bool channel_ends(
    enum wire_type type); /* is a frame of this type a channel's last? It must not be found any more. */

/* A frame of it; after its last it frees itself. False: it breaks the rules. */
bool channel_take(struct channel *c, const struct wire_frame *frame);
void channel_watch(struct channel *c, child_cb cb, void *user);
void channel_break(struct channel *c, const struct error *why); /* it is over, and its owner hears so */
void channel_drop(struct channel *c);                           /* it is over, silently */

/* vm_link.c, for channels */
void link_send(struct link *l, enum wire_type type, uint16_t channel, const void *payload, size_t len);

#endif
