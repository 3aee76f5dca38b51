/* backends/sim/machine.h - a simulated Windows host under a Host Compute Service: compute systems of every
 * shape, their processes, the host's own, and a clock. Pure: no loop, no threads; the same seed and the same
 * calls give the same host.
 *
 * Calls are answered at once, with HCS's own documents and HRESULTs; whoever gives the machine a skin
 * (service.c on a loop, a stand-in computecore.dll on threads) makes them late. Nothing happens but in
 * machine_advance and in calls.
 */
#ifndef BACKENDS_SIM_MACHINE_H
#define BACKENDS_SIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/hcs/service.h"
#include "core/text.h"

struct host_table;
struct machine;
struct machine_process; /* one that was created through a call, with pipes: backends/sim/process.h */

/* When HCS answers a call that went well: real hosts do each of these for a shutdown. */
enum machine_answer { ANSWER_SOON, ANSWER_AT_EXIT, ANSWER_NEVER };

enum machine_errors { /* what error documents look like */
                      ERRORS_PLAIN,
                      ERRORS_OLD,  /* always there; their Error is of vmcompute.dll's family 0xC037; Data[] */
                      ERRORS_WIN32 /* as ERRORS_OLD, but it is a Win32 error */
};

struct machine_options { /* {0} is no good: see machine_options_init */
    unsigned systems;    /* how many compute systems at first */
    uint64_t seed;
    bool still;       /* nothing is born or dies by itself, every rate stays as it is */
    unsigned churn;   /* a system ends and another begins every so many ms of its clock; 0 never */
    bool workstation; /* Windows 11, not a server */
    bool old;         /* as of 1809: schema 2.1 */
    bool high_pids;   /* the host's pids are above 2^31 */
    bool strange;     /* fields and words that no schema has yet; broken counters */
    /* Faults. */
    bool refuse;        /* every call: HCS_E_ACCESS_DENIED */
    bool missing;       /* every call: HCS_E_SERVICE_NOT_AVAILABLE */
    bool no_statistics; /* a property query that asks for statistics fails as a whole */
    unsigned vanish;    /* so many of 100 property queries find the system gone, though it is not */
    bool stubborn;      /* a shutdown is accepted and has no effect */
    bool strict;        /* a shutdown without a document is HCS_E_INVALID_JSON; */
    bool bare;          /* with one E_INVALIDARG; */
    bool unreachable;   /* and in any form HCS_E_CONNECT_FAILED: nobody inside can be asked */
    bool deathless;     /* a terminate is accepted and has no effect */
    unsigned teardown;  /* ms from a shutdown to the end of the system; 0: as long as on a quiet host */
    enum machine_answer answers[HCS_MODIFY + 1]; /* of each call */
    enum machine_errors errors;
    bool broken; /* enumerations are cut in the middle */
};

void machine_options_init(struct machine_options *o); /* the demonstration host */

/* "systems=10000,seed=7": names as above, and words: "shutdown=late" (answered at the exit; so for each call
 * on a system), "shutdown=never", "shutdown=strict", "shutdown=bare", "shutdown=unreachable",
 * "terminate=deaf", "errors=old", "errors=win32". False and e when a word is not known; skin (may be NULL) is
 * asked about words that are not the machine's. */
bool machine_options_parse(struct machine_options *o, const char *words,
                           bool (*skin)(void *user, const char *name, unsigned value), void *user,
                           struct error *e);

struct machine *machine_new(const struct machine_options *o, int64_t now); /* ms since 1970 */
void machine_free(
    struct machine *m); /* processes that are still held become deaf, and are dropped by their holders */

void machine_advance(struct machine *m, int64_t now); /* lives on until then */
int64_t machine_now(const struct machine *m);
int64_t machine_next_end(const struct machine *m); /* of a system that is shut down; 0: of none */
const struct machine_options *machine_options(const struct machine *m);

/* One call of service.h; document NULL: none. The answer's document, or error document, is added to `answer`;
 * nothing is added where HCS gives none. Returns the HRESULT. */
int32_t machine_call(struct machine *m, enum hcs_call call, const char *id, const char *document,
                     struct text *answer);

/* When a call that went well is to be answered. */
enum machine_answer machine_answers(const struct machine *m, enum hcs_call call);

/* What a shutdown or terminate is answered whose system has ended, as the SystemExitStatus says; and any
 * other call that waited for that end. */
int32_t machine_exit_answer(enum hcs_call call, const char *status);

/* What a launch needs besides HCS, in the same way. */
int32_t machine_arrange(struct machine *m, enum hcs_arrangement what, const char *id, const char *document,
                        struct text *answer);
size_t machine_arranged(const struct machine *m); /* scratch layers and endpoints that stand */

/* What the registry tells a user whom HCS refuses: [{Id, SystemType of VMs}] */
void machine_store(const struct machine *m, struct text *answer);

bool machine_has(const struct machine *m, const char *id); /* could a handle to it be opened? */

/* HcsCreateProcess. NULL and *result, and maybe an error document, when it fails. The caller drops the
 * process. */
struct machine_process *machine_spawn(struct machine *m, const char *id, const char *parameters,
                                      int32_t *result, struct text *answer);

struct machine_event {
    enum hcs_event type;
    char *id; /* of the system; the taker frees this and the document */
    char *document;
};

/* What has happened, oldest first. A system that ends has ended all its processes before. */
bool machine_take_event(struct machine *m, struct machine_event *out);

/* The host's processes: its own, those of process-isolated containers (the same pids), and the workers of
 * VMs. The caller frees. */
struct host_table *machine_host(const struct machine *m);

size_t machine_count(const struct machine *m);                    /* systems */
const char *machine_system_at(const struct machine *m, size_t i); /* its id */

const char *machine_name(const struct machine *m);   /* host name */
const char *machine_system(const struct machine *m); /* "Windows Server 2022 (20348)" */
unsigned machine_build(const struct machine *m);

#endif
