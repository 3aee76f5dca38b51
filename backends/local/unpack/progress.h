/* backends/local/unpack/progress.h - how far an import is, told on standard output, and whether it is still
 * wanted.
 *
 * "progress DONE TOTAL words": bytes of the input taken so far in this step, and of the whole step (0: not
 * known). An import is unwanted after SIGTERM, SIGINT or SIGHUP, and when nobody reads the output any more.
 */
#ifndef BACKENDS_LOCAL_UNPACK_PROGRESS_H
#define BACKENDS_LOCAL_UNPACK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/error.h"

struct progress {
    int out;     /* -1: tell nobody */
    int signals; /* a signalfd; -1 none */
    uint64_t done, total;
    uint64_t consumed; /* bytes of input in all steps */
    char words[80];
    int64_t checked; /* ms, monotonic */
    bool cancelled;
};

/* Blocks the signals and takes them from a descriptor instead. */
void progress_init(struct progress *p, int out);
void progress_done(struct progress *p);

void progress_step(struct progress *p, uint64_t total, const char *fmt, ...) ERROR_PRINTF(3, 4);
void progress_add(struct progress *p, uint64_t bytes);

/* False and e (ERROR_CANCELLED) when the import is not wanted any more. Cheap: looks a few times a second. */
bool progress_check(struct progress *p, struct error *e);

#endif
