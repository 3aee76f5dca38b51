/* tests/windows/standin/standin.h - a stand-in for Windows' computecore.dll: the simulated host of
 * backends/sim behind the same functions, with HCS's manners. It answers on threads of its own, late and
 * maybe two at a time; closing a handle waits for its callbacks; a handle that is used after it was closed,
 * or closed within its own callback, ends the program with a sentence and exit code 99.
 *
 * PORTHOLE_STANDIN in the environment: words as backends/sim/machine.h has them, and
 *
 * - speed=N: the host's clock runs so many times faster (1)
 * - delay=MS: every answer takes so long (2)
 * - linger=MS: a call on a system returns only so long after it was made (0), maybe after its answer
 * - disconnect=MS: the service goes away so long after its first use (0: never)
 * - returns=MS: and is back so long after that (1500)
 * - early=1: HcsCreateProcess is done before it returns, and the wait for it fails once (as on Server 2022)
 * - fresh=1: the host begins anew when the service's properties are asked for and nobody has a handle open
 * - pids=1: processes of process-isolated systems that have a namesake on this machine get its pid and start
 *
 * Two programs are in every system: creating "hangs.exe" is never answered, and HcsCreateProcess for
 * "stuck.exe" does not return.
 */
#ifndef TESTS_WINDOWS_STANDIN_H
#define TESTS_WINDOWS_STANDIN_H

#include <stdbool.h>
#include <windows.h>

#include <computecore.h>

#include "backends/sim/machine.h"
#include "backends/sim/process.h"
#include "tests/windows/standin/records.h"

enum {
    MAGIC_OPERATION = 0x4f504552,
    MAGIC_SYSTEM = 0x53595354,
    MAGIC_PROCESS = 0x50524f43,
    MAGIC_CLOSED = 0x44454144
};

enum { OP_NEVER_USED, OP_RUNNING, OP_DONE };

struct operation {
    unsigned magic;
    int refs; /* the caller's, and the job's */
    HCS_OPERATION_COMPLETION callback;
    void *context;
    int state;
    HCS_OPERATION_TYPE type;
    HRESULT result;
    char *document;
    HCS_PROCESS_INFORMATION information;
    bool fails_once; /* the next wait fails */
    HANDLE done;     /* event */
};

struct listener {                /* of a system or a process */
    HCS_EVENT_CALLBACK callback; /* NULL: none */
    void *context;
    int running;  /* callbacks under way */
    DWORD thread; /* of the last of them */
};

struct open_system {
    unsigned magic;
    struct open_system *next;
    char *id;
    unsigned age; /* of the service: handles of before a disconnect are dead */
    struct listener listener;
};

struct open_process {
    unsigned magic;
    struct open_process *next;
    int refs; /* the caller's, the pump's, the job's */
    char *id;
    uint32_t pid;
    unsigned age;
    bool ours, gone; /* ours: created here; gone: it has ended */
    struct machine_process *process;
    char *status;
    HANDLE in, out, err; /* our ends */
    HCS_PROCESS_INFORMATION theirs;
    struct listener listener;
};

struct job;

struct standin {
    CRITICAL_SECTION lock; /* of all below */
    CONDITION_VARIABLE quiet;
    struct machine *machine;
    struct open_system *systems;
    struct open_process *processes;
    struct job *owed; /* calls that wait for the end of their system, or for ever */
    unsigned delay, linger, disconnect, returns, speed;
    bool early, pids, fresh;
    unsigned age;
    ULONGLONG began;
    int64_t clock;
    bool away;
};

struct standin *standin(void);         /* made at the first use */
void standin_renew(struct standin *s); /* the host begins anew */
int32_t standin_state(unsigned age);   /* S_OK, or why nothing can be called; with the lock held */

/* operation.c */
struct operation *operation_of(HCS_OPERATION handle);
HRESULT operation_begin(struct operation *op,
                        HCS_OPERATION_TYPE type); /* takes a reference when it is S_OK */
void operation_end(struct operation *op, HRESULT result,
                   char *document); /* takes document; on a thread of ours */
void operation_drop(struct operation *op);

/* Runs `run` after the delay on a thread of ours. */
void standin_later(unsigned ms, void (*run)(void *data), void *data);

/* listener.c: the lock is held before and after, not within */
void listener_tell(struct listener *l, HCS_EVENT_TYPE type, const char *document);
void listener_close(struct listener *l, const char *what); /* waits for callbacks */

/* system.c: with the lock held, which is let go meanwhile */
void system_exited(struct standin *s, const char *id, const char *status);

/* process.c */
void process_tell_disconnect(struct standin *s);
bool process_held(const struct standin *s); /* has anybody a handle open? */
bool process_has_open(const struct standin *s, const char *id);

/* lasting.c: systems over layers. With the lock held, or before there is one. */
int32_t lasting_create(const char *id, char **document); /* the failure, or the document for the machine */
void lasting_started(const char *id);
void lasting_runs(const char *id, const char *parameters); /* its first process */
void lasting_gone(const char *id);
void lasting_come_back(struct machine *m); /* those of earlier programs */

char *standin_pids(char *document); /* takes and gives a Properties document */

#endif
