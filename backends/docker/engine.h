/* backends/docker/engine.h - what the files of Docker's engine share.
 *
 * A call is a question that takes some requests, one after the other, and answers at most one op. A stream is
 * an open console. Both end at once when the engine is closed or the asker leaves; what a thread does for a
 * call is waited for. Across turns of the loop containers are named by key only.
 */
#ifndef BACKENDS_DOCKER_ENGINE_H
#define BACKENDS_DOCKER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "backends/docker/api.h"
#include "backends/docker/endpoint.h"
#include "backends/docker/http.h"
#include "backends/docker/http_reader.h"
#include "backends/docker/jsonlines.h"
#include "core/backend.h"
#include "core/memory.h"
#include "core/text.h"

struct call;
struct nearby;
struct polling;
struct stream;

enum { SHORT_MS = 30000, PING_MS = 5000, WATCH_MS = 5000 };

struct entry {               /* a container that is known */
    struct container record; /* owns its strings; its key names the entry */
    char *image_id;
    struct launch_spec spec; /* what it was made with; filled when inspected */
    bool inspected;
    bool queued;     /* it is to be inspected */
    bool inspecting; /* it is being inspected */
    bool again;      /* and that answer will be out of date */
    bool awaited;    /* the end of the list waits for that */
    bool hurried;    /* somebody looks at it meanwhile */
    bool listed;     /* it is in the list that is being read */
    char *cgroup;    /* of this machine's kernel; NULL: it does not run, or not here */
    unsigned deaths; /* how often its end was told, and with which exit code last */
    int died_with;
    uint64_t cpu, cpu_at; /* the API's last reading, in ns; cpu_at 0: none */
};

struct roster { /* sorted by key */
    struct entry **rows;
    size_t count, room;
    char (*queue)[API_KEY]; /* to be inspected, the next one last */
    size_t n_queue, queue_room;
    size_t inspecting; /* under way */
    size_t awaited, hurried;
    bool asked;        /* for the list */
    bool telling;      /* it: its end is to come */
    struct text early; /* the list, when it has come before the engine was known */
};

struct docker {
    struct backend backend;
    char *address; /* as it was asked for; NULL: the default */
    struct endpoint endpoint;
    struct http *http;               /* NULL until the endpoint is found */
    int api;                         /* 41: version 1.41 */
    bool podman;                     /* it is no Docker, but speaks like one */
    const struct runtimes *runtimes; /* the settings'; NULL none */
    struct api_engine about;
    int64_t skew, asked; /* ms by which its clock is ahead of ours, at the most; when it was asked */

    uv_timer_t watch; /* asks whether the engine lives, while something takes long */
    size_t slow;      /* calls that take long */
    bool typed;       /* into a console, or a signal sent, and nothing has come back */
    bool checking;    /* a ping is under way */
    bool must_list;   /* the list was asked for before the engine was reached */
    bool online, lost, closing;
    struct error broken;

    struct http_exchange *events;
    struct jsonlines event_lines;
    bool events_end; /* stops the reading of what has come */

    struct roster roster;
    struct call *calls;
    struct stream *streams;
    struct shells *shells; /* what shell images have */
    struct nearby *nearby; /* Linux: this machine's kernel */
    struct polling *polling;

    size_t holds;
    struct op *close_op;
};

/* docker.c */

void docker_hold(struct docker *d);
void docker_release(struct docker *d);                       /* the last one frees it, when it is closing */
void docker_lose(struct docker *d, const struct error *why); /* goes offline; from the loop only */
void docker_check(struct docker *d); /* something took too long: does the engine live? */
void docker_watch(struct docker *d); /* something may take long: check now and then */
bool docker_same_host(
    const struct docker *d); /* its processes are processes of this machine, by the address */
char *docker_path(const struct docker *d, const char *fmt, ...)
    ERROR_PRINTF(2, 3); /* "/v1.41" in front; to be freed */

/* Fails op unless the key is one that a container can have; `what` as in "cannot stop". */
bool docker_key_ok(const char *key, const char *what, struct op *op);
void docker_no_container(struct error *e, const char *what, const char *key);

/* call.c */

struct reply {        /* to one request of a call; borrowed */
    struct error why; /* kind ERROR_NONE: status is below 400 */
    int status;       /* 0: no answer at all */
    const char *body;
    size_t len;
};

struct call {
    struct docker *docker;
    struct op *op; /* NULL: nobody waits (any more) */
    struct call *next, **at;
    char *what; /* for sentences: "stop web" */
    struct http_exchange *exchange;
    void (*then)(struct call *, const struct reply *);
    void (*drop)(struct call *);                  /* frees what is its own; may be NULL */
    void (*lines)(void *call, const cJSON *json); /* the answer is read object by object */
    void (*drained)(struct call *);               /* what was uploaded has left */
    struct pull *pull;                            /* pull.c's */
    struct jsonlines jsonlines;
    struct text body;
    char *inspect; /* call_inspect: the answer in docker's form, while Podman's own is asked for */
    void (*inspected)(struct call *, const struct reply *);
    char key[API_KEY]; /* of what is inspected */
    size_t limit;
    int status;
    char api_version[HTTP_HEADER_ROOM], date[HTTP_HEADER_ROOM]; /* of the answer's head; "" unknown */
    bool podman;                                                /* by the same head */
    bool slow;    /* it may take long: the engine is asked now and then whether it lives */
    bool working; /* on a thread: memory must stay */
    bool stopped;
    struct error broken;
    uv_work_t work;
    void (*run)(struct call *);  /* on the thread */
    void (*done)(struct call *); /* on the loop, unless it was stopped; must end the call or go on */
};

