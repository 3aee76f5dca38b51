#include "core/namespaces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/container.h"
#include "core/memory.h"
#include "core/model.h"
#include "core/text.h"

static const struct {
    const char *link, *label, *id, *windows_id;
} names[NAMESPACE_COUNT] = {
    [NAMESPACE_MOUNT] = {"mnt", "file system", "ns.mount", "win.files"},
    [NAMESPACE_NETWORK] = {"net", "network", "ns.network", "win.ports"},
    [NAMESPACE_PID] = {"pid", "process ids", "ns.pid", "win.pids"},
    [NAMESPACE_IPC] = {"ipc", "ipc", "ns.ipc", "ns.ipc"},
    [NAMESPACE_UTS] = {"uts", "host name", "ns.uts", "ns.uts"},
    [NAMESPACE_USER] = {"user", "users", "ns.user", "ns.user"},
    [NAMESPACE_CGROUP] = {"cgroup", "cgroups", "ns.cgroup", "ns.cgroup"},
    [NAMESPACE_REGISTRY] = {NULL, "registry", "win.registry", "win.registry"},
    [NAMESPACE_OBJECTS] = {NULL, "named objects", "win.objects", "win.objects"},
};

const char *namespace_link(enum namespace_kind kind)
{
    return names[kind].link;
}

const char *namespace_id(enum namespace_kind kind, bool windows)
{
    return windows ? names[kind].windows_id : names[kind].id;
}

const char *namespace_label(enum namespace_kind kind)
{
    return names[kind].label;
}

const enum namespace_kind *namespace_kinds(bool windows, size_t *n)
{
    static const enum namespace_kind of_linux[] = {
        NAMESPACE_MOUNT, NAMESPACE_PID,  NAMESPACE_NETWORK, NAMESPACE_UTS,
        NAMESPACE_IPC,   NAMESPACE_USER, NAMESPACE_CGROUP,
    };
    static const enum namespace_kind of_windows[] = {
        NAMESPACE_MOUNT, NAMESPACE_PID, NAMESPACE_NETWORK, NAMESPACE_REGISTRY, NAMESPACE_OBJECTS,
    };
    *n = windows ? sizeof of_windows / sizeof *of_windows : sizeof of_linux / sizeof *of_linux;
    return windows ? of_windows : of_linux;
}

const char *fact_state_word(enum fact_state state)
{
    static const char *const words[] = {"not told", "own", "host", "shared", "reader"};
    return words[state];
}

const char *fact_how_word(enum fact_how how)
{
    static const char *const words[] = {NULL, "seen", "told", "asked"};
    return words[how];
}

struct namespace_table *namespace_table_new(size_t rows)
{
    struct namespace_table *t = mem_new(1, sizeof *t);
    t->rows = mem_new(rows, sizeof *t->rows);
    t->count = rows;
    return t;
}

void namespace_table_free(struct namespace_table *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        free(t->rows[i].key);
    }
    free(t->rows);
    free(t);
}

struct namespace_fact namespace_fact_of(const char *word, const char *const *own, enum fact_how how,
                                        const char *source)
{
    static const char other[] = "container:";
    struct namespace_fact fact = {.how = how, .source = source};
    if (strcmp(word, "host") == 0) {
        fact.state = FACT_HOST;
        return fact;
    }
    if (strncmp(word, other, sizeof other - 1) == 0 && word[sizeof other - 1]) {
        fact.state = FACT_SHARED;
        fact.with = word + sizeof other - 1;
        return fact;
    }
    for (; own && *own; own++) {
        if (strcmp(word, *own) == 0) {
            fact.state = FACT_OWN;
            return fact;
        }
    }
    return (struct namespace_fact){.state = FACT_NOT_TOLD};
}

/* Judging. */

/* A container is called by its name, else by the beginning of its key. */
static void add_name(struct text *t, const char *key, const struct model *m)
{
    const struct container *c = m ? model_find_key(m, key) : NULL;
    bool several = false;
    c = c || !m ? c : model_find(m, key, &several); /* an engine may say the name, or a part of the key */
    const char *name = c && c->name ? c->name : key;
    text_add(t, t->len > 0 ? ", " : "");
    text_add_clean(t, name, name == key ? strnlen(name, 12) : strlen(name));
}

