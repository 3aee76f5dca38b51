#include "backends/host/reader.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/op.h"

struct host_reading {
    struct op *op; /* NULL: nobody waits any more */
    struct host_table *table;
    struct namespace_table *namespaces; /* to be filled; NULL: the table of processes is asked for */
    struct namespace_target *targets;   /* of each of its rows; their keys are the rows' */
    struct error why;
    struct host_reading *next;
};

static void start_next(struct host_reader *h);

static void reading_free(struct host_reading *r)
{
    host_table_free(r->table);
    namespace_table_free(r->namespaces);
    free(r->targets);
    free(r);
}

static void answer(struct host_reading *r)
{
    if (r->op && r->why.kind == ERROR_NONE) {
        struct answer a = {.host = r->table, .namespaces = r->namespaces};
        op_finish(r->op, &a);
        r->table = NULL;
        r->namespaces = NULL;
    } else if (r->op) {
        op_fail(r->op, &r->why);
    }
    reading_free(r);
}

static void read_one(uv_work_t *work)
{
    struct host_reader *h = work->data;
    struct host_reading *r = h->first;
    if (r->namespaces) {
        h->type->look(h, r->namespaces, r->targets);
    } else {
        r->table = h->type->read(h, &r->why);
    }
}

static void has_read(uv_work_t *work, int status)
{
    (void)status;
    struct host_reader *h = work->data;
    struct host_reading *r = h->first;
    h->first = r->next;
    h->busy = false;
    answer(r);
    if (h->closed) {
        h->type->free(h);
        return;
    }
    start_next(h);
}

static void start_next(struct host_reader *h)
{
    while (!h->busy && h->first) {
        h->work.data = h;
        int failed = uv_queue_work(h->loop, &h->work, read_one, has_read);
        if (failed == 0) {
            h->busy = true;
            return;
        }
        struct host_reading *r = h->first;
        h->first = r->next;
        error_set(&r->why, ERROR_OTHER, failed, "Cannot read the host's processes: %s", uv_strerror(failed));
        answer(r);
    }
}

static void add_reading(struct host_reader *h, struct host_reading *r)
{
    struct host_reading **last = &h->first;
    while (*last) {
        last = &(*last)->next;
    }
    *last = r;
    start_next(h);
}

static void host_read(struct host_source *self, struct op *op)
{
    struct host_reading *r = mem_new(1, sizeof *r);
    r->op = op;
    add_reading((struct host_reader *)self, r);
}

static void host_look(struct host_source *self, struct op *op, const struct namespace_target *targets,
                      size_t n)
{
    struct host_reading *r = mem_new(1, sizeof *r);
    r->op = op;
    r->namespaces = namespace_table_new(n);
    r->targets = mem_new(n, sizeof *r->targets);
    for (size_t i = 0; i < n; i++) {
        r->namespaces->rows[i].key = mem_string(targets[i].key);
        r->namespaces->rows[i].pid = targets[i].pid;
        r->targets[i] = targets[i];
        r->targets[i].key = r->namespaces->rows[i].key;
    }
    add_reading((struct host_reader *)self, r);
}

struct host_source *host_reader_begin(struct host_reader *h, const struct host_reader_type *type,
                                      struct uv_loop_s *loop, const char *system, const char *name)
{
    h->source = (struct host_source){
        .read = host_read, .namespaces = type->look ? host_look : NULL, .system = system, .name = name};
    h->type = type;
    h->loop = loop;
    return &h->source;
}

void host_reader_close(struct host_reader *h)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "Reading the host's processes was cancelled: it is being closed");
    h->closed = true;
    struct host_reading *r = h->first;
    for (bool under_way = h->busy; r; under_way = false) {
        struct host_reading *next = r->next;
        op_fail(r->op, &why);
        r->op = NULL;
        if (!under_way) {
            reading_free(r);
        }
        r = next;
    }
    if (h->busy) {
        h->first->next = NULL;
    } else {
        h->type->free(h);
    }
}