/* c is allocated by the caller, freed when it ends. op may be NULL. what is taken over. */
void call_begin(struct call *c, struct docker *d, struct op *op, char *what, void (*drop)(struct call *));

/* One request; then() is called with the reply and must ask again, work, or end the call. path is taken over.
 */
void call_ask(struct call *c, const char *method, char *path, const char *body,
              void (*then)(struct call *, const struct reply *));

/* The same with all that a request may have; limit: bytes of the answer. request.path stays the caller's. */
void call_request(struct call *c, const struct http_request *request, size_t limit,
                  void (*then)(struct call *, const struct reply *));

/* The inspect of a container. Podman does not say there by which runtime a container runs: its own API is
 * asked for that (libpod, OCIRuntime), and what it says is HostConfig.Runtime in the reply. */
void call_inspect(struct call *c, const char *key, void (*then)(struct call *, const struct reply *));

void call_work(struct call *c, void (*run)(struct call *), void (*done)(struct call *));

/* Each ends it. */
void call_finish(struct call *c, struct answer *answer); /* moves the parts out of *answer */
void call_succeed(struct call *c);
void call_fail(struct call *c, const struct error *why); /* "cannot WHAT: " is put in front */
void call_cancel(struct call *c);                        /* answers with ERROR_CANCELLED */
void call_cancel_all(struct docker *d);

/* roster.c */

struct entry *roster_find(const struct docker *d, const char *key);
const char *entry_name(const struct docker *d,
                       const char *key); /* its name, else its short id; until the next call */
void roster_list(struct docker *d);
void roster_online(struct docker *d); /* what was learnt too early can be told now */
void roster_hurry(struct docker *d, const char *const *keys,
                  size_t n); /* these are looked at: inspected first */
void roster_inspect(struct docker *d,
                    const char *key); /* what is known of it is out of date, or nothing is */
void roster_learn(struct docker *d, const char *key,
                  const struct reply *r); /* the answer to an inspect that somebody else has asked for */
void roster_gone(struct docker *d, const char *key);
void roster_died(struct docker *d, const char *key, int exit_code); /* as an event tells it */
void roster_tell(struct docker *d, struct entry *en, unsigned fields);
void roster_done(struct docker *d);

/* events.c */

/* Begins, with what has happened since then by the engine's own clock (seconds since 1970; -1 unknown: from
 * now on); docker_lose when it ends. */
void events_open(struct docker *d, int64_t since);
void events_close(struct docker *d);

/* stream.c */

void streams_died(struct docker *d, const char *key, int exit_code);
void streams_exec_died(struct docker *d, const char *exec_id, int exit_code);
void streams_started(struct docker *d, const char *key);
void streams_lose_all(struct docker *d, const struct error *lost); /* the daemon has gone */
void streams_close_all(struct docker *d);
struct console *docker_console(struct backend *b, const char *key, const struct console_spec *spec,
                               const struct console_sink *sink, void *user);

/* shell.c: which shell does a container have? */

struct shells *shells_new(void);
void shells_free(struct shells *s);
/* cb is called once, later or at once, with NULL and why when there is none; *call is set while it is being
 * found out, and NULL before cb is called. */
void shells_find(struct docker *d, const char *key, struct call **call,
                 void (*cb)(void *user, const char *shell, const struct error *why), void *user);

/* usage.c */

void docker_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields);
void usage_kick(struct docker *d); /* containers came or changed */
struct polling *polling_new(struct docker *d);
void polling_close(struct polling *p);

/* nearby_linux.c, nearby_none.c: containers that run on this very kernel */

struct nearby *nearby_new(struct docker *d);
void nearby_close(struct nearby *n); /* nothing more is told */
void nearby_free(struct nearby *n);  /* when no thread uses it any more */
/* The cgroup of a container whose first process has this pid; the caller frees. NULL: that is no process of
 * this machine. */
char *nearby_cgroup(const struct nearby *n, const char *key, uint32_t pid);
/* Is this program (a path, or a name to be looked for) on this machine? For a thread. */
bool nearby_has_program(const char *program);
void nearby_name(uint32_t pid, char out[64]); /* of a process; "" unknown */
void nearby_sample(struct nearby *n, const char *const *keys, size_t count, unsigned fields);
void nearby_kick(struct nearby *n);
/* For a thread. name, cgroup, pid are the call's own copies. NULL and e. */
struct process_table *nearby_processes(const struct nearby *n, const char *name, const char *cgroup,
                                       uint32_t pid, struct error *e);
/* Sends a signal to a process that must belong to this container. */
bool nearby_signal(struct nearby *n, const char *key, uint32_t pid, int number);

/* The functions of docker_backend. */
void docker_act(struct backend *b, struct op *op, const char *key, enum verb verb,
                const struct act_options *options);
void docker_rename(struct backend *b, struct op *op, const char *key, const char *name);
void docker_inspect(struct backend *b, struct op *op, const char *key);
void docker_processes(struct backend *b, struct op *op, const char *key);
void docker_launch(struct backend *b, struct op *op, const struct launch_spec *spec);
bool docker_spec_of(struct backend *b, const char *key, struct launch_spec *out);
void docker_images(struct backend *b, struct op *op);
void docker_image_import(struct backend *b, struct op *op, const char *name, const char *path);
void docker_image_remove(struct backend *b, struct op *op, const char *name);
void docker_image_pull(struct backend *b, struct op *op, const char *name);

/* pull.c: then() as with call_ask; progress goes to the call's op. */
void pull_free(struct pull *p); /* NULL is fine */
void pull_image(struct call *c, const char *name, void (*then)(struct call *, const struct reply *));

#endif
