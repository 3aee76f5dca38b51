/* backends/local/keeper/keeper.h - what the files of the keeper share.
 *
 * A keeper is for one container and one run of it, or several when it is restarted. Phases:
 *   HELD      its socket listens, nothing runs yet (--hold)
 *   STARTING  the OCI runtime is at work, or the VM comes up
 *   RUNNING   the container's first process runs (or is paused)
 *   ENDED     it has ended; its last output is being read
 *   BETWEEN   it is to start again: the last that was under way in it is waited for
 *   LEAVING   everything is tidied up and written down; the clients get their last frames
 * Its working directory is the container's folder: names without a slash are files in there.
 */
#ifndef BACKENDS_LOCAL_KEEPER_KEEPER_H
#define BACKENDS_LOCAL_KEEPER_KEEPER_H

#include <stdbool.h>
#include <uv.h>

#include "backends/local/keeper/children.h"
#include "backends/local/keeper/log.h"
#include "backends/local/keeper/output.h"
#include "backends/local/keeper/wall.h"
#include "backends/local/shared/images.h"
#include "backends/local/shared/runtime.h"
#include "backends/local/shared/state.h"

enum keeper_phase { PHASE_HELD, PHASE_STARTING, PHASE_RUNNING, PHASE_ENDED, PHASE_BETWEEN, PHASE_LEAVING };

/* START_SECONDS: from when the runtime, or the guest, is asked for the first process. What has to be made
 * before, an image's disk for instance, has limits of its own. */
enum { START_SECONDS = 120, STOP_SECONDS = 10, STALLED_SECONDS = 10, LEAVE_SECONDS = 5 };

struct keeper {
    uv_loop_t loop;
    uv_signal_t terminate;
    uv_timer_t deadline; /* of a start, of a stop, then of what comes between two runs, or of leaving */
    uv_timer_t retry;    /* of a state that could not be written */
    struct paths *paths;
    struct state state;
    struct image_config image;
    struct runtime runtime;
    struct children *children;
    struct network *network; /* NULL: it needs no help */
    struct server *server;
    const struct wall *wall;                              /* by which it is isolated */
    struct vm *vm;                                        /* its machine; NULL in process isolation */
    const struct wall_hooks *starting;                    /* who waits for the first process */
    bool (*networked)(struct keeper *k, struct error *e); /* what follows when the network is there */
    int process;                                          /* its first one, as the wall knows it; 0 none */
    struct output *output;                                /* of the first process */
    struct log *log;
    enum keeper_phase phase;
    int lock;            /* held for as long as there is a keeper */
    int exit_code;       /* of the container */
    struct error ending; /* ERROR_NONE: it ended by itself; else what a person should know of its end */
    unsigned execs;      /* how many there have been: numbers their files */
    unsigned execs_open; /* of these, under way */
    bool hold;           /* whoever started us has got his line before the container runs */
    bool unsaved;        /* the state could not be written yet */
    int start_seconds;   /* how long a start may take */
    bool stop_wanted;    /* while STARTING; with: */
    int wanted_signal, wanted_seconds;
    struct error aborted;    /* ERROR_NONE, or why what is STARTING is being ended */
    bool again;              /* when it has ended it is to start again */
    int stop_seconds;        /* of the stop that waits for the end of this run; 0 none */
    char *remark;            /* what became harsher than was asked in the end of this run; NULL nothing */
    struct freeze *freezing; /* a pause or resume that is under way */
};

struct keeper_options {
    bool hold;
    int start_seconds; /* 0: START_SECONDS */
};

/* Runs a keeper to its end; the exit code of the program. */
int keeper_run(const char *id, const struct keeper_options *options);

void keeper_start(struct keeper *k);   /* HELD -> STARTING */
void keeper_dismiss(struct keeper *k); /* HELD: it is not to be started after all */

/* STARTING: from now on it must not take longer than it may. */
void keeper_expect_start(struct keeper *k);
/* STARTING: it is to be stopped as soon as it runs, and ended if it does not run within so many seconds. */
void keeper_stop_start(struct keeper *k, int signal, int seconds);
/* STARTING: ends whatever is at work, and with it the start. */
void keeper_abort_start(struct keeper *k, const struct error *why);

void keeper_save(struct keeper *k);       /* writes the state, again and again if need be */
void keeper_stay_ended(struct keeper *k); /* what was to start again is not to, after all */
void keeper_check_left(struct keeper *k); /* a client, an exec or a freeze is gone, was it the last? */

#endif