/* What its engine says. A crossing of the network is the same fact, told by engines that tell no others. */
static struct namespace_fact told_of(const struct container *c, enum namespace_kind kind,
                                     const struct model *m)
{
    struct namespace_fact told = {.state = FACT_NOT_TOLD};
    struct text with = {0};
    if (c->namespaces) {
        told = c->namespaces[kind];
    }
    for (size_t i = 0; kind == NAMESPACE_NETWORK && told.state == FACT_NOT_TOLD && i < c->n_crossings; i++) {
        if (c->crossings[i].kind == CROSSING_NETWORK) {
            enum fact_how how = state_has_processes(c->state) ? FACT_TOLD : FACT_ASKED;
            told = namespace_fact_of(c->crossings[i].outside, NULL, how, "its settings");
        }
    }
    if (told.with) {
        add_name(&with, told.with, m);
    }
    told.with = with.len > 0 ? text_take(&with) : NULL;
    told.source = mem_string(told.source);
    told.why = mem_string(told.why);
    return told;
}

static char *sharers(const struct namespace_table *t, const struct namespace_row *row,
                     enum namespace_kind kind, const struct model *m)
{
    struct text with = {0};
    for (size_t i = 0; i < t->count; i++) {
        if (&t->rows[i] != row && t->rows[i].number[kind] == row->number[kind]) {
            add_name(&with, t->rows[i].key, m);
        }
    }
    return with.len > 0 ? text_take(&with) : NULL;
}

static struct namespace_fact seen_of(const struct namespace_table *t, const struct namespace_row *row,
                                     enum namespace_kind kind, const struct model *m)
{
    char source[64];
    uint64_t number = row->number[kind];
    struct namespace_fact fact = {.how = FACT_SEEN};
    snprintf(source, sizeof source, "/proc/%u/ns/%s", row->pid, namespace_link(kind));
    if (number == t->host[kind]) {
        fact.state = FACT_HOST;
    } else if (t->nested && number == t->reader[kind]) {
        fact.state = FACT_READER;
    } else if ((fact.with = sharers(t, row, kind, m))) {
        fact.state = FACT_SHARED;
    } else if (t->host[kind]) {
        fact.state = FACT_OWN;
    } else {
        return (struct namespace_fact){
            .why = mem_string(t->nested ? "porthole itself runs in a container: the host's is "
                                          "not known"
                                        : "the host's own is not known: run porthole as root")};
    }
    fact.source = mem_string(source);
    return fact;
}

static const struct namespace_row *row_of(const struct namespace_table *t, const char *key)
{
    for (size_t i = 0; t && key && i < t->count; i++) {
        if (strcmp(t->rows[i].key, key) == 0) {
            return &t->rows[i];
        }
    }
    return NULL;
}

static struct namespace_fact copy_of(const struct namespace_fact *fact)
{
    struct namespace_fact copy = *fact;
    copy.with = mem_string(fact->with);
    copy.source = mem_string(fact->source);
    copy.why = mem_string(fact->why);
    return copy;
}

static const char *why_not_seen(const struct container *c, const struct namespaces *n)
{
    switch (c->isolation) {
    case ISOLATION_VM:
        return "it runs in a VM: they are of that VM's kernel";
    case ISOLATION_UNKNOWN:
        return "its isolation is not known";
    default:
        break;
    }
    return n->windows                       ? "its engine tells nothing of it"
           : !state_has_processes(c->state) ? "it does not run, and its engine tells nothing of it"
           : c->pid == 0 ? "its first process is not known here, and its engine tells nothing of it"
                         : "it was not read, and its engine tells nothing of it";
}

/* In a VM they part the container from its VM, not from the host; of an isolation that is not known nobody
 * can say what they part. */
static bool parts_from_host(const struct container *c)
{
    return c->isolation == ISOLATION_PROCESS || c->isolation == ISOLATION_HOST;
}

static struct namespace_fact unseen(const struct namespaces *n, const struct container *c,
                                    enum namespace_kind kind, const char *why)
{
    const struct namespace_fact *told = &n->told[kind];
    struct namespace_fact fact = {.state = FACT_NOT_TOLD};
    if (!parts_from_host(c) || told->state == FACT_NOT_TOLD) {
        fact.why = mem_string(why ? why : told->why ? told->why : why_not_seen(c, n));
        return fact;
    }
    if (why && told->state == FACT_OWN) {
        struct text words = {0};
        text_addf(&words, "%s (its engine says own: %s)", why, told->source ? told->source : "");
        fact.why = text_take(&words);
        return fact;
    }
    return copy_of(told);
}

