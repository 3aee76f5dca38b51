/* core/session.h - opens engines, feeds the model with what they tell, comes back after a loss.
 *
 * Engines are numbered from 0 in the order of session_add; the number is the model's source. When an engine
 * goes offline its rows stay: marked CONTAINER_LOST with the reason, or, where another engine knows them too,
 * as that one knows them, and marked `away`. It is opened again after 1, 2, 4 ... 30 s.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdbool.h>

#include "core/backend.h"
#include "core/model.h"

struct host_source;
struct session;
struct uv_loop_s;

enum engine_state { ENGINE_OPENING, ENGINE_ONLINE, ENGINE_OFFLINE };

struct engine { /* what is known of an engine; strings are the session's, good until the next turn of the loop
                 */
    const char *name, *address; /* its type's; address NULL: the default */
    const char *label;          /* as engine_label makes it: no two have the same */
    enum engine_state state;
    bool limited;       /* online, and can do nothing but show a little */
    bool absent;        /* offline, since this machine has none, and nobody has named one */
    const char *reason; /* why offline or limited, or what is missing; NULL */
    const char *version;
    enum isolation default_isolation;
    enum hypervisor hypervisor;
    struct windows_host windows;
    const struct mode_offer *offers;
    size_t n_offers;
    bool named;  /* the first list has every row, though not everything of each */
    bool listed; /* the first list is complete */
};

struct session_hooks { /* each may be NULL; called from the loop */
    void (*engine_changed)(void *user, int engine);
    void (*listed)(void *user, int engine); /* a list is complete */
};

/* list: ask each engine for its list when it comes online (false: for commands that need none). */
struct session *session_new(struct uv_loop_s *loop, struct model *model, const struct session_hooks *hooks,
                            void *user, bool list);

/* Replaces the hooks of session_new (NULL: none): the interface comes later than the session. */
void session_hook(struct session *s, const struct session_hooks *hooks, void *user);

/* What the settings say of OCI runtimes, for the engines that are added afterwards; outlives the session. */
void session_runtimes(struct session *s, const struct runtimes *runtimes);

int session_add(struct session *s, const struct backend_type *type, const char *address);

/* Closes all engines; then calls done (may be NULL), the session is gone by then. */
void session_close(struct session *s, void (*done)(void *user), void *user);

int session_engines(const struct session *s);
const struct engine *session_engine(const struct session *s, int engine);
bool session_named(
    const struct session *s); /* every engine has its rows (or is online, without lists) or is offline */
bool session_settled(
    const struct session *s);            /* every engine is listed (or online, without lists) or offline */
void session_refresh(struct session *s); /* list again, and try offline engines now */

/* From now on the fields of usage of these containers are wanted; engines are told only what changed. */
void session_sample(struct session *s, const container_id *ids, size_t n, unsigned fields);

/* Questions. cb hears the answer once, unless the op is cancelled. An id that is gone, an engine that is
 * offline or lacks the function, a verb that the record refuses: answered with that reason. */
struct op *session_act(struct session *s, container_id id, enum verb verb, const struct act_options *options,
                       op_cb cb, void *user);
struct op *session_rename(struct session *s, container_id id, const char *name, op_cb cb, void *user);
struct op *session_processes(struct session *s, container_id id, op_cb cb, void *user);
struct op *session_inspect(struct session *s, container_id id, op_cb cb, void *user);
struct op *session_launch(struct session *s, int engine, const struct launch_spec *spec, op_cb cb,
                          void *user);
bool session_spec_of(struct session *s, container_id id, struct launch_spec *out);
struct op *session_images(struct session *s, int engine, op_cb cb, void *user);
struct op *session_image_import(struct session *s, int engine, const char *name, const char *path,
                                op_progress_cb progress, op_cb cb, void *user);
struct op *session_image_pull(struct session *s, int engine, const char *name, op_progress_cb progress,
                              op_cb cb, void *user);
struct op *session_image_remove(struct session *s, int engine, const char *name, op_cb cb, void *user);

/* Never NULL; what fails arrives by closed(). */
struct console *session_console(struct session *s, container_id id, const struct console_spec *spec,
                                const struct console_sink *sink, void *user);

/* The host on which a container runs: its engine's own, or ours where that engine has none. id 0: the one
 * that a pid is of which a person names: ours, unless all engines run elsewhere. NULL: nothing can be seen of
 * it. Good until the next turn of the loop. */
struct host_source *session_host(const struct session *s, container_id id, struct host_source *ours);

/* Looks at the namespaces of all containers that run on this kernel (those whose first process has a pid
 * here), so that it is known which of them share one. The answer has a table; NULL: the host cannot look, cb
 * is not called. */
struct op *session_namespaces(const struct session *s, struct host_source *ours, op_cb cb, void *user);

/* The number of the engine that is asked to do something to this container (backend.h, authority); -1: none.
 */
int session_engine_of(const struct session *s, container_id id);

/* One sentence that a person should know of a container: its note, or that one of its engines is away, or
 * that they contradict each other in its isolation. NULL: nothing. Into out, if it is not the record's own.
 */
const char *session_note(const struct session *s, const struct container *c, char *out, size_t room);

struct uv_loop_s *session_loop(const struct session *s);
struct model *session_model(const struct session *s);

#endif
