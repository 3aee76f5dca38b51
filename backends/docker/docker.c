/* Going online: the endpoint is found on a thread (it reads files); then a ping tells the version. Events,
 * /info, which takes the engine a while, and the list, if it is wanted, are asked for side by side; the list
 * is read when /info has told what the engine is. From the ping on the stream of events is open: its end is
 * the loss of the engine.
 *
 * Closing: all that is under way ends at once; the memory goes when the last handle and thread have let go of
 * it.
 */
#include "backends/docker/docker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"
#include "core/times.h"

enum { INFO_LIMIT = 1024 * 1024, OPEN_MS = 10000, OPEN_SSH_MS = 40000 /* ssh itself may take a while */ };

/* Life. */

static void free_docker(struct docker *d)
{
    struct op *op = d->close_op;
    api_engine_done(&d->about);
    endpoint_done(&d->endpoint);
    nearby_free(d->nearby);
    free(d->address);
    free(d);
    if (op) {
        op_succeed(op);
    }
}

void docker_hold(struct docker *d)
{
    d->holds++;
}

void docker_release(struct docker *d)
{
    if (--d->holds == 0 && d->closing) {
        free_docker(d);
    }
}

static void handle_closed(uv_handle_t *handle)
{
    docker_release(handle->data);
}

static void docker_close(struct backend *b, struct op *op)
{
    struct docker *d = (struct docker *)b;
    docker_hold(d);
    d->closing = true;
    d->close_op = op;
    events_close(d);
    streams_close_all(d);
    call_cancel_all(d);
    roster_done(d);
    polling_close(d->polling);
    nearby_close(d->nearby);
    shells_free(d->shells);
    if (d->http) {
        http_free(d->http);
        d->http = NULL;
    }
    uv_close((uv_handle_t *)&d->watch, handle_closed);
    docker_release(d);
}

char *docker_path(const struct docker *d, const char *fmt, ...)
{
    struct text t = {0};
    va_list args;
    text_addf(&t, "/v1.%d", d->api);
    va_start(args, fmt);
    text_addv(&t, fmt, args);
    va_end(args);
    return text_take(&t);
}

bool docker_same_host(const struct docker *d)
{
#ifdef _WIN32
    return d->about.windows && endpoint_is_local(&d->endpoint);
#else
    (void)d; /* nearby_has tells it container by container */
    return false;
#endif
}

void docker_no_container(struct error *e, const char *what, const char *key)
{
    error_set(e, ERROR_NOT_FOUND, 0,
              "cannot %s: docker has no container %.64s; see the list for those there are", what,
              *key ? key : "without a name");
}

bool docker_key_ok(const char *key, const char *what, struct op *op)
{
    struct error why;
    if (api_key_ok(key)) {
        return true;
    }
    docker_no_container(&why, what, key);
    op_fail(op, &why);
    return false;
}

/* Offline. */

void docker_lose(struct docker *d, const struct error *why)
{
    if (d->lost || d->closing) {
        return;
    }
    d->lost = true;
    d->online = false;
    streams_lose_all(d, why);
    d->backend.sink->offline(d->backend.user, why);
}

static void pinged(struct call *c, const struct reply *r)
{
    struct docker *d = c->docker;
    struct error why = r->why;
    d->checking = false;
    if (why.kind != ERROR_NONE) {
        error_wrap(&why, "docker does not answer any more");
        why.kind = ERROR_UNREACHABLE;
        docker_lose(d, &why);
    }
    call_succeed(c);
}

static void ping(struct docker *d, unsigned ms, void (*then)(struct call *, const struct reply *))
{
    struct call *c = mem_new(1, sizeof *c);
    const struct http_request request = {.method = "GET", .path = "/_ping", .timeout_ms = ms};
    call_begin(c, d, NULL, mem_string("reach docker"), NULL);
    call_request(c, &request, 4096, then);
}

void docker_check(struct docker *d)
{
    if (!d->checking && d->online) {
        d->checking = true;
        ping(d, PING_MS, pinged);
    }
}

static void on_watch(uv_timer_t *timer)
{
    struct docker *d = timer->data;
    if (d->slow == 0 && !d->typed) {
        uv_timer_stop(timer);
    } else {
        d->typed = false;
        docker_check(d);
    }
}

void docker_watch(struct docker *d)
{
    if (!uv_is_active((uv_handle_t *)&d->watch)) {
        uv_timer_start(&d->watch, on_watch, WATCH_MS, WATCH_MS);
    }
}

/* Online. */

static void tell_online(struct docker *d)
{
    static const char NO_VM[] =
        "docker has no runtime for VMs here; Kata Containers would be one, or one that the "
        "settings call so under \"runtimes\"";
    static const char NO_PROCESS[] = "docker has no runtime that shares this kernel; runc would be one";
    static const char COST[] = "about 400 MB and some seconds more; memory defaults to 1 GB";
    char version[160];
    const struct api_engine *e = &d->about;
    bool windows = e->windows;
    snprintf(version, sizeof version, "docker %s, API 1.%d%s%s", e->version ? e->version : "?", d->api,
             windows              ? ", Windows"
             : e->default_runtime ? ", "
                                  : "",
             windows || !e->default_runtime ? "" : e->default_runtime);
    const struct mode_offer offers[] = {
        {.mode = ISOLATION_PROCESS,
         .why_not = windows || api_runtime_for(e, ISOLATION_PROCESS) || !e->runtimes ? NULL : NO_PROCESS},
        {.mode = ISOLATION_VM,
         .why_not = windows || api_runtime_for(e, ISOLATION_VM) ? NULL : NO_VM,
         .cost = windows ? COST : NULL},
    };
    const struct engine_info info = {.version = version,
                                     .default_isolation = e->isolation,
                                     .hypervisor = windows ? HYPERVISOR_HYPERV : HYPERVISOR_OTHER,
                                     .offers = offers,
                                     .n_offers = sizeof offers / sizeof *offers};
    d->online = true;
    d->backend.sink->online(d->backend.user, &info);
}

