/* tests/backends/hcsroom.h - a session with the HCS engine over the simulated host, which counts what the
 * engine calls and notes how the calls of a stop lie. One room at a time.
 */
#ifndef TESTS_BACKENDS_HCSROOM_H
#define TESTS_BACKENDS_HCSROOM_H

#include <uv.h>

#include "backends/hcs/service.h"
#include "core/session.h"

enum { MOST_REPLIES = 4 };

struct hcsroom_tally { /* since the room was opened */
    int calls[HCS_MODIFY + 1];
    struct hcs_service *service;
    bool owes_shutdown;    /* it is not answered */
    bool beside;           /* a terminate went out meanwhile */
    int64_t asked, killed; /* uv_now */
};

extern struct hcsroom_tally tally;
extern struct hcs_service_type
    provider; /* what the engine calls: the simulated host's functions, or a test's own */

struct reply {
    struct answer answer;
    int times;
};

struct room {
    uv_loop_t loop;
    uv_timer_t alarm;
    bool late, closed;
    struct model *model;
    struct session *session;
    struct reply replies[MOST_REPLIES];
    size_t n_replies;
};

/* manner: words of backends/sim/machine.h on a host of 14 systems that keeps still. */
struct room *open_room(const char *manner);
void close_room(struct room *r); /* each op was answered once */

/* False: not within a minute. */
bool wait_for(struct room *r, bool (*done)(const struct room *r, const void *data), const void *data);

void on_reply(void *user, struct answer *answer); /* an op_cb; user: struct reply */
struct reply *begin(struct room *r, const char *name, enum verb verb, const struct act_options *options);
const struct answer *finish(struct room *r, struct reply *reply);

/* Both; a removal is by force. seconds: the options' timeout. */
const struct answer *act_in_room(struct room *r, const char *name, enum verb verb, int seconds);

bool is_missing(const struct room *r, const void *name); /* for wait_for: the list does not have it */
bool is_there(struct room *r, const char *key);          /* does the host have it? */
char *key_of(const struct room *r, const char *name);    /* the caller frees */

/* It went well, and its remark has these words in it; NULL: it has none. */
void expect_remark(const struct answer *answer, const char *words);

#endif
