/* core/refused.h - a console that could not be opened: all it ever says is why, from the loop. */
#ifndef CORE_REFUSED_H
#define CORE_REFUSED_H

#include "core/console.h"

struct uv_loop_s;

struct console *console_refused(struct uv_loop_s *loop, const struct console_sink *sink, void *user,
                                const struct error *why);

#endif
