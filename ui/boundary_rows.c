/* The wall is told in the order in which a person asks: whose kernel is it, what is the container's own, what
 * goes through the wall, and who on the host works for it. */
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

static size_t count_crossings(const struct container *it, enum crossing_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < it->n_crossings; i++) {
        n += it->crossings[i].kind == kind;
    }
    return n;
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

/* What is known of the network beside whose it is. */
static void network_words(const struct container *it, struct text *t)
{
    size_t ports = count_crossings(it, CROSSING_PORT);
    if (ports > 0) {
        text_addf(t, "%zu port%s mapped", ports, ports == 1 ? "" : "s");
    }
    if (has_helper(it, WORKER_NETWORK)) {
        text_addf(t, "%sreaches out through the host's", t->len > 0 ? ", " : "");
    }
}

static void file_words(const struct container *it, struct text *t)
{
    size_t folders = count_crossings(it, CROSSING_FOLDER);
    if (it->image != NULL) {
        text_addf(t, "from %.100s", it->image);
    }
    if (folders > 0) {
        text_addf(t, "%s%zu folder%s mapped", t->len > 0 ? ", " : "", folders, folders == 1 ? "" : "s");
    }
}

static void own_words(const struct container *it, const struct namespaces *n, enum namespace_kind kind,
                      struct text *t)
{
    if (kind == NAMESPACE_MOUNT) {
        file_words(it, t);
    } else if (kind == NAMESPACE_NETWORK) {
        network_words(it, t);
    } else if (kind == NAMESPACE_PID && n->windows) {
        text_add(t, "the host knows them by the same numbers");
    } else if (kind == NAMESPACE_PID && it->pid != 0) {
        text_addf(t, "its first process is pid %u on the host", (unsigned)it->pid);
    }
}

/* What follows from sharing the host's. */
static const char *host_words(enum namespace_kind kind)
{
    static const char *const words[NAMESPACE_COUNT] = {
        [NAMESPACE_MOUNT] = "it works on the host's own files",
        [NAMESPACE_NETWORK] = "it uses the host's network, ports and sockets",
        [NAMESPACE_PID] = "it sees every process of the host",
        [NAMESPACE_IPC] = "it sees the shared memory of the host's programs",
        [NAMESPACE_UTS] = "it sees the host's name",
        [NAMESPACE_USER] = "its user ids are the host's",
        [NAMESPACE_CGROUP] = "it sees where in the host's tree it runs",
    };
    return words[kind] != NULL ? words[kind] : "";
}

static void add_source(const struct namespace_fact *fact, struct text *t)
{
    const char *source = fact->source != NULL ? fact->source : "";
    switch (fact->how) {
    case FACT_SEEN:
        text_add(t, source);
        break;
    case FACT_TOLD:
        text_addf(t, "told: %s", source);
        break;
    case FACT_ASKED:
        text_addf(t, "asked for: %s", source);
        break;
    case FACT_NOWHERE:
        text_add(t, fact->why != NULL ? fact->why : "");
        break;
    }
}

/* Users and cgroups are the host's by the engines' own default: that is said, and no alarm. */
static enum style fact_style(enum fact_state state, enum namespace_kind kind)
{
    if (state == FACT_NOT_TOLD) {
        return STYLE_QUIET;
    }
    bool usual = kind == NAMESPACE_USER || kind == NAMESPACE_CGROUP;
    return state == FACT_OWN || usual ? STYLE_TEXT : STYLE_WARNING;
}

static void fact_words(const struct namespace_fact *fact, struct text *t)
{
    switch (fact->state) {
    case FACT_NOT_TOLD:
        text_add(t, "not told");
        break;
    case FACT_OWN:
        text_add(t, "own");
        break;
    case FACT_HOST:
        text_add(t, "the host's");
        break;
    case FACT_SHARED:
        text_addf(t, "shared with %s", fact->with != NULL ? fact->with : "another container");
        break;
    case FACT_READER:
        text_add(t, "the same as porthole's own");
        break;
    }
}

static void add_namespace(struct boundary_rows *b, const struct container *it, const struct namespaces *n,
                          enum namespace_kind kind)
{
    const struct namespace_fact *fact = &n->fact[kind];
    struct text words = {0}, detail = {0}, remark = {0};
    fact_words(fact, &words);
    if (fact->state == FACT_OWN) {
        own_words(it, n, kind, &detail);
    } else if (fact->state == FACT_HOST && fact->how != FACT_ASKED) {
        text_add(&detail, host_words(kind)); /* what does not run sees nothing */
    }
    add_source(fact, &remark);
    if (detail.len > 0) {
        text_addf(&remark, "%s%s", remark.len > 0 ? "; " : "", detail.data);
    }
    add_words(b, namespace_label(kind), fact_style(fact->state, kind), text_of(&words),
              remark.len > 0 ? text_of(&remark) : NULL);
    text_done(&words);
    text_done(&detail);
    text_done(&remark);
}

/* The namespaces inside part the container from its VM, not from the host: nothing is said of them. */
static void add_in_vm(struct boundary_rows *b, const struct container *it)
{
    struct text files = {0}, network = {0};
    file_words(it, &files);
    network_words(it, &network);
    add_words(b, "file system", STYLE_TEXT, "in its VM", files.len > 0 ? text_of(&files) : NULL);
    add_words(b, "network", it->crossings_untold ? STYLE_QUIET : STYLE_TEXT,
              it->crossings_untold ? "not told" : "in its VM",
              it->crossings_untold ? "its engine tells no ports of it"
              : network.len > 0    ? text_of(&network)
                                   : NULL);
    text_done(&files);
    text_done(&network);
}

static void add_namespaces(struct boundary_rows *b, const struct container *it, const struct namespaces *n)
{
    size_t count;
    const enum namespace_kind *kinds = namespace_kinds(n->windows, &count);
    if (it->isolation == ISOLATION_VM) {
        add_in_vm(b, it);
        return;
    }
    for (size_t i = 0; i < count && it->isolation != ISOLATION_HOST; i++) {
        add_namespace(b, it, n, kinds[i]);
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

static void add_crossings(struct boundary_rows *b, const struct container *it, const struct namespaces *n)
{
    struct crossing_list list;
    char words[120];
    if (it->isolation == ISOLATION_HOST) {
        return; /* there is no wall */
    }
    crossings_of(&list, it, n);
    if (list.count == 0) {
        add_words(b, NULL, STYLE_STRONG,
                  it->crossings_untold ? "What goes through the wall is not told: whoever made it knows."
                  : list.complete      ? "Nothing goes through the wall."
                                       : "What goes through the wall is not all told: see above.",
                  NULL);
    } else {
        snprintf(words, sizeof words, "%zu %s through the wall%s", list.count,
                 list.count == 1 ? "way" : "ways", list.complete ? "" : ", and what is not told");
        add_words(b, NULL, STYLE_STRONG, words, NULL);
    }
    for (size_t i = 0; i < list.count; i++) {
        add_crossing(b, &list.each[i]);
    }
    crossings_done(&list);
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

void boundary_rows_make(struct boundary_rows *b, const struct container *it, const struct namespaces *n,
                        const char *note)
{
    if (note) {
        add_words(b, NULL, STYLE_WARNING, note, NULL);
        blank(b);
    }
    add_wall(b, it);
    add_namespaces(b, it, n);
    blank(b);
    add_crossings(b, it, n);
    add_workers(b, it);
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