void namespaces_judge(struct namespaces *out, const struct container *c, const struct namespace_table *table,
                      const struct model *m)
{
    const struct namespace_row *row =
        parts_from_host(c) && state_has_processes(c->state) ? row_of(table, c->key) : NULL;
    *out = (struct namespaces){.windows = c->hypervisor == HYPERVISOR_HYPERV};
    for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
        out->told[kind] = told_of(c, kind, m);
        bool seen = row && kind < NAMESPACE_LINUX && row->number[kind];
        if (seen) {
            out->number[kind] = row->number[kind];
        }
        out->fact[kind] = seen ? seen_of(table, row, kind, m)
                               : unseen(out, c, kind, row && kind < NAMESPACE_LINUX ? row->why : NULL);
    }
}

static void fact_done(struct namespace_fact *fact)
{
    free((char *)fact->with);
    free((char *)fact->source);
    free((char *)fact->why);
}

void namespaces_done(struct namespaces *n)
{
    for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
        fact_done(&n->fact[kind]);
        fact_done(&n->told[kind]);
    }
    *n = (struct namespaces){0};
}

bool namespaces_complete(const struct namespaces *n)
{
    size_t count;
    const enum namespace_kind *kinds = namespace_kinds(n->windows, &count);
    for (size_t i = 0; i < count; i++) {
        if (n->fact[kinds[i]].state == FACT_NOT_TOLD) {
            return false;
        }
    }
    return true;
}

bool namespace_is_crossing(const struct namespace_fact *fact)
{
    return fact->state == FACT_HOST || fact->state == FACT_SHARED || fact->state == FACT_READER;
}

enum crossing_kind namespace_crossing(enum namespace_kind kind)
{
    static const enum crossing_kind kinds[NAMESPACE_COUNT] = {
        [NAMESPACE_MOUNT] = CROSSING_MOUNT,     [NAMESPACE_NETWORK] = CROSSING_NETWORK,
        [NAMESPACE_PID] = CROSSING_PID,         [NAMESPACE_IPC] = CROSSING_IPC,
        [NAMESPACE_UTS] = CROSSING_UTS,         [NAMESPACE_USER] = CROSSING_USER,
        [NAMESPACE_CGROUP] = CROSSING_CGROUP,   [NAMESPACE_REGISTRY] = CROSSING_REGISTRY,
        [NAMESPACE_OBJECTS] = CROSSING_OBJECTS,
    };
    return kinds[kind];
}

/* As docker's options spell it. */
static char *outside_of(const struct namespace_fact *fact)
{
    struct text t = {0};
    if (fact->state == FACT_SHARED) {
        text_addf(&t, "container:%s", fact->with);
    } else {
        text_add(&t, fact->state == FACT_HOST ? "host" : "porthole");
    }
    return text_take(&t);
}

void crossings_of(struct crossing_list *out, const struct container *c, const struct namespaces *n)
{
    bool network_known = n->fact[NAMESPACE_NETWORK].state != FACT_NOT_TOLD;
    size_t n_kinds;
    const enum namespace_kind *kinds = namespace_kinds(n->windows, &n_kinds);
    *out = (struct crossing_list){.each = mem_new(c->n_crossings + NAMESPACE_COUNT, sizeof *out->each)};
    for (size_t i = 0; i < c->n_crossings; i++) {
        const struct crossing *from = &c->crossings[i];
        if (from->kind != CROSSING_NETWORK || !network_known) {
            struct crossing *to = &out->each[out->count++];
            *to = *from;
            to->outside = mem_string(from->outside);
            to->inside = mem_string(from->inside);
        }
    }
    for (size_t i = 0; i < n_kinds; i++) {
        const struct namespace_fact *fact = &n->fact[kinds[i]];
        if (namespace_is_crossing(fact)) {
            out->each[out->count++] = (struct crossing){
                .kind = namespace_crossing(kinds[i]), .outside = outside_of(fact), .inside = mem_string("")};
        }
    }
    bool parted = c->isolation == ISOLATION_VM || namespaces_complete(n);
    out->complete = !c->crossings_untold && c->isolation != ISOLATION_HOST && parted;
}

void crossings_done(struct crossing_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free((char *)list->each[i].outside);
        free((char *)list->each[i].inside);
    }
    free(list->each);
    *list = (struct crossing_list){0};
}
