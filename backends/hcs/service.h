/* backends/hcs/service.h - Windows' Host Compute Service, as the engine asks it: UTF-8, asynchronous,
 * answered on the loop.
 *
 * Two providers fill the table: computecore.c (the service of this Windows, through computecore.dll) and
 * backends/sim (a simulated one). For both:
 *
 * - thread: Everything here runs on the loop's thread. A provider that hears from its system on another
 *   thread copies what it heard and crosses over with uv_async.
 * - waiting: Nothing waits. What is synchronous in the system (opening a handle, service properties) runs on
 *   a worker.
 * - answers: A call is answered exactly once, never from inside the call. HCS cannot cancel: whoever has no
 *   patience left ignores the late answer. close() answers what is open with HCS_ABORTED.
 * - several at once: Calls of one system go out beside each other: none waits for the answer to another, and
 *   above all a terminate not for that to a shutdown.
 * - documents: JSON in UTF-8, ended by a NUL; borrowed for the call in both directions. NULL: none.
 * - results: HRESULTs as HCS gives them: < 0 failed (S_FALSE is a success). With a failure comes the error
 *   document, or NULL.
 * - handles: Systems are named by their ids. The provider opens a handle for a call, and closes it after the
 *   answer; it keeps one open for each watched system, and makes its calls on that one.
 */
#ifndef BACKENDS_HCS_SERVICE_H
#define BACKENDS_HCS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/console.h"
#include "core/error.h"

struct host_source;
struct hcs_process;
struct hcs_service;
struct uv_loop_s;

#define HCS_ABORTED ((int32_t)UINT32_C(0x80004004)) /* E_ABORT: the service was closed before the answer */

/* Each with its document, then the document of its answer. */
enum hcs_call {
    HCS_ENUMERATE,          /* SystemQuery or NULL: all; [ComputeSystemProperties] (id: NULL) */
    HCS_SERVICE_PROPERTIES, /* Service_PropertyQuery; ServiceProperties (id: NULL) */
    HCS_PROPERTIES,         /* System_PropertyQuery or NULL: basic; ComputeSystemProperties */
    HCS_CREATE,             /* ComputeSystem, or v1's; NULL */
    HCS_START,              /* NULL; NULL */
    /* ShutdownOptions or NULL, of which a host may take one only; NULL. Answered when it was asked to, or
     * when it is down, or never: its end is an event. */
    HCS_SHUTDOWN,
    HCS_TERMINATE, /* NULL; NULL. Answered as HCS_SHUTDOWN is */
    HCS_PAUSE,     /* PauseOptions or NULL; NULL */
    HCS_RESUME,    /* NULL; NULL */
    HCS_MODIFY     /* ModifySettingRequest; NULL */
};

enum hcs_process_call {
    HCS_PROCESS_MODIFY,   /* ProcessModifyRequest; NULL */
    HCS_PROCESS_SIGNAL,   /* SignalProcessOptions; NULL. May be answered only when the process has ended */
    HCS_PROCESS_TERMINATE /* NULL; NULL. This process, not its children */
};

/* What a launch needs besides HCS: storage and network; the answers are documents of ours. */
enum hcs_arrangement {
    /* NULL; [{Name, Id, Build, Size, Layers: [{Id, Path}]}] and what defaults.h names, the topmost layer
     * first, of images whose layers are on the host (id: NULL). A layer's Id is what Windows makes of the
     * folder's name. */
    HCS_IMAGES,
    /* LayerData; {Folder, UtilityVM}: a writable layer over those, for the container of this id; and of the
     * topmost layer that has one, the folder that a utility VM boots from. */
    HCS_SCRATCH_CREATE,
    /* LayerData; {Volume}: the path of its volume, without a slash at the end; for process isolation only. */
    HCS_SCRATCH_MOUNT,
    HCS_SCRATCH_REMOVE,  /* NULL; NULL. Unmounts it as well. S_FALSE: there was none */
    HCS_ENDPOINT_CREATE, /* HostComputeEndpoint; {Endpoint}: its GUID */
    /* NULL; {Namespace}: its GUID; it has this container's endpoint in it, for process isolation only. */
    HCS_NAMESPACE_CREATE,
    HCS_ENDPOINT_REMOVE, /* NULL; NULL. Its namespace as well. S_FALSE: there was none */
    /* [ids]; NULL. Removes what was arranged for containers that are not among these, and that nobody is
     * launching (id: NULL). */
    HCS_SWEEP
};

