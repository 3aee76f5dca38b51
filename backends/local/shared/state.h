/* backends/local/shared/state.h - what is written down of a container; written by its keeper (and by the
 * engine when there is none), read by the engine. Replaced as a whole (write, rename), so that a reader never
 * sees half of one.
 */
#ifndef BACKENDS_LOCAL_SHARED_STATE_H
#define BACKENDS_LOCAL_SHARED_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "backends/local/shared/paths.h"
#include "core/container.h"
#include "core/launch.h"

enum { STATE_ID = 12 + 1 }; /* 12 hexadecimal digits */

#define VM_MEMORY_DEFAULT ((uint64_t)1 << 30) /* of a VM; what it does not use costs the host nothing */

struct state {
    char id[STATE_ID];
    struct launch_spec spec;  /* as asked for; spec.name is always set; spec.isolation: the wish */
    char *image_id;           /* of spec.image when it was created */
    char **argv;              /* what really runs: entrypoint and command, resolved with the image's config */
    enum isolation isolation; /* the mode in force */
    enum origin origin;
    enum container_state state;
    int exit_code;
    int64_t created, started, finished; /* ms since 1970 */
    uint32_t pid;                       /* of its first process on the host; 0 none */
    uint64_t pid_started;               /* field 22 of /proc/PID/stat: guards against reuse */
    uint32_t vm;                        /* pid of its VM's QEMU; 0 none */
    uint64_t vm_started;
    uint32_t keeper; /* pid of its keeper; 0 none */
    uint64_t keeper_started;
    uint32_t network;   /* pid of the helper that moves its packets; 0 none */
    char *network_name; /* as the host calls it */
    char *boot;         /* /proc/sys/kernel/random/boot_id when it was started */
    char *cgroup;       /* "/porthole/ID", the path below every controller; NULL rootless */
    char *note;         /* one sentence, else NULL */
};

void state_init(struct state *s);
void state_done(struct state *s);
void state_new_id(char id[STATE_ID]); /* random */
bool state_id_ok(const char *id);     /* is it one, by its form? */

/* Reads a state into s, which is initialised. Refused are files that another user could have written, and
 * what porthole would not have written: another cgroup than the container's own, an image id that is a path.
 * A pid without its start time is left out: it cannot be told from another process's. */
bool state_read(struct state *s, const char *path, struct error *e);
bool state_write(const struct state *s, const struct paths *p, struct error *e);

/* The record that the model gets; it points into s and into `room`, which must be initialised to {0}. */
struct state_record {
    struct container record;
    struct worker workers[3];                          /* its VM, its keeper, and the helper of its network */
    struct namespace_fact namespaces[NAMESPACE_COUNT]; /* as they were asked for */
    struct crossing *crossings; /* those of the spec, and the network when it is the host's */
    char *command, *ports;
};
void state_to_record(const struct state *s, struct state_record *out);
void state_record_done(struct state_record *r);

uint64_t state_vm_memory(const struct state *s); /* of its VM, bytes */

/* The cgroup that the container of this id gets, below every controller; the caller frees. */
char *state_cgroup(const char *id);

/* Start time of a process, field 22 of /proc/PID/stat; 0: there is none. */
uint64_t state_process_started(uint32_t pid);
char *state_boot_id(void); /* the caller frees */

#endif
