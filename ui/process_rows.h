/* ui/process_rows.h - a process table in the order in which it is shown: sorted, or as a tree. Pure. */
#ifndef UI_PROCESS_ROWS_H
#define UI_PROCESS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/process.h"
#include "ui/process_rates.h"

enum process_column {
    PROCESS_PID,
    PROCESS_HOST_PID,
    PROCESS_USER,
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_STARTED,
    PROCESS_COMMAND,
    PROCESS_COLUMNS
};

struct process_order {
    enum process_column by;
    bool descending;
    bool tree; /* children below their parents; the order is then that of siblings */
};

enum { PROCESS_DEPTH_SHOWN = 16, PROCESS_BRANCH = 3 * PROCESS_DEPTH_SHOWN * 4 + 8 };

struct process_row {
    const struct process *process;
    double cpu;       /* cores; NAN unknown */
    int depth;        /* in the tree */
    unsigned goes_on; /* bit d: at depth d (0 is the root's child) more siblings follow below */
};

/* Fills rows (t->count of them), which point into t. A table whose parents go in circles loses no row. */
void process_rows_make(struct process_row *rows, const struct process_table *t,
                       const struct process_rates *rates, struct process_order order);

/* The branches before a row's name: "│  └─ ". */
const char *process_branch(const struct process_row *row, char out[PROCESS_BRANCH]);

#endif
