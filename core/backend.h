/* core/backend.h - what the program asks of a container engine.
 *
 * An engine is one const table of functions over its own state. For every engine:
 *
 * - thread: Everything here runs on the loop's thread. One that hears from its system on another thread
 *   crosses over with uv_async (or uv_queue_work) first.
 * - waiting: Nothing waits. Every function returns at once.
 * - answers: An engine ends each op exactly once (core/op.h); `why` names what was tried, on what, what to do
 *   next.
 * - sinks: Speak from the loop, never from inside a call.
 * - memory: Arguments belong to the caller and live for the call; copy to keep.
 * - absence: A function may be NULL: the caller then answers with ERROR_UNSUPPORTED. What one container
 *   cannot do is said in its record (why_not), not by absence.
 */
#ifndef CORE_BACKEND_H
#define CORE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/console.h"
#include "core/container.h"
#include "core/launch.h"
#include "core/op.h"

struct host_source;
struct runtimes;
struct uv_loop_s;

struct mode_offer { /* can this engine launch in a mode, here and now? */
    enum isolation mode;
    const char *why_not; /* NULL: it can; else one sentence */
    const char *cost;    /* what it costs more than the other, for the launch form; NULL nothing */
};

struct engine_info {     /* told with online; borrowed for the call */
    const char *version; /* "runc 1.1.5, overlayfs, cgroup v1"; NULL unknown */
    enum isolation default_isolation;
    enum hypervisor hypervisor;
    struct windows_host windows;
    const struct mode_offer *offers;
    size_t n_offers;
    const char *note; /* one sentence on what is missing and why (rights, ...); NULL nothing */
    bool limited; /* it can do nothing, and knows little: every other engine is believed over it; note says
                     why */
};

struct backend_sink { /* what an engine tells, whenever it learns it */
    void (*online)(void *user,
                   const struct engine_info *info); /* again, when it has learnt more about itself */
    /* It cannot be used, or not any more. The session closes it, and opens it again after a while. */
    void (*offline)(void *user, const struct error *why);
    void (*list_begin)(void *user);
    void (*seen)(void *user, const struct container *record, unsigned fields);
    void (*gone)(void *user, const char *key);
    /* All that there is has been seen since list_begin, though not everything of each: rows can be shown. For
     * engines that learn the rest one by one. */
    void (*list_named)(void *user);
    void (*list_end)(void *user); /* what was not seen since list_begin is gone */
};

struct backend { /* an open engine; engines embed it first */
    const struct backend_type *type;
    struct uv_loop_s *loop;
    const struct backend_sink *sink;
    void *user;
};

struct act_options {
    const char *signal; /* VERB_KILL, VERB_STOP, VERB_RESTART: a name or number; NULL: KILL, TERM, TERM */
    int timeout;        /* VERB_STOP, VERB_RESTART: seconds before it is killed; -1: the engine's default */
    bool force;         /* VERB_REMOVE: also if it runs */
};

struct backend_type {
    const char *name;  /* as the command line and the settings spell it: "local", "docker", "hcs" */
    const char *title; /* one sentence for help */
    bool on_request;   /* opened only when it is named, never with "all engines" */
    bool lists_early;  /* list may be called as soon as it is open, and is answered when it is online */
    /* FIELD_ bits for which this engine is believed over others that know the container, and asked: for the
     * fields of usage to measure them and to list its processes, for FIELD_WORKERS where its host is, and for
     * FIELD_VERBS to do everything else to it. Who claims FIELD_VERBS keeps containers: it has made them, has
     * a record of them that outlives their end, and must not be passed over. While it is away, the others are
     * asked only to look into a container or to run something in it; and what it drops is gone. */
    unsigned authority;
    /* Never NULL; an engine that cannot be reached says so by offline(). address NULL: the default. */
    struct backend *(*open)(struct uv_loop_s *loop, const char *address, const struct backend_sink *sink,
                            void *user);
    /* What the settings say of OCI runtimes: told once, right after open; it outlives the engine. */
    void (*runtimes)(struct backend *, const struct runtimes *);
    /* Closes consoles (owners hear closed()) and ends ops, with ERROR_CANCELLED; then ends op and is gone.
     * Nothing is said to the sink. */
    void (*close)(struct backend *, struct op *);
    void (*list)(
        struct backend *); /* list_begin, seen ..., list_end; from then on changes are told as they happen */
    /* From now on tell the fields of `fields` (FIELD_USAGE bits) of these about once a second, and at once;
     * replaces what was wanted before; n = 0 ends it. */
    void (*sample)(struct backend *, const char *const *keys, size_t n, unsigned fields);
    void (*processes)(struct backend *, struct op *, const char *key); /* the container's own table */
    void (*act)(struct backend *, struct op *, const char *key, enum verb, const struct act_options *);
    void (*rename)(struct backend *, struct op *, const char *key, const char *name); /* launch_name_ok */
    void (*inspect)(struct backend *, struct op *, const char *key);
    void (*launch)(struct backend *, struct op *, const struct launch_spec *);
    /* The settings that a container was launched with, as a spec to launch again. Filled at once; false:
     * unknown. */
    bool (*spec_of)(struct backend *, const char *key, struct launch_spec *out);
    void (*images)(struct backend *, struct op *);
    void (*image_import)(struct backend *, struct op *, const char *name,
                         const char *path); /* tells progress */
    void (*image_pull)(struct backend *, struct op *,
                       const char *name); /* from its registry; tells progress */
    void (*image_remove)(struct backend *, struct op *, const char *name);
    /* Never NULL; a failure arrives by closed(). */
    struct console *(*console)(struct backend *, const char *key, const struct console_spec *,
                               const struct console_sink *, void *user);
    /* The host on which its containers run: `ours`, or the engine's own, which lives as long as the engine is
     * open; NULL: another machine, of which nothing can be seen. The function NULL: always ours. */
    struct host_source *(*host)(struct backend *, struct host_source *ours);
};

#endif
