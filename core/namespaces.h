/* core/namespaces.h - which of a container's namespaces are its own, which are the host's or another
 * container's, and where that was read. Pure.
 *
 * A fact has a state and a source; without a source its state is FACT_NOT_TOLD, and nothing stands for "own".
 * What the kernel shows (seen) goes before what the engine says of a running container (told), and that
 * before what was only asked for (a container that does not run). On a kernel where the namespaces could be
 * seen, and were not (no rights), the engine is believed where it tells of something shared, and not where it
 * says "own".
 */
#ifndef CORE_NAMESPACES_H
#define CORE_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/isolation.h"

struct container;
struct model;

enum namespace_kind {
    NAMESPACE_MOUNT,
    NAMESPACE_NETWORK,
    NAMESPACE_PID,
    NAMESPACE_IPC,
    NAMESPACE_UTS,
    NAMESPACE_USER,
    NAMESPACE_CGROUP,
    NAMESPACE_LINUX,                      /* how many of them a Linux kernel has links for, in /proc/PID/ns */
    NAMESPACE_REGISTRY = NAMESPACE_LINUX, /* Windows */
    NAMESPACE_OBJECTS,                    /* Windows: the object manager's */
    NAMESPACE_COUNT
};

const char *
namespace_link(enum namespace_kind kind); /* its name in /proc/PID/ns; NULL: Windows has no such */

/* How JSON calls the fact: "ns.mount", "ns.pid", ...; of a Windows container "win.files", "win.pids",
 * "win.ports", "win.registry", "win.objects". */
const char *namespace_id(enum namespace_kind kind, bool windows);
const char *namespace_label(enum namespace_kind kind); /* "file system", "process ids", ..., for people */

/* Those that the containers of a system have, in the order in which they are shown. */
const enum namespace_kind *namespace_kinds(bool windows, size_t *n);

enum fact_state {
    FACT_NOT_TOLD,
    FACT_OWN,
    FACT_HOST,   /* the host's */
    FACT_SHARED, /* with other containers */
    FACT_READER /* the same as porthole's own, which itself runs in a container: not known to be the host's */
};

enum fact_how { FACT_NOWHERE, FACT_SEEN, FACT_TOLD, FACT_ASKED };

struct namespace_fact {
    enum fact_state state;
    enum fact_how how;  /* where it is from; FACT_NOWHERE of FACT_NOT_TOLD */
    const char *with;   /* FACT_SHARED: names, with ", " between; in a record the engine's word, without
                           "container:" */
    const char *source; /* "/proc/4711/ns/pid", "HostConfig.PidMode"; NULL none */
    const char *why;    /* FACT_NOT_TOLD: why not; NULL not known */
};

const char *fact_state_word(enum fact_state state); /* "not told", "own", "host", "shared", "reader" */
const char *fact_how_word(enum fact_how how);       /* "seen", "told", "asked"; NULL */

/* What is asked of a host that can look at namespaces. */
struct namespace_target {
    const char *key;
    uint32_t pid;    /* of the container's first process */
    int64_t started; /* ms since 1970; 0 unknown */
};

struct namespace_row {
    char *key;
    uint32_t pid;
    uint64_t number[NAMESPACE_LINUX]; /* as the kernel numbers them; 0: not read */
    const char *why;                  /* why those that are 0 were not read; a constant; NULL: all were */
};

struct namespace_table {
    struct namespace_row *rows;
    size_t count;
    uint64_t host[NAMESPACE_LINUX];   /* the host's own; 0 not known */
    uint64_t reader[NAMESPACE_LINUX]; /* porthole's own; 0 not known */
    const char *reference; /* whose the host's are: "/proc/1", "kthreadd", "the kernel's first"; a constant */
    bool nested;           /* porthole itself runs in a container, so that its own are not the host's */
};

struct namespace_table *namespace_table_new(size_t rows);
void namespace_table_free(struct namespace_table *t); /* NULL is fine */

/* What is known of the namespaces of one container. Its strings are its own. */
struct namespaces {
    struct namespace_fact fact[NAMESPACE_COUNT]; /* what counts */
    struct namespace_fact told[NAMESPACE_COUNT]; /* what its engine says of it; FACT_NOT_TOLD: nothing */
    uint64_t number[NAMESPACE_LINUX];            /* as seen; 0 not seen */
    bool windows;
};

/* Into {0}. table: what was seen on the host that it runs on; NULL: nothing was. m: who has which key, for
 * the names of those that share; NULL: keys are shown. */
void namespaces_judge(struct namespaces *out, const struct container *c, const struct namespace_table *table,
                      const struct model *m);
void namespaces_done(struct namespaces *n);

/* Is each of them known? */
bool namespaces_complete(const struct namespaces *n);

/* Is it the host's or another container's, and so a way through the wall? */
bool namespace_is_crossing(const struct namespace_fact *fact);
enum crossing_kind namespace_crossing(enum namespace_kind kind);

/* The crossings of a container: those of its record, and its namespaces. The network is told once, by the
 * fact where there is one. Cost: O(crossings). */
struct crossing_list {
    struct crossing *each; /* strings are its own */
    size_t count;
    bool complete; /* there are no others: its engine tells them, and each namespace is known */
};
void crossings_of(struct crossing_list *out, const struct container *c, const struct namespaces *n);
void crossings_done(struct crossing_list *list);

/* The engine's word for one as a fact: "host", "container:ID", and the words that mean its own (NULL-ended);
 * any other is FACT_NOT_TOLD. source and word are borrowed. */
struct namespace_fact namespace_fact_of(const char *word, const char *const *own, enum fact_how how,
                                        const char *source);

#endif
