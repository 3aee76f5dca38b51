/* ui/process_rates.h - CPU in use per process, from two readings of a process table. Pure.
 *
 * A process is the same in both when its pid and its start agree; one that was not there before has no rate
 * yet. */
#ifndef UI_PROCESS_RATES_H
#define UI_PROCESS_RATES_H

#include <stddef.h>
#include <stdint.h>

#include "core/process.h"

struct process_rates;

struct process_rates *process_rates_new(void);
void process_rates_free(struct process_rates *r); /* NULL is fine */
void process_rates_clear(struct process_rates *r);
void process_rates_take(struct process_rates *r, const struct process_table *t, uint64_t now_ns);

/* Cores in use over the last interval; NAN unknown. */
double process_rates_of(const struct process_rates *r, const struct process *p);

#endif
