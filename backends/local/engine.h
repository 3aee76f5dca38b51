/* backends/local/engine.h - what the files of the local engine share.
 *
 * Everything under way is a task: it keeps the engine's memory alive until it ends, and answers its op at
 * most once. A job is a task that does its work on a thread of the pool. Across turns of the loop containers
 * are named by id only.
 */
#ifndef BACKENDS_LOCAL_ENGINE_H
#define BACKENDS_LOCAL_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "backends/local/shared/paths.h"
#include "backends/local/shared/runtime.h"
#include "backends/local/shared/state.h"
#include "backends/local/shared/wire.h"
#include "backends/procfs.h"
#include "core/backend.h"
#include "core/memory.h"
#include "core/text.h"

struct cgroups;
struct follower;
struct sampler;
struct spawned;

enum { READ_ROOM = 64 * 1024 };

struct entry { /* a container that the list knows */
    struct state state;
    struct state_record shown; /* points into state */
    bool cleaning;             /* its keeper is dead, and what it left is being cleared away */
    bool stuck;                /* that failed: not tried again until its state changes */
    bool seen;                 /* in the list that is being read */
};

struct entries { /* sorted by id */
    struct entry **rows;
    size_t count, room;
};

struct local {
    struct backend backend;
    struct paths *paths;    /* NULL: broken tells why */
    struct error broken;    /* why it cannot work at all */
    struct runtime runtime; /* path NULL: not known yet, or none works (no_runtime tells) */
    struct error no_runtime;
    struct error no_vm;       /* ERROR_NONE: VMs can be launched */
    char *vm_words, *vm_cost; /* for the version and the launch form; NULL none */
    struct cgroups *cgroups;
    struct procfs_clock clock;
    char *boot;

    uv_timer_t begin;    /* when to go online without waiting for the runtime's probe any longer */
    uv_timer_t watchdog; /* looks for dead keepers */
    uv_poll_t watch;     /* inotify: the folder of states, and the logs that are followed */
    int inotify, states_watch;
    bool watching;
    uint64_t start_progress; /* ms after which a start is told to take long, and again and again */

    bool online, listed, closing;
    struct entries entries;
    struct changes *changes; /* states that are to be read again */
    size_t doubtful;         /* the entry whose keeper is looked at closely next */
    int cleaners;

    struct sampler *sampler;
    struct follower *followers; /* of logs */
    struct spawned *keepers;    /* keepers that we started and that still run */

    struct task *tasks;
    size_t holds; /* tasks, handles and the like that still need this memory */
    struct op *close_op;
    char read_room[READ_ROOM]; /* for all streams: what is read is used at once */
};

/* local.c */

void local_break(struct local *l, const struct error *why); /* goes offline, in the next turn */
bool local_usable(struct local *l, struct op *op);          /* else op is answered with the reason */
bool local_key_ok(const char *key, struct op *op);          /* the same */

/* The state as it is on the disk now; ERROR_NOT_FOUND and a sentence when there is no such container. For
 * threads. */
bool local_read_state(const struct local *l, const char *id, struct state *s, struct error *e);

/* task.c */

struct task {
    struct local *local;
    struct op *op; /* NULL: nobody waits (any more) */
    struct task *next, **at;
    void (*stop)(
        struct task *); /* asker or engine is gone: end soon, but not from inside; NULL: it just runs on */
};

/* op may be NULL. The answer, if any, comes by task_finish or task_fail; task_end is the last word. */
void task_begin(struct task *t, struct local *l, struct op *op, void (*stop)(struct task *));
void task_finish(struct task *t, struct answer *answer);
void task_succeed(struct task *t);
void task_fail(struct task *t, const struct error *why);
void task_end(struct task *t);       /* it must have been answered */
void task_stop_all(struct local *l); /* answers all with ERROR_CANCELLED */

struct job {
    struct task task;
    uv_work_t work;
    void (*run)(struct job *);  /* on a thread: only its own memory and what never changes in local */
    void (*done)(struct job *); /* on the loop, always; calls job_end */
};

