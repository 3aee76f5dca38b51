/* ui/launch_modes.h - the isolation modes that the launch form offers on an engine, and what it says of them.
 */
#ifndef UI_LAUNCH_MODES_H
#define UI_LAUNCH_MODES_H

#include <stddef.h>

#include "core/session.h"
#include "core/text.h"
#include "core/verdict.h"

struct app;

enum { LAUNCH_MODES = 3 };

extern const enum isolation launch_modes[LAUNCH_MODES]; /* ISOLATION_UNKNOWN: the default */

/* The engine may be NULL: there is none. image_os: as struct image has it; NULL unknown. */

enum isolation launch_effective(struct app *a, const struct engine *e,
                                enum isolation mode); /* the default, resolved */

/* What a mode comes to. VERDICT_REFUSE: it cannot be chosen. */
enum verdict_kind launch_judge(struct app *a, const struct engine *e, const char *image_os,
                               enum isolation mode, struct verdict *out);

/* "default (process)", "vm" */
const char *launch_mode_word(struct app *a, const struct engine *e, enum isolation mode, char *out,
                             size_t room);

/* The next one in a direction that can be chosen. */
enum isolation launch_next_mode(struct app *a, const struct engine *e, const char *image_os,
                                enum isolation from, int by);

/* "vm works here; it costs ...", "process cannot work: ..." */
enum verdict_kind launch_sentence(struct app *a, const struct engine *e, const char *image_os,
                                  enum isolation mode, struct text *out);

#endif
