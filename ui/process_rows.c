/* The tree is made from the sorted rows: each row is hung under its parent, in order, then the tree is walked
 * from its roots. What no root reaches (parents that go in circles) is walked from its first row, as a root
 * of its own. The walk keeps its place in the nodes, so that no depth can exhaust the stack. */
#include "ui/process_rows.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

typedef int comparison(const void *, const void *);

static int by_number(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_pid(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    return by_number(left->process->pid, right->process->pid);
}

static int then_pid(int order, const void *a, const void *b)
{
    return order != 0 ? order : by_pid(a, b);
}

static int by_host_pid(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    return then_pid(by_number(left->process->host_pid, right->process->host_pid), a, b);
}

static int by_word(const char *a, const char *b)
{
    return text_compare(a != NULL ? a : "", b != NULL ? b : "");
}

static int by_user(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    return then_pid(by_word(left->process->user, right->process->user), a, b);
}

static int by_cpu(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    double l = isnan(left->cpu) ? -1 : left->cpu, r = isnan(right->cpu) ? -1 : right->cpu;
    return then_pid((l > r) - (l < r), a, b);
}

static int by_memory(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    return then_pid(by_number(left->process->memory, right->process->memory), a, b);
}

static int by_start(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    int64_t l = left->process->created, r = right->process->created;
    return then_pid((l > r) - (l < r), a, b);
}

static int by_command(const void *a, const void *b)
{
    const struct process_row *left = a, *right = b;
    return then_pid(by_word(left->process->name, right->process->name), a, b);
}

static comparison *const COMPARISONS[PROCESS_COLUMNS] = {
    [PROCESS_PID] = by_pid,         [PROCESS_HOST_PID] = by_host_pid, [PROCESS_USER] = by_user,
    [PROCESS_CPU] = by_cpu,         [PROCESS_MEMORY] = by_memory,     [PROCESS_STARTED] = by_start,
    [PROCESS_COMMAND] = by_command,
};

static void reverse(struct process_row *rows, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct process_row kept = rows[i];
        rows[i] = rows[n - 1 - i];
        rows[n - 1 - i] = kept;
    }
}

struct node {
    size_t parent, child, sibling; /* numbers of sorted rows; NOBODY: none */
    bool walked;
};

static const size_t NOBODY = SIZE_MAX;

struct by_pid_entry {
    uint32_t pid;
    size_t row;
};

static int compare_entries(const void *a, const void *b)
{
    const struct by_pid_entry *left = a, *right = b;
    return by_number(left->pid, right->pid);
}

static void find_parents(struct node *nodes, const struct process_row *rows, size_t n)
{
    struct by_pid_entry *index = mem_new(n, sizeof *index);
    for (size_t i = 0; i < n; i++) {
        index[i] = (struct by_pid_entry){rows[i].process->pid, i};
    }
    qsort(index, n, sizeof *index, compare_entries);
    for (size_t i = 0; i < n; i++) {
        struct by_pid_entry wanted = {rows[i].process->parent, 0};
        const struct by_pid_entry *parent = bsearch(&wanted, index, n, sizeof *index, compare_entries);
        bool known = parent != NULL && wanted.pid != 0 && parent->row != i;
        nodes[i] = (struct node){known ? parent->row : NOBODY, NOBODY, NOBODY, false};
    }
    free(index);
}

/* From last to first, so that each child goes in front of its siblings. */
static void hang_children(struct node *nodes, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        size_t parent = nodes[i].parent;
        if (parent != NOBODY) {
            nodes[i].sibling = nodes[parent].child;
            nodes[parent].child = i;
        }
    }
}

static size_t first_unwalked(const struct node *nodes, size_t at)
{
    while (at != NOBODY && nodes[at].walked) {
        at = nodes[at].sibling;
    }
    return at;
}

/* The next node after `at` in the walk from root; depth follows. */
static size_t next_node(const struct node *nodes, size_t at, size_t root, int *depth)
{
    size_t next = first_unwalked(nodes, nodes[at].child);
    if (next != NOBODY) {
        ++*depth;
        return next;
    }
    for (; at != root; at = nodes[at].parent, --*depth) {
        next = first_unwalked(nodes, nodes[at].sibling);
        if (next != NOBODY) {
            return next;
        }
    }
    return NOBODY;
}

static unsigned with_bit(unsigned bits, int bit, bool on)
{
    if (bit < 0 || bit >= PROCESS_DEPTH_SHOWN) {
        return bits;
    }
    bits &= (1u << bit) - 1;
    return on ? bits | 1u << bit : bits;
}

static size_t walk(struct node *nodes, size_t root, const struct process_row *sorted, struct process_row *out)
{
    int depth = 0;
    unsigned goes_on = 0;
    size_t n = 0;
    for (size_t at = root; at != NOBODY; at = next_node(nodes, at, root, &depth)) {
        nodes[at].walked = true;
        goes_on = with_bit(goes_on, depth - 1, first_unwalked(nodes, nodes[at].sibling) != NOBODY);
        out[n] = sorted[at];
        out[n].depth = depth;
        out[n++].goes_on = goes_on;
    }
    return n;
}

static void make_tree(struct process_row *rows, size_t n)
{
    struct node *nodes = mem_new(n, sizeof *nodes);
    struct process_row *sorted = mem_new(n, sizeof *sorted);
    memcpy(sorted, rows, n * sizeof *rows);
    find_parents(nodes, sorted, n);
    hang_children(nodes, n);
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        if (nodes[i].parent == NOBODY) {
            done += walk(nodes, i, sorted, rows + done);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!nodes[i].walked) {
            done += walk(nodes, i, sorted, rows + done);
        }
    }
    free(nodes);
    free(sorted);
}

void process_rows_make(struct process_row *rows, const struct process_table *t,
                       const struct process_rates *rates, struct process_order order)
{
    if (t->count == 0) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        rows[i] = (struct process_row){&t->rows[i], process_rates_of(rates, &t->rows[i]), 0, 0};
    }
    qsort(rows, t->count, sizeof *rows, COMPARISONS[order.by]);
    if (order.descending) {
        reverse(rows, t->count);
    }
    if (order.tree) {
        make_tree(rows, t->count);
    }
}

const char *process_branch(const struct process_row *row, char out[PROCESS_BRANCH])
{
    out[0] = '\0';
    int shown = row->depth < PROCESS_DEPTH_SHOWN ? row->depth : PROCESS_DEPTH_SHOWN;
    for (int d = 0; d < shown; d++) {
        bool on = row->goes_on & 1u << d;
        if (d < shown - 1) {
            strcat(out, on ? "│  " : "   ");
        } else {
            strcat(out, on ? "├─ " : "└─ ");
        }
    }
    return out;
}
