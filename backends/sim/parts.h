/* backends/sim/parts.h - what the files of the machine share. */
#ifndef BACKENDS_SIM_PARTS_H
#define BACKENDS_SIM_PARTS_H

#include <cjson/cJSON.h>

#include "backends/sim/machine.h"
#include "core/idmap.h"

#define RESULT(code) ((int32_t)UINT32_C(code))

enum shape {                  /* as HCS shows what stands behind a system */
             SHAPE_SILO,      /* process isolation: RuntimeId absent, ObRoot */
             SHAPE_SILO_ZERO, /* the same with a RuntimeId of zeros */
             SHAPE_HYPERV,    /* Hyper-V isolation as Docker makes it: RuntimeId, RuntimeImagePath */
             SHAPE_HOSTED,    /* Hyper-V isolation in another system's VM: HostingSystemId */
             SHAPE_TEMPLATE,
             SHAPE_UTILITY_VM, /* containerd's "<id>@vm" */
             SHAPE_WSL,
             SHAPE_SANDBOX,
             SHAPE_VM
};

enum life { LIFE_CREATED, LIFE_RUNNING, LIFE_PAUSED };

struct role { /* what kind of process */
    const char *name;
    uint32_t kilobytes;
    uint32_t rate; /* 100 ns of CPU time in a second, on average */
};

struct task { /* one process of a system */
    uint32_t pid;
    uint16_t role;
    bool transient;
    uint32_t kilobytes, rate;
    int64_t created;                 /* ms, on the system's own clock */
    struct machine_process *process; /* that it is the task of; NULL: none */
};

struct system {
    struct system *next; /* of those with the same hash */
    size_t at;           /* in machine.systems */
    char *id, *name;
    const char *owner; /* a constant, or in `own` */
    char *own;
    char vm[40], hosting[72];
    enum shape shape;
    enum life life;
    bool linux_inside, small, bare; /* bare: nothing but the session's own processes */
    unsigned build;                 /* of its image; 0: the host's */
    uint8_t cast;                   /* which processes it begins with */
    unsigned silo;
    uint32_t vmwp, vmmem;            /* host pids of the workers; 0 none */
    uint32_t last_pid;               /* of a VM: its guest's own numbering */
    int64_t started, paused_at, lag; /* lag: ms that it stood still */
    int64_t ends;                    /* when it is shut down; 0 never */
    uint64_t spent;                  /* CPU time of processes that have ended, 100 ns */
    struct task *tasks;
    size_t n_tasks, tasks_room;
};

struct arranged { /* for one container */
    struct arranged *next;
    char *id;
    bool scratch, mounted, endpoint;
    unsigned ports[16], n_ports; /* of the host */
};

struct machine {
    struct machine_options options;
    int64_t now, next_happening, next_churn;
    uint64_t random;
    uint32_t last_pid;
    unsigned last_silo, last_number;
    struct system **systems;
    size_t n_systems, systems_room;
    struct idmap by_id;
    size_t n_ending;
    struct machine_event *events;
    size_t first_event, n_events, events_room;
    struct machine_process *processes;
    struct arranged *arranged;
};

/* machine.c */
uint64_t machine_random(struct machine *m); /* the next number */
struct system *system_find(const struct machine *m, const char *id);
struct system *system_add(struct machine *m, const char *id, const char *name, enum shape shape);
void system_end(struct machine *m, struct system *s, const char *exit_type, const char *detail);
bool shape_is_vm(enum shape shape); /* SystemType VirtualMachine */
bool shape_has_worker(enum shape shape);
bool shape_is_container(enum shape shape);

/* cast.c: who lives there */
void cast_populate(struct machine *m);
void cast_born(struct machine *m); /* one more system, of a likely kind, running */
void system_start(struct machine *m, struct system *s);
void system_pause(const struct machine *m, struct system *s);
void system_resume(const struct machine *m, struct system *s);
struct task *system_add_task(struct machine *m, struct system *s, unsigned role);
void system_end_task(const struct machine *m, struct system *s, size_t i);
void system_happens(struct machine *m, struct system *s); /* a process comes or goes */
int64_t system_clock(const struct machine *m, const struct system *s);
uint64_t task_cpu(const struct machine *m, const struct system *s, const struct task *t);
uint64_t system_cpu(const struct machine *m, const struct system *s);
const struct role *role_at(unsigned role);
unsigned role_by_name(const char *name, bool *found); /* "ping.exe", "ping" */

/* answers.c: documents out */
void answer_systems(const struct machine *m, const cJSON *query, struct text *out);
void answer_properties(const struct machine *m, const struct system *s, bool statistics, bool processes,
                       bool memory, struct text *out);
void answer_error(const struct machine *m, int32_t result, const char *message, struct text *out);
void answer_exit(const char *exit_type, const char *detail, struct text *out);
void answer_string(struct text *out, const char *s); /* quoted */

/* storage.c */
int32_t storage_check(const struct machine *m, const char *id, const cJSON *document, unsigned *build);
void storage_free(struct machine *m);

/* process.c */
void processes_advance(struct machine *m);
void processes_orphan(struct machine *m);                      /* the machine goes */
void process_killed(struct machine_process *p, uint32_t code); /* its task is gone */

#endif
