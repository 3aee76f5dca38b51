#include "ui/process_rates.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

enum { SAME_START_MS = 1000 }; /* systems compute a start from clocks that are adjusted */

struct reading {
    uint32_t pid;
    int64_t created;
    uint64_t cpu_100ns;
    double rate;
};

struct process_rates {
    struct reading *readings; /* sorted by pid, then start */
    size_t count;
    uint64_t taken_ns;
};

struct process_rates *process_rates_new(void)
{
    return mem_new(1, sizeof(struct process_rates));
}

void process_rates_clear(struct process_rates *r)
{
    free(r->readings);
    *r = (struct process_rates){0};
}

void process_rates_free(struct process_rates *r)
{
    if (r != NULL) {
        process_rates_clear(r);
        free(r);
    }
}

static int compare(const void *left, const void *right)
{
    const struct reading *a = left, *b = right;
    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    return (a->created > b->created) - (a->created < b->created);
}

static const struct reading *find(const struct process_rates *r, uint32_t pid, int64_t created)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->readings[middle].pid < pid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < r->count && r->readings[low].pid == pid; low++) {
        int64_t apart = r->readings[low].created - created;
        if (apart >= -SAME_START_MS && apart <= SAME_START_MS) {
            return &r->readings[low];
        }
    }
    return NULL;
}

static double rate_since(const struct reading *before, uint64_t cpu_100ns, uint64_t interval_ns)
{
    if (before == NULL || cpu_100ns < before->cpu_100ns || interval_ns == 0) {
        return NAN;
    }
    return (double)(cpu_100ns - before->cpu_100ns) * 100.0 / (double)interval_ns;
}

void process_rates_take(struct process_rates *r, const struct process_table *t, uint64_t now_ns)
{
    struct process_rates next = {mem_new(t->count, sizeof(struct reading)), t->count, now_ns};
    uint64_t interval = now_ns > r->taken_ns ? now_ns - r->taken_ns : 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct process *p = &t->rows[i];
        double rate = rate_since(find(r, p->pid, p->created), p->cpu_100ns, interval);
        next.readings[i] = (struct reading){p->pid, p->created, p->cpu_100ns, rate};
    }
    if (next.count > 0) {
        qsort(next.readings, next.count, sizeof *next.readings, compare);
    }
    free(r->readings);
    *r = next;
}

double process_rates_of(const struct process_rates *r, const struct process *p)
{
    const struct reading *reading = find(r, p->pid, p->created);
    return reading == NULL ? NAN : reading->rate;
}
