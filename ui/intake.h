/* ui/intake.h - how many bytes of streams are taken in per turn of the loop, so that keys are answered in
 * between. */
#ifndef UI_INTAKE_H
#define UI_INTAKE_H

#include <stddef.h>

#include "core/console.h"

struct intake;
struct uv_loop_s;

struct intake *intake_new(struct uv_loop_s *loop, size_t bytes_per_turn);
void intake_free(struct intake *i); /* consoles that it holds go on */

/* So many bytes came from c: when that is enough for this turn, c is held until the turn has ended. */
void intake_took(struct intake *i, struct console *c, size_t bytes);
void intake_forget(struct intake *i, const struct console *c); /* c is gone */

#endif
