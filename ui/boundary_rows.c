/* The wall is told in the order in which a person asks: whose kernel is it, what is the container's own, what
 * goes through the wall on purpose, who on the host works for it, and what no wall offers. */
#include "ui/boundary_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static void add(struct boundary_rows *b, struct boundary_row row)
{
    b->rows = mem_grow(b->rows, &b->room, b->count + 1, sizeof *b->rows);
    b->rows[b->count++] = row;
}

static void add_words(struct boundary_rows *b, const char *label, enum style style, const char *words,
                      const char *remark)
{
    add(b, (struct boundary_row){label, mem_string(words), mem_string(remark), style});
}

static void blank(struct boundary_rows *b)
{
    add_words(b, NULL, STYLE_TEXT, "", NULL);
}

static void add_wall(struct boundary_rows *b, const struct container *it)
{
    char mode[80];
    const char *asked = it->origin == ORIGIN_REQUESTED ? " isolation, as requested"
                        : it->origin == ORIGIN_DEFAULT ? " isolation, the engine's default"
                                                       : " isolation";
    snprintf(mode, sizeof mode, "%s%s", isolation_word(it->isolation, it->hypervisor), asked);
    add_words(b, "mode", STYLE_STRONG, mode, NULL);
    switch (it->isolation) {
    case ISOLATION_PROCESS:
        add_words(b, "kernel", STYLE_TEXT, "the host's, shared", "the host sees every process");
        break;
    case ISOLATION_VM:
        add_words(b, "kernel", STYLE_TEXT, "its own, in a utility VM", "the host sees none of the processes");
        break;
    case ISOLATION_HOST:
        add_words(b, "kernel", STYLE_TEXT, "the host's; there is no wall",
                  "it is a job on the host, nothing more");
        break;
    default:
        add_words(b, "kernel", STYLE_TEXT, "unknown", "its engine does not tell the isolation");
    }
}

static const struct crossing *crossing_of(const struct container *it, enum crossing_kind kind)
{
    for (size_t i = 0; i < it->n_crossings; i++) {
        if (it->crossings[i].kind == kind) {
            return &it->crossings[i];
        }
    }
    return NULL;
}

static size_t count_crossings(const struct container *it, enum crossing_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < it->n_crossings; i++) {
        n += it->crossings[i].kind == kind;
    }
    return n;
}

static void add_pids(struct boundary_rows *b, const struct container *it, bool windows)
{
    char remark[100];
    if (windows) {
        snprintf(remark, sizeof remark, "the host knows them by the same numbers");
    } else if (it->pid != 0) {
        snprintf(remark, sizeof remark, "its first process is pid %u on the host", (unsigned)it->pid);
    } else {
        snprintf(remark, sizeof remark, "the host knows them by other numbers");
    }
    add_words(b, "process ids", STYLE_TEXT, "own", remark);
}

static bool has_helper(const struct container *it, enum worker_role role)
{
    for (size_t i = 0; i < it->n_workers; i++) {
        if (it->workers[i].role == role) {
            return true;
        }
    }
    return false;
}

static void add_network(struct boundary_rows *b, const struct container *it)
{
    const struct crossing *network = crossing_of(it, CROSSING_NETWORK);
    char words[160];
    if (network == NULL && it->crossings_untold) {
        add_words(b, "network", STYLE_QUIET, "not told", "its own, or shared; nor are its ports");
        return;
    }
    if (network == NULL) {
        size_t ports = count_crossings(it, CROSSING_PORT);
        const char *out = has_helper(it, WORKER_NETWORK) ? "reaches out through the host's" : "";
        snprintf(words, sizeof words, "%zu port%s mapped%s%s", ports, ports == 1 ? "" : "s", *out ? ", " : "",
                 out);
        add_words(b, "network", STYLE_TEXT, "own", ports > 0 ? words : *out ? out : NULL);
        return;
    }
    snprintf(words, sizeof words, "%.120s", network->outside != NULL ? network->outside : "another network");
    add_words(b, "network", STYLE_WARNING, "shared", words);
}

static void add_files(struct boundary_rows *b, const struct container *it)
{
    char remark[200] = "";
    size_t folders = count_crossings(it, CROSSING_FOLDER);
    if (it->image != NULL) {
        snprintf(remark, sizeof remark, "from %.100s", it->image);
    }
    if (folders > 0) {
        size_t len = strlen(remark);
        snprintf(remark + len, sizeof remark - len, "%s%zu folder%s mapped", len > 0 ? ", " : "", folders,
                 folders == 1 ? "" : "s");
    }
    add_words(b, "file system", STYLE_TEXT, "own", remark[0] != '\0' ? remark : NULL);
}

