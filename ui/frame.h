/* ui/frame.h - when to draw: only when something asked for it, at most 60 times a second, later while the
 * terminal has not taken the last output. A key's own frame comes at once, in the same turn of the loop. */
#ifndef UI_FRAME_H
#define UI_FRAME_H

struct uv_loop_s;
struct frame;

/* backlog (may be NULL) tells how many bytes the terminal has still to take. */
struct frame *frame_new(struct uv_loop_s *loop, void (*draw)(void *user), int (*backlog)(void *user),
                        void *user);
void frame_free(struct frame *f);
void frame_ask(struct frame *f); /* draw soon */
void frame_now(struct frame *f); /* draw at the end of this turn: somebody typed */

#endif
