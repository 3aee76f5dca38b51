/* backends/docker/api.h - the Engine API's JSON as records, and records as JSON. Pure.
 *
 * Facts from the published API description of Docker Engine (1.40 to 1.51) and, for Windows, from what its
 * daemon does: HostConfig.Isolation of an inspected container is the mode in force, never "default"; the list
 * does not tell it. Texts are hostile: what is shown is cleaned, keys are checked.
 */
#ifndef BACKENDS_DOCKER_API_H
#define BACKENDS_DOCKER_API_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/container.h"
#include "core/image.h"
#include "core/launch.h"
#include "core/runtimes.h"
#include "core/text.h"

enum {
    API_KEY = 64 + 1,
    API_OLDEST = 40, /* 1.40 */
    API_NEWEST = 47,
    API_LIST_LIMIT = 64 * 1024 * 1024,
    API_ONE_LIMIT = 4 * 1024 * 1024
};

struct api_engine { /* what /info tells; strings are its own */
    bool windows;
    bool podman;   /* it is no Docker, but speaks like one; set by who has asked, not by api_engine_read */
    char *version; /* "20.10.24" */
    char *system;  /* "Debian GNU/Linux 12 (bookworm)" */
    char *name;    /* its host's */
    char *default_runtime;
    char **runtimes;          /* names, NULL-ended; NULL unknown */
    char **programs;          /* their programs, in the same order; "" not told */
    char **missing;           /* those of `runtimes` whose program is not on the engine's host; NULL none */
    enum isolation isolation; /* the daemon's default */
    const struct runtimes *rules; /* the settings', borrowed; NULL none */
};

/* rules: of the settings, outlive e; NULL none. */
void api_engine_read(struct api_engine *e, const cJSON *info, const struct runtimes *rules);
void api_engine_done(struct api_engine *e);

/* "1.41" as 41; -1: no version of a kind that is known. */
int api_version(const char *text);

/* "Tue, 24 Nov 2026 23:26:27 GMT", of a head of HTTP, as seconds since 1970; -1: it is none. */
int64_t api_date(const char *text);

bool api_key_ok(const char *key); /* 64 hexadecimal digits */

/* The runtime that a HostConfig names; "": it names none, which is docker's default. Podman says "oci",
 * whichever it is: that counts as none. */
const char *api_runtime(const cJSON *host);

/* The first runtime of the engine that isolates so and can be asked for; NULL: it has none. The default one
 * is preferred. Podman's create takes no runtime (seen in 4.3): only its default one counts. */
const char *api_runtime_for(const struct api_engine *e, enum isolation mode);

/* Why the engine cannot be asked for a mode, as a sentence for the caller to free; NULL: it can. */
char *api_why_not(const struct api_engine *e, enum isolation mode);

const char *api_title(const struct api_engine *e); /* "docker", "Podman": for sentences */

struct api_record { /* a container as one answer tells it; owns its strings */
    struct container c;
    unsigned fields; /* FIELD_ bits that the answer tells */
    char *image_id;
    char **own;
    size_t n_own, room_own;
    struct namespace_fact namespaces[NAMESPACE_COUNT];
};

/* A row of the list. False: it is no container that can be understood. */
bool api_list_row(struct api_record *r, const cJSON *row, const struct api_engine *e);

/* The answer to an inspect. */
bool api_inspect(struct api_record *r, const cJSON *json, const struct api_engine *e);
void api_record_done(struct api_record *r);

/* The settings that an inspected container was made with; its own record holds the rest (`like`). */
bool api_spec(struct launch_spec *spec, const cJSON *json, const struct api_engine *e);

/* The body of a create; the caller deletes. NULL and e: the engine cannot do it. */
cJSON *api_create(const struct launch_spec *spec, const struct api_engine *e, struct error *why);

struct api_repeat {   /* a container that is to be made once more, but for what a spec says otherwise */
    cJSON *body;      /* of the create */
    cJSON *networks;  /* name -> what it is connected by; the body connects the first one only (API < 1.44) */
    struct text lost; /* what cannot go along in the other mode, as options, parted by "; "; the body has it
                         no more */
};

/* From the inspected container `json`; image: the name or id to make it from. False and why: it cannot be. */
bool api_repeat(struct api_repeat *r, const cJSON *json, const char *image, const struct launch_spec *spec,
                const struct api_engine *e, struct error *why);
void api_repeat_done(struct api_repeat *r);

/* Is the inspected container connected as `networks` says? As api_verify. */
bool api_verify_networks(const cJSON *networks, const cJSON *got, const struct api_engine *e,
                         struct text *differs);

/* Is the inspected container `got` what the create `asked` for? What a version of the engine does not tell is
 * not compared. False: differs says what is otherwise, as "--memory: asked 64, got nothing; ...". */
bool api_verify(const cJSON *asked, const cJSON *got, const struct api_engine *e, struct text *differs);

/* The same for the isolation. runtime: the one that was asked for; NULL none. A VM that is not told is none.
 */
bool api_verify_isolation(enum isolation mode, const char *runtime, const cJSON *got,
                          const struct api_engine *e, struct text *differs);

/* Which verbs the mode forbids, into c->why_not. */
void api_refusals(struct container *c, const struct api_engine *e);

/* The engine's own words for a refusal, out of {"message": ...}; the kind by status and words. */
void api_error(struct error *e, int status, const char *body, size_t len);

/* The kind that the words of a runtime stand for when a command could not be started. */
enum error_kind api_start_kind(const char *words, enum error_kind otherwise);

void api_image(struct image_list *list, const cJSON *row); /* a row of /images/json: one image per name */

/* The answer to `top`; same_host: its pids are those of this machine. */
struct process_table *api_top(const cJSON *json, bool same_host);

struct api_usage {
    uint64_t cpu_ns, at_ns; /* user + kernel since its start; when that was read */
    uint64_t memory;        /* bytes; Windows: its private working set; else without the cache that can go, as
                             * docker's        client tells it */
    int32_t processes;      /* threads where the engine counts those; -1 unknown */
};

/* An answer to `stats`. Windows counts CPU in units of 100 ns, and neither system CPU nor processes. False:
 * nothing was read, as for a container that has just ended. */
bool api_usage_read(struct api_usage *u, const cJSON *json, bool windows);

/* Appends percent-encoded: for a part of a path, or a value in a query. */
void api_escape(struct text *t, const char *s);

struct api_event {
    const char
        *action; /* "start", "die", "exec_die", ...; what stands behind a colon is cut off: "health_status" */
    char key[API_KEY];
    const char *exec_id; /* of exec_die; NULL */
    int exit_code;       /* of die and exec_die; -1 none */
};

/* action must have room for 32. False: it is no event of a container. */
bool api_event(struct api_event *ev, char action[32], const cJSON *json);

#endif
