/* backends/hcs/computecore_parts.h - what the files of this provider share: its state, calls, watched
 * systems, processes. */
#ifndef BACKENDS_HCS_COMPUTECORE_PARTS_H
#define BACKENDS_HCS_COMPUTECORE_PARTS_H

#include "backends/hcs/computecore_api.h"

#include <uv.h>

#include "backends/hcs/crew.h"
#include "backends/hcs/ferry.h"
#include "backends/hcs/pipe.h"
#include "backends/hcs/service.h"
#include "core/idmap.h"
#include "core/text.h"

#define HCS_E_SERVICE_DISCONNECT ((int32_t)UINT32_C(0x8037011E))
#define HCS_E_SYSTEM_NOT_FOUND   ((int32_t)UINT32_C(0x8037010E))

struct cc_ticket { /* what a thread of HCS is given: who is meant, and how it is told */
    __typeof__(&HcsGetOperationResult) result; /* no pointer to the service: it may be gone by then */
    __typeof__(&HcsCloseOperation) close;
    struct ferry *ferry;
    uint64_t to;
};

struct cc_watched { /* a system whose events are heard; its handle serves calls on it as well */
    uint64_t number;
    char *id;
    HCS_SYSTEM system; /* NULL: not opened yet, or not to be had */
    struct cc_ticket *ticket;
    int uses;      /* calls that are under way on the handle */
    bool unwanted; /* closed when the last of them is done */
    struct crew_job work;
    struct computecore *service;
    int32_t result;
    hcs_answer_cb done;
    void *user;
};

struct cc_process {
    struct hcs_process base;
    struct computecore *service;
    uint64_t number;
    char *id;
    wchar_t *parameters;
    uint32_t pid;
    HCS_SYSTEM system; /* NULL: not begun, or closed */
    HCS_PROCESS process;
    HCS_PROCESS_INFORMATION information;
    struct cc_ticket *ticket;
    struct crew_job work;
    int32_t result;
    char *document;              /* of a failed beginning; later ProcessStatus of its end */
    struct pipe *in, *out, *err; /* NULL: not asked for, or closed */
    int uses;                    /* calls on the handle */
    int pipes;                   /* not closed yet */
    uv_timer_t patience;         /* after its end: until its pipes have ended as well */
    struct text early;           /* written before it had begun, or before it knew its size */
    char *early_modify;          /* ProcessModifyRequest: its size was changed before it had begun */
    bool begun, exited, held, input_over, impatient;
    bool closed; /* nothing more is told; it is freed when all of it has ended */
    bool closing_handles;
};

struct computecore {
    struct hcs_service base;
    struct computecore_api api;
    struct ferry *ferry;
    uint64_t last_number;
    struct idmap calls, watched, processes; /* by their numbers */
    struct idmap watched_by_id;             /* by the hash of the id */
    struct crew *callers,
        *creators,  /* creating a process takes long, and may never end: others do not wait */
        *arrangers; /* one thread */
    int works;      /* of all, under way */
    struct cc_arrangement *arrangements; /* in the order in which they are done */
    struct scratch *scratch;             /* the arrangers' */
    struct network *network;
    bool gone, closing, told_all, ferry_closed;
    bool left_behind; /* a thread has not come back from HCS: what it works on stays in memory */
    int open_handles; /* ferry, crews, timer */
    struct error why;
    bool limited; /* HCS refuses this user; `why`, and the registry's list instead of HCS's */
    struct crew_job opening;
    uv_timer_t grace;       /* how long a close waits for answers that HCS owes */
    volatile LONG stopping; /* closing, for threads of the crews */
    char *host_name, *system_name;
    unsigned build;
    bool workstation;
    void (*done)(void *user);
    void *done_user;
};

/* computecore.c */
struct cc_ticket *cc_ticket_new(struct computecore *s, uint64_t to);
void cc_ticket_free(struct cc_ticket *t);
void cc_work(struct computecore *s, struct crew *crew, struct crew_job *work, void (*run)(struct crew_job *),
             void (*after)(struct crew_job *));
void cc_worked(struct computecore *s); /* first in each `after` */
void CALLBACK cc_on_event(HCS_EVENT *event, void *context);
char *cc_document(PWSTR document); /* to UTF-8, and frees it */

/* computecore_call.c: one call at a time from asking to answer */
void cc_call_system(struct hcs_service *, enum hcs_call, const char *id, const char *document,
                    hcs_answer_cb done, void *user);
/* HCS_PROCESS_MODIFY on its creator's handle; the others on handles of their own: HCS does one signal per
 * handle at a time, and a kill must not wait behind it. */
void cc_call_process(struct cc_process *p, enum hcs_process_call call, const char *document,
                     hcs_answer_cb done, void *user);
void cc_call_arrived(struct computecore *s, struct ferry_message *m);
void cc_calls_answer(struct computecore *s, int32_t result); /* all, now; late answers are swallowed */
void cc_calls_abandon(struct computecore *s); /* those that HCS still owes are not waited for */

/* computecore_watch.c */
void cc_watch(struct hcs_service *, const char *id, hcs_answer_cb done, void *user);
void cc_unwatch(struct hcs_service *, const char *id);
struct cc_watched *cc_watched_find(const struct computecore *s,
                                   const char *id); /* open and wanted, else NULL */
void cc_watched_release(struct cc_watched *w);      /* a use has ended */
void cc_watched_arrived(struct computecore *s, struct ferry_message *m);
void cc_watched_close_all(struct computecore *s);

/* computecore_arrange.c */
void cc_arrange(struct hcs_service *, enum hcs_arrangement, const char *id, const char *document,
                hcs_answer_cb done, void *user);
void cc_arrangements_answer(struct computecore *s, int32_t result); /* all, now; removals go on */

/* computecore_process.c */
struct hcs_process *cc_create_process(struct hcs_service *, const char *id, const char *parameters,
                                      const struct hcs_process_sink *sink, void *user);
void cc_process_call(struct hcs_process *, enum hcs_process_call, const char *document, hcs_answer_cb done,
                     void *user);
void cc_process_write(struct hcs_process *, const char *data, size_t len);
void cc_process_end_input(struct hcs_process *);
void cc_process_hold(struct hcs_process *, bool hold);
void cc_process_close(struct hcs_process *);
void cc_process_release(struct cc_process *p); /* a use has ended */
void cc_process_arrived(struct computecore *s, struct ferry_message *m);
void cc_processes_lost(struct computecore *s, bool tell); /* tell: with HCS_E_SERVICE_DISCONNECT */
void cc_processes_leave(struct computecore *s); /* those that a thread still works on are left to it */
void cc_close_soon(struct computecore *s);      /* is a close complete now? */

#endif