void job_start(struct job *j, struct local *l, struct op *op, void (*run)(struct job *),
               void (*done)(struct job *));
void job_again(struct job *j); /* from inside done: run once more */
void job_end(struct job *j);   /* frees j */

void local_hold(struct local *l);
void local_release(struct local *l); /* the last one frees it, when it is closing */

/* entries.c: the list */

void entries_close(struct local *l); /* what is known goes; watching ends */
void entries_list(struct local *l);
bool entries_watch(struct local *l, struct error *e); /* from now on inotify is read */
struct entry *entries_find(struct local *l, const char *id);
void entries_changed(struct local *l, const char *id); /* have its state read again, soon */
void entries_tell(struct local *l, struct entry *en, unsigned fields);

/* watchdog.c: keepers that died */

bool keeper_lives(const struct state *s); /* asks the kernel; careful about reuse of its pid */

/* Is it stopped by a signal, so that it answers nobody? */
bool keeper_stopped(const struct state *s);

/* Ends a keeper that does not end by itself, and waits for that; its container is to be cleared after it.
 * False and e: it is still there. For threads. */
bool keeper_kill(const struct state *s, struct error *e);

/* Does it say that it runs, while its keeper is dead? Then it is to be cleared. Both for threads. */
bool watchdog_must_clear(const struct local *l, const struct state *s);
bool watchdog_clear(const char *id, struct error *e);

/* Runs the keeper's program with an option, "--clean" or "--remove". False and its reason. */
bool keeper_program(const char *option, const char *id, struct error *e);

void watchdog_clean(struct local *l, struct entry *en); /* has it cleared, if it is not being cleared yet */
void watchdog_start(struct local *l);
void watchdog_check(struct local *l, struct entry *en, bool closely);

/* Both call back once, from the loop; why NULL: it went well; ERROR_CANCELLED when the engine is being
 * closed. remark: as in struct answer, borrowed; NULL none. */
typedef void (*keeper_cb)(void *user, const struct error *why, const char *remark);

/* spawn.c: starts a keeper and waits until it is ready or has ended, however long that takes: only the keeper
 * itself knows what is slow and what has failed. The asker's op is told every l->start_progress ms who is
 * waited for. hold: the keeper opens its socket only, and waits to be told to start. */
void spawn_keeper(struct local *l, const char *id, bool hold, struct task *asker, keeper_cb cb, void *user);
void spawn_forget_all(struct local *l); /* they go on */

/* slow.c: what is told of a start that takes long: whom the keeper waits for, as the kernel knows it. */
void slow_tell(struct task *asker, uint64_t seconds, uint32_t keeper);

/* control.c: asks a keeper to do something and waits until it is done. */
struct control {
    const char *verb;   /* "start", "stop", ... */
    const char *signal; /* NULL the default */
    int timeout;        /* of "stop" and "restart", in seconds; -1 the default */
    int patience; /* seconds beyond that; 0: as long as is usual. Not of "start" and "restart", which take
                     as long as they take while the keeper lives */
    bool force;   /* of "shutdown": also what is being started */
    struct task *asker; /* whose op is told of a start that takes long; NULL nobody's */
};
void control_send(struct local *l, const struct state *s, const struct control *control, keeper_cb cb,
                  void *user);

/* usage.c */

struct sampler *usage_new(struct local *l);

/* The functions of local_backend. */
void local_act(struct backend *b, struct op *op, const char *key, enum verb verb,
               const struct act_options *options);
void local_rename(struct backend *b, struct op *op, const char *key, const char *name);
void local_launch(struct backend *b, struct op *op, const struct launch_spec *spec);
void local_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields);
void local_processes(struct backend *b, struct op *op, const char *key);
void local_inspect(struct backend *b, struct op *op, const char *key);
bool local_spec_of(struct backend *b, const char *key, struct launch_spec *out);
void local_images(struct backend *b, struct op *op);
void local_image_import(struct backend *b, struct op *op, const char *name, const char *path);
void local_image_remove(struct backend *b, struct op *op, const char *name);

#endif
