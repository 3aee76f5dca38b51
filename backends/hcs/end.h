/* backends/hcs/end.h - how a compute system ends: it is asked to shut down, has its time, and is terminated
 * when that is over; and it has ended only when that was seen.
 *
 * HCS may answer a shutdown when it was delivered, when the system is down, or never, and so it may a
 * terminate: an answer ends nothing here. What ends it is the exit event, or that HCS does not list the
 * system any more. The time counts from the moment at which HCS was asked.
 */
#ifndef BACKENDS_HCS_END_H
#define BACKENDS_HCS_END_H

#include "backends/hcs/engine.h"

enum {
    STOP_SECONDS = 30, /* as long as Docker waits on Windows */
    /* After its first process has ended: its teardown has been measured at two minutes, and terminating it
     * before that damages its writable layer. Docker waits as long. */
    TEARDOWN_SECONDS = 300
};

struct end_wish {
    int seconds; /* from the asking on until it is terminated; 0: it is terminated at once, and not asked */
    bool paused; /* it must be resumed before it can be asked */
    bool tidy;   /* what was made for it is removed before its end is told */
    const char *verb; /* "stop": for sentences */
};

/* why NULL: it has ended. remark: what was done harsher than was asked, as in struct answer; NULL: nothing.
 * Both are borrowed for the call. */
typedef void (*end_cb)(void *user, const struct error *why, const char *remark);

/* Ends the system of that key; done hears it once, later, also when the engine is closed, and the ending is
 * gone. Several ends of one system may be under way: it is asked to shut down once, and the first to
 * terminate it does so for all. */
struct ending *end_system(struct hcs *h, const char *key, const struct end_wish *wish, end_cb done,
                          void *user);

/* Whoever asked for it has left: what was asked to shut down is not terminated any more. */
void end_spare(struct ending *e);

/* The system has ended: whoever waits for that is answered. status: SystemExitStatus, or NULL: not told. */
void ends_seen(struct hcs *h, const char *key, const char *status);

void ends_close(struct hcs *h); /* the service is closed: what still waits for an end hears that */

bool end_is_ours(const struct entry *e); /* a porthole has launched it, maybe another one */

/* Removes the endpoint and the writable layer of one that has ended; neither while closing nor offline. done
 * may be NULL, and hears what failed. */
void end_tidy(struct hcs *h, const char *key, hcs_answer_cb done, void *user);

#endif