/* The numbers of HCS_EVENT_TYPE, with their documents; those that are not named here are not passed on. */
enum hcs_event {
    HCS_EVENT_SYSTEM_EXITED = 0x1,          /* SystemExitStatus */
    HCS_EVENT_CRASH_INITIATED = 0x2,        /* CrashReport */
    HCS_EVENT_CRASH_REPORT = 0x3,           /* CrashReport */
    HCS_EVENT_SILO_JOB_CREATED = 0x5,       /* NULL */
    HCS_EVENT_GUEST_CONNECTION_CLOSED = 0x6 /* NULL */
};

typedef void (*hcs_answer_cb)(void *user, int32_t result, const char *document);

struct hcs_host {       /* the machine under the service; borrowed for the call */
    const char *name;   /* host name; NULL unknown */
    const char *system; /* "Windows Server 2022 (20348)"; NULL unknown */
    unsigned build;     /* 20348; 0 unknown */
    bool workstation;   /* a client edition: its default isolation is hyperv */
    bool limited; /* this user may not call the service: only HCS_ENUMERATE is answered, with Id and (of VMs)
                     SystemType */
};

struct hcs_service_sink { /* what the owner hears, from the loop, never from inside a call */
    /* It can be called. Once, or unusable instead. */
    void (*ready)(void *user, const struct hcs_host *host);
    /* It cannot be called here, or not by this user; the sentence says why and what to do. Only close() is
     * left. */
    void (*unusable)(void *user, const struct error *why);
    /* Of a watched system. After HCS_EVENT_SYSTEM_EXITED it is not watched any more. */
    void (*event)(void *user, const char *id, enum hcs_event type, const char *document);
    /* The service went away. Every handle is lost: nothing is watched any more, processes end by closed(). */
    void (*disconnected)(void *user);
};

struct hcs_process_sink { /* of one process, from the loop, never from inside a call */
    /* It runs, and its pid; or result < 0: it does not, and the process is gone. */
    void (*started)(void *user, int32_t result, const char *document, uint32_t pid);
    void (*output)(void *user, enum console_stream stream, const char *data, size_t len);
    void (*drained)(void *user); /* all that was written has left */
    /* It has ended and all its output was told: ProcessStatus, or result < 0 when it was lost. The process is
     * gone. */
    void (*closed)(void *user, int32_t result, const char *document);
};

struct hcs_service_type { /* a provider */
    const char *name;
    /* Never NULL. address NULL: the default. */
    struct hcs_service *(*open)(struct uv_loop_s *loop, const char *address,
                                const struct hcs_service_sink *sink, void *user);
    /* Answers all calls and drops all processes (nothing is told to their sinks, nor to ours), then done: it
     * is gone. */
    void (*close)(struct hcs_service *, void (*done)(void *user), void *user);
    void (*call)(struct hcs_service *, enum hcs_call, const char *id, const char *document,
                 hcs_answer_cb done, void *user);
    /* Keeps a handle open and hears its events; answered when that stands, or failed. Watching twice is
     * watching once. */
    void (*watch)(struct hcs_service *, const char *id, hcs_answer_cb done, void *user);
    void (*unwatch)(struct hcs_service *,
                    const char *id); /* an answer to watch that is still open comes all the same */
    /* ProcessParameters; the streams that it asks for are read at once, unless held. Never NULL. */
    struct hcs_process *(*create_process)(struct hcs_service *, const char *id, const char *parameters,
                                          const struct hcs_process_sink *sink, void *user);
    /* Of a process. done may be NULL: then nobody wants to know. */
    void (*process_call)(struct hcs_process *, enum hcs_process_call, const char *document,
                         hcs_answer_cb done, void *user);
    void (*process_write)(struct hcs_process *, const char *data, size_t len); /* copies */
    void (*process_end_input)(
        struct hcs_process *); /* after what was written: closes the pipe and sends CloseHandle */
    void (*process_hold)(struct hcs_process *, bool hold); /* stop reading its output, or go on */
    void (*process_close)(
        struct hcs_process *); /* it goes on without us; nothing more is heard, the process is gone */
    /* What of it exists only for a launch. */
    void (*arrange)(struct hcs_service *, enum hcs_arrangement, const char *id, const char *document,
                    hcs_answer_cb done, void *user);
    /* The host's processes as this service's machine has them; NULL: the machine that we run on. The
     * service's own. */
    struct host_source *(*host)(struct hcs_service *);
};

struct hcs_service { /* an open one; providers embed it first */
    const struct hcs_service_type *type;
    struct uv_loop_s *loop;
    const struct hcs_service_sink *sink;
    void *user;
    unsigned
        speed; /* its clock runs so many times faster than ours, and so do our time-outs; 0 as 1: as ours */
};

struct hcs_process { /* providers embed it first */
    struct hcs_service *service;
    const struct hcs_process_sink *sink;
    void *user;
};

#endif
