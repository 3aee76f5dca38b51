#include <stdlib.h>
#include <string.h>

#include "backends/local/ask.h"
#include "backends/local/engine.h"
#include "backends/members.h"

struct looking {
    struct job job;
    char id[STATE_ID];
    struct error why;
    struct process_table *table;
};

/* In a VM: what the guest says, with limits and cleaned. None of these is a process of the host, whatever its
 * number. */

enum { ROWS_AT_MOST = 65536, PATIENCE = 10000 /* ms */ };

struct telling { /* the row that is being read */
    struct process_table *table;
    struct process row;
    struct text name, command, user;
};

static void end_row(struct telling *t)
{
    if (t->row.pid > 0 && t->table->count < ROWS_AT_MOST) {
        t->row.name = t->name.len > 0 ? text_of(&t->name) : NULL;
        t->row.command = t->command.len > 0 ? text_of(&t->command) : NULL;
        t->row.user = t->user.len > 0 ? text_of(&t->user) : NULL;
        process_table_add(t->table, &t->row);
    }
    text_clear(&t->name);
    text_clear(&t->command);
    text_clear(&t->user);
    t->row = (struct process){0};
}

static void clean_into(struct text *t, const char *value)
{
    text_clear(t);
    text_add_clean(t, value, strnlen(value, PROCFS_COMMAND));
}

static void hear_rows(void *user, struct words pairs)
{
    struct telling *t = user;
    const char *v;
    for (const char *pair = words_next(&pairs); pair; pair = words_next(&pairs)) {
        if ((v = words_value(pair, "pid"))) {
            end_row(t);
            t->row.pid = (uint32_t)words_number(v);
        } else if ((v = words_value(pair, "parent"))) {
            t->row.parent = (uint32_t)words_number(v);
        } else if ((v = words_value(pair, "name"))) {
            clean_into(&t->name, v);
        } else if ((v = words_value(pair, "command"))) {
            clean_into(&t->command, v);
        } else if ((v = words_value(pair, "user"))) {
            clean_into(&t->user, v);
        } else if ((v = words_value(pair, "cpu"))) {
            t->row.cpu_100ns = words_number(v);
        } else if ((v = words_value(pair, "memory"))) {
            t->row.memory = words_number(v);
        } else if ((v = words_value(pair, "created"))) {
            t->row.created = (int64_t)(words_number(v) & INT64_MAX);
        }
    }
}

static int by_pid(const void *a, const void *b)
{
    uint32_t x = ((const struct process *)a)->pid, y = ((const struct process *)b)->pid;
    return x < y ? -1 : x > y;
}

static void ask_for_table(struct looking *k, const char *name)
{
    struct telling t = {.table = process_table_new()};
    if (ask_guest(k->job.task.local->paths, k->id, WIRE_PROCESSES, hear_rows, &t, PATIENCE, &k->why)) {
        end_row(&t);
        qsort(t.table->rows, t.table->count, sizeof *t.table->rows, by_pid);
        k->table = t.table;
    } else {
        error_wrap(&k->why, "cannot read the processes of %s", name);
        process_table_free(t.table);
    }
    text_done(&t.name);
    text_done(&t.command);
    text_done(&t.user);
}

static void look(struct looking *k, const struct state *s)
{
    const struct local *l = k->job.task.local;
    const struct members of = {
        .name = s->spec.name, .cgroup = s->cgroup, .pid = s->pid, .cgroups = l->cgroups, .clock = &l->clock};
    if (!state_has_processes(s->state)) {
        error_set(&k->why, ERROR_CONFLICT, 0, "%s does not run: it has no processes", s->spec.name);
    } else if (s->isolation == ISOLATION_VM) {
        ask_for_table(k, s->spec.name);
    } else {
        k->table = members_read(&of, &k->why);
    }
}

static void run_looking(struct job *j)
{
    struct looking *k = (struct looking *)j;
    struct state state;
    state_init(&state);
    if (local_read_state(j->task.local, k->id, &state, &k->why)) {
        look(k, &state);
    }
    state_done(&state);
}

static void looked(struct job *j)
{
    struct looking *k = (struct looking *)j;
    struct answer answer = {.why = k->why, .processes = k->table};
    task_finish(&j->task, &answer);
    process_table_free(answer.processes);
    job_end(j);
}

void local_processes(struct backend *b, struct op *op, const char *key)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op) || !local_key_ok(key, op)) {
        return;
    }
    struct looking *k = mem_new(1, sizeof *k);
    memcpy(k->id, key, STATE_ID);
    job_start(&k->job, l, op, run_looking, looked);
}