static void add_namespaces(struct boundary_rows *b, const struct container *it, bool windows)
{
    if (it->isolation == ISOLATION_VM) {
        add_words(b, "the machine", STYLE_TEXT, "own", "a whole computer is virtualised");
        add_files(b, it);
        add_network(b, it);
        return;
    }
    if (it->isolation != ISOLATION_PROCESS) {
        return;
    }
    add_files(b, it);
    add_pids(b, it, windows);
    add_network(b, it);
    if (windows) {
        add_words(b, "registry", STYLE_TEXT, "own", NULL);
        add_words(b, "named objects", STYLE_TEXT, "own", "an object manager namespace of its own");
    } else {
        add_words(b, "host name", STYLE_TEXT, "own", NULL);
        add_words(b, "ipc", STYLE_TEXT, "own", "message queues, semaphores, shared memory");
    }
}

static void add_crossing(struct boundary_rows *b, const struct crossing *crossing)
{
    struct text words = {0};
    const char *outside = crossing->outside != NULL ? crossing->outside : "";
    text_add_clean(&words, outside, strlen(outside));
    if (crossing->inside != NULL && crossing->inside[0] != '\0') {
        text_add(&words, " → ");
        text_add_clean(&words, crossing->inside, strlen(crossing->inside));
    }
    const char *remark = crossing->read_only ? "read-only" : NULL;
    if (remark == NULL && crossing->kind == CROSSING_FOLDER) {
        remark = "can be written";
    }
    add_words(b, crossing_word(crossing->kind), STYLE_TEXT, text_of(&words), remark);
    text_done(&words);
}

static void add_crossings(struct boundary_rows *b, const struct container *it)
{
    if (it->crossings_untold) {
        add_words(b, NULL, STYLE_STRONG, "What goes through the wall is not told: whoever made it knows.",
                  NULL);
        return;
    }
    if (it->n_crossings == 0) {
        add_words(b, NULL, STYLE_STRONG, "Nothing goes through the wall.", NULL);
        return;
    }
    char words[80];
    snprintf(words, sizeof words, "%zu %s through the wall", it->n_crossings,
             it->n_crossings == 1 ? "way" : "ways");
    add_words(b, NULL, STYLE_STRONG, words, NULL);
    for (size_t i = 0; i < it->n_crossings; i++) {
        add_crossing(b, &it->crossings[i]);
    }
}

static const char *worker_remark(enum worker_role role)
{
    switch (role) {
    case WORKER_VM:
        return "stands for the VM";
    case WORKER_MEMORY:
        return "holds its memory";
    case WORKER_KEEPER:
        return "keeps it: console, log, exit code";
    case WORKER_NETWORK:
        return "moves its packets, in and out";
    }
    return NULL;
}

static void add_workers(struct boundary_rows *b, const struct container *it)
{
    if (it->n_workers == 0) {
        return;
    }
    blank(b);
    add_words(b, NULL, STYLE_STRONG, "on the host, for its sake", NULL);
    for (size_t i = 0; i < it->n_workers; i++) {
        const struct worker *worker = &it->workers[i];
        char words[120];
        snprintf(words, sizeof words, "%.80s %u", worker->name != NULL ? worker->name : "pid",
                 (unsigned)worker->host_pid);
        add_words(b, worker_word(worker->role), STYLE_TEXT, words, worker_remark(worker->role));
    }
}

void boundary_rows_make(struct boundary_rows *b, const struct container *it, bool windows, const char *note)
{
    if (note) {
        add_words(b, NULL, STYLE_WARNING, note, NULL);
        blank(b);
    }
    add_wall(b, it);
    add_namespaces(b, it, windows);
    blank(b);
    add_crossings(b, it);
    add_workers(b, it);
    blank(b);
    add_words(b, NULL, STYLE_QUIET,
              "No wall offers: shared memory, shared synchronisation objects, shared process namespaces.",
              NULL);
}

void boundary_rows_done(struct boundary_rows *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->rows[i].words);
        free(b->rows[i].remark);
    }
    free(b->rows);
    *b = (struct boundary_rows){0};
}
