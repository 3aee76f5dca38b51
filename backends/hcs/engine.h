/* backends/hcs/engine.h - what the files of the engine share: its state, and an entry per compute system. */
#ifndef BACKENDS_HCS_ENGINE_H
#define BACKENDS_HCS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "backends/hcs/document.h"
#include "backends/hcs/hcs.h"
#include "core/host.h"
#include "core/idmap.h"

struct own;
struct ending;
struct request;
struct hcs_console;

struct entry {                /* one compute system */
    struct entry *next;       /* of those with the same hash */
    struct entry *next_in_vm; /* of those in the same VM */
    size_t at;                /* in hcs.entries */
    unsigned round;           /* of the enumeration that has seen it last */
    char *key, *name, *label, *owner,
        *vm; /* name: what people see; label: of the owner; vm: RuntimeId; NULL: none */
    enum hcs_kind kind;
    enum isolation isolation;
    const char *reason; /* of the isolation; a constant */
    struct own *own;    /* NULL: others have launched it */
    bool is_linux, watched;
    bool silo;               /* HCS tells of a silo of the host's kernel (ObRoot) */
    bool without_statistics; /* asked for them together with the processes it failed: ask for the list only */
    enum container_state state;
    uint64_t last_cpu; /* 100 ns, and when that was: ms; 0: not measured yet */
    int64_t last_when, started;
    double cpu;
    uint64_t memory, host_memory;
    int32_t processes;
    struct worker *workers; /* their names are constants; NULL: none were found yet */
    size_t n_workers;
};

struct verdict { /* what cannot be done to systems of one kind */
    const char *why_not[VERB_COUNT];
    struct refusals *held;
};

struct hcs {
    struct backend base;
    struct hcs_service *service;
    struct op *close_op;
    bool closing, offline, online;
    int holds; /* uv handles that are not closed yet */
    char *version;
    const char *limited; /* NULL; or why this user sees ids only, and can do nothing; a constant */
    struct windows_host windows;

    /* list.c */
    struct idmap by_key, by_vm; /* first struct entry of each hash */
    struct entry **entries;
    size_t n_entries, entries_room;
    struct verdict verdicts[16]; /* those that have been told */
    size_t n_verdicts;
    unsigned round;
    bool must_list, has_listed, enumerating, again;
    bool changed; /* the round found something new */
    uv_timer_t clock;
    unsigned pause; /* ms until the next enumeration when nothing happens */
    size_t n_watched;

    /* workers.c */
    struct host_source *host; /* NULL: there is none to read */
    struct op *host_op;
    uint64_t host_read; /* uv_now of the last reading */

    /* sample.c */
    uv_timer_t sampler;
    char **wanted;                    /* keys, a block as mem_strings makes; NULL: none */
    size_t n_wanted, at_wanted, left; /* left: to be asked in this round */
    unsigned wanted_fields;
    struct query *queries; /* in flight */
    unsigned in_flight;

    struct own *owns;             /* own.c: containers that were launched here */
    struct request *requests;     /* act.c: ops that are not answered */
    struct ending *endings;       /* end.c: ends that are under way */
    struct hcs_console *consoles; /* console.c */
};

/* hcs.c */
void hcs_timer_init(struct hcs *h, uv_timer_t *timer, void *data);
void hcs_release(struct hcs *h);                      /* a handle of hcs_timer_init is closed */
uint64_t hcs_in_ms(const struct hcs *h, int seconds); /* of the service's clock, for a timer */
void hcs_timer_close(struct hcs *h, uv_timer_t *timer);
void hcs_offline(struct hcs *h, const struct error *why);
void hcs_lost(struct hcs *h, int32_t result, const char *document, const char *what); /* offline, with why */

/* list.c */
void list_soon(struct hcs *h); /* something has changed, or will: enumerate in a moment */
void list_finish(struct hcs *h);
bool list_take(struct hcs *h, const cJSON *properties); /* takes in one system, as from an enumeration */
struct entry *entry_find(const struct hcs *h, const char *key);
struct entry *entry_of_vm(const struct hcs *h, const char *vm); /* the first; next_in_vm goes on */
void entry_tell(struct hcs *h, const struct entry *e, unsigned fields);
void entry_gone(struct hcs *h, struct entry *e);
/* NULL: rights, its mode and kind allow it. */
const char *entry_refusal(const struct hcs *h, const struct entry *e, enum verb verb);

/* workers.c */
void workers_read(struct hcs *h); /* asks the host; tells what changed, then list_finish */
bool workers_wanted(const struct hcs *h);

/* sample.c */
void sample_close(struct hcs *h);

/* act.c */
void requests_close(struct hcs *h);
const char *act_exec_refusal(enum container_state state); /* why nothing can be run in it; NULL: it can */

/* console.c */
void console_resize_process(struct hcs *h, struct hcs_process *p, int rows, int cols);
void console_signal_process(struct hcs *h, struct hcs_process *p, int number);
void consoles_closed(struct hcs *h); /* their owners hear that the engine was closed */

#endif