static void fail_to_open(struct docker *d, const struct error *why)
{
    struct error e = *why;
    if (d->endpoint.address && !strstr(e.text, d->endpoint.address)) {
        error_wrap(&e, "docker at %s", d->endpoint.address);
    }
    docker_lose(d, &e);
}

static void informed(struct call *c, const struct reply *r)
{
    struct docker *d = c->docker;
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, INFO_LIMIT, &why) : NULL;
    int64_t theirs;
    if (json && !cJSON_IsObject(json)) {
        error_set(&why, ERROR_PROTOCOL, 0, "its answer to /info is no object");
    } else if (json) {
        api_engine_read(&d->about, json, d->runtimes);
        d->about.podman = d->podman;
        d->skew = time_parse(json_string(json, "SystemTime", ""), &theirs) ? theirs - d->asked : 0;
    }
    cJSON_Delete(json);
    if (why.kind != ERROR_NONE) {
        fail_to_open(d, &why);
    } else if (!d->lost) {
        tell_online(d);
        roster_online(d);
    }
    call_succeed(c);
}

/* Theirs, as long as we know it; DOCKER_API_VERSION chooses another, as with docker's own client. */
static bool negotiate(struct docker *d, const char *header, struct error *why)
{
    int theirs = api_version(header);
    const char *wish = getenv("DOCKER_API_VERSION");
    int wished = wish && *wish ? api_version(wish) : -1;
    if (theirs < 0) {
        error_set(why, ERROR_PROTOCOL, 0,
                  "what answers there is no Docker engine: it does not tell its API version");
        return false;
    }
    if (theirs < API_OLDEST) {
        error_set(why, ERROR_UNSUPPORTED, 0,
                  "it speaks version 1.%d of the API, porthole 1.%d and later: update docker", theirs,
                  API_OLDEST);
        return false;
    }
    d->api = wished >= API_OLDEST ? wished : theirs < API_NEWEST ? theirs : API_NEWEST;
    return true;
}

static void reached(struct call *c, const struct reply *r)
{
    struct docker *d = c->docker;
    struct error why = r->why;
    if (why.kind == ERROR_NONE && negotiate(d, c->api_version, &why)) {
        d->podman = c->podman;
        events_open(d, api_date(c->date));
        if (d->must_list) {
            roster_list(d);
        }
        d->asked = time_now();
        call_ask(c, "GET", docker_path(d, "/info"), NULL, informed);
        return;
    }
    fail_to_open(d, &why);
    call_succeed(c);
}

struct finding {
    struct call call;
    struct endpoint endpoint;
    struct error why;
    bool found;
};

static void find_endpoint(struct call *c)
{
    struct finding *f = (struct finding *)c;
    f->found = endpoint_find(&f->endpoint, c->docker->address, &f->why);
}

static void found_endpoint(struct call *c)
{
    struct finding *f = (struct finding *)c;
    struct docker *d = c->docker;
    if (f->found) {
        d->endpoint = f->endpoint;
        f->endpoint = (struct endpoint){0};
        d->http = http_new(d->backend.loop, &d->endpoint);
        ping(d, d->endpoint.kind == ENDPOINT_SSH ? OPEN_SSH_MS : OPEN_MS, reached);
    } else {
        fail_to_open(d, &f->why);
    }
    call_succeed(c);
}

static void drop_finding(struct call *c)
{
    endpoint_done(&((struct finding *)c)->endpoint);
}

static struct backend *docker_open(struct uv_loop_s *loop, const char *address,
                                   const struct backend_sink *sink, void *user)
{
    struct docker *d = mem_new(1, sizeof *d);
    struct finding *f = mem_new(1, sizeof *f);
    d->backend = (struct backend){.type = &docker_backend, .loop = loop, .sink = sink, .user = user};
    d->address = mem_string(address);
    uv_timer_init(loop, &d->watch);
    d->watch.data = d;
    docker_hold(d);
    d->shells = shells_new();
    d->nearby = nearby_new(d);
    d->polling = polling_new(d);
    call_begin(&f->call, d, NULL, NULL, drop_finding);
    call_work(&f->call, find_endpoint, found_endpoint);
    return &d->backend;
}

static void docker_runtimes(struct backend *b, const struct runtimes *runtimes)
{
    ((struct docker *)b)->runtimes = runtimes;
}

static void docker_list(struct backend *b)
{
    struct docker *d = (struct docker *)b;
    d->must_list = d->api == 0;
    if (!d->must_list && !d->lost) {
        roster_list(d);
    }
}

const struct backend_type docker_backend = {
    .name = "docker",
    .title = "Docker's engine, or one that speaks like it, here or elsewhere",
    .authority = FIELD_NAME | FIELD_STATE | FIELD_CROSSINGS | FIELD_VERBS,
    .lists_early = true,
    .open = docker_open,
    .runtimes = docker_runtimes,
    .close = docker_close,
    .list = docker_list,
    .sample = docker_sample,
    .processes = docker_processes,
    .act = docker_act,
    .rename = docker_rename,
    .inspect = docker_inspect,
    .launch = docker_launch,
    .spec_of = docker_spec_of,
    .images = docker_images,
    .image_import = docker_image_import,
    .image_pull = docker_image_pull,
    .image_remove = docker_image_remove,
    .console = docker_console,
};
