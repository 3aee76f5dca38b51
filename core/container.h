/* core/container.h - what is known of one container. */
#ifndef CORE_CONTAINER_H
#define CORE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/isolation.h"
#include "core/namespaces.h"
#include "core/process.h"
#include "core/state.h"

typedef uint64_t container_id; /* dealt by the model, never reused; 0 is nobody */

enum health { /* what its own check says, if it has one */
              HEALTH_NONE,
              HEALTH_STARTING,
              HEALTH_HEALTHY,
              HEALTH_UNHEALTHY
};

enum verb { /* what can be done to a container; each may be refused with a reason */
            VERB_START,
            VERB_STOP,
            VERB_KILL,
            VERB_PAUSE,
            VERB_RESUME,
            VERB_RESTART,
            VERB_REMOVE,
            VERB_ATTACH,
            VERB_EXEC,
            VERB_LOGS,
            VERB_INSPECT,
            VERB_PROCESSES,
            VERB_RELAUNCH,
            VERB_RENAME,
            VERB_COUNT
};

enum container_field {                            /* parts of a record: which are meant, which changed */
                       FIELD_NAME = 1u << 0,      /* as its maker describes it: name, image, command, owner,
                                                     restart, labels, terminal, created, apart, origin,
                                                     memory_limit */
                       FIELD_STATE = 1u << 1,     /* state, health, exit_code, started, finished, pid, note */
                       FIELD_ISOLATION = 1u << 2, /* isolation, hypervisor */
                       FIELD_WORKERS = 1u << 3,   /* workers, vm */
                       FIELD_CROSSINGS = 1u << 4, /* crossings, ports, namespaces */
                       FIELD_CPU = 1u << 5,       /* cpu */
                       FIELD_MEMORY = 1u << 6,    /* memory, host_memory */
                       FIELD_PROCESSES = 1u << 7, /* processes */
                       FIELD_VERBS = 1u << 8,     /* why_not */
                       FIELD_USAGE = FIELD_CPU | FIELD_MEMORY | FIELD_PROCESSES,
                       FIELD_COUNT = 9,
                       FIELD_ALL = (1u << FIELD_COUNT) - 1
};

struct refusals; /* the why_not of many containers, held once; counts its holders */

struct container {
    container_id id;  /* 0 until the model has dealt one */
    const char *key;  /* the engine's own name for it, the same in every engine that knows it */
    unsigned engines; /* bit n: engine number n knows it (filled in by the model, as are the next two) */
    unsigned away;    /* bit n: and cannot be asked now; what it told last stands where nobody else tells */
    enum isolation disputed; /* what another of them calls its isolation; ISOLATION_UNKNOWN: they agree */

    const char *name, *image, *command, *owner; /* owner: the tool that created it; NULL unknown */
    const char *restart;       /* policy of its engine: "always", "on-failure:5"; NULL none */
    const char *const *labels; /* "key=value", NULL-ended; NULL none */
    bool terminal;             /* its console is a terminal */
    bool apart; /* no container, but a VM or a template that its engine lists: shown only with all the others
                 */
    int64_t created; /* ms since 1970; 0 unknown, as the other two */

    enum container_state state;
    enum health health;
    int exit_code; /* of its last process, if state_has_ended; 128 + n when killed by signal n */
    int64_t started, finished;
    uint32_t pid;     /* host pid of its first process; 0 unknown or not visible */
    const char *note; /* one sentence that a person should know, else NULL */

    enum isolation isolation;
    enum origin origin;
    enum hypervisor hypervisor;
    const char *why_not[VERB_COUNT]; /* NULL: allowed as far as mode and engine go; else the reason */
    struct refusals *refusals; /* holds these words, if many share them; NULL: a borrowed record's own */

    const struct worker *workers;
    size_t n_workers;
    const char *vm; /* its VM as struct host_process names it; NULL: by key */

    const struct crossing *crossings;
    size_t n_crossings;
    bool crossings_untold; /* its engine cannot tell them, nor its ports: there may be others than these */
    const char *ports;     /* "8080->80/tcp, ..."; NULL none */
    /* What its engine says of its namespaces: NAMESPACE_COUNT facts; NULL nothing. */
    const struct namespace_fact *namespaces;

    double cpu;            /* cores in use over the last interval; NAN unknown */
    uint64_t memory;       /* bytes in use; 0 unknown */
    uint64_t memory_limit; /* bytes; 0 none */
    uint64_t host_memory;  /* bytes that its workers cost the host; 0 none or unknown */
    int32_t processes;     /* how many; -1 unknown */
};

/* All fields unknown. */
void container_init(struct container *c);

/* Makes `to` (initialised) hold copies of the named fields, and of key if `to` has none. */
void container_assign(struct container *to, const struct container *from, unsigned fields);

/* The bits of `fields` in which the two differ. */
unsigned container_differ(const struct container *a, const struct container *b, unsigned fields);

/* Copies of these words, and one holder. A record that is made to say the same need not copy them again. */
struct refusals *refusals_new(const char *const why_not[VERB_COUNT]);
void refusals_tell(struct refusals *r, struct container *c); /* borrowed by c */
void refusals_drop(struct refusals *r);                      /* one holder less; NULL is fine */

/* Frees what container_assign put there. */
void container_done(struct container *c);

const char *health_word(enum health health); /* "healthy", ...; "" none */
const char *verb_word(enum verb verb);       /* "start", "stop", ... */

/* The value of a label; NULL: it has none of that key. */
const char *container_label(const struct container *c, const char *key);

/* The project that it belongs to, by the labels of Compose; NULL none. */
const char *container_project(const struct container *c);

/* "exited 3", "restarting 3", else the word of its state; into out. */
const char *container_state_text(const struct container *c, char *out, size_t room);

/* "9 processes", "1 process", "qemu-system-x86 4711", "its worker" (not known which), "nothing": what the
 * host sees of it, into out. */
const char *container_host_sees(const struct container *c, char *out, size_t room);

#endif
