/* Progress is told by layers; what is told onwards is the sum of what is downloaded. */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/credentials.h"
#include "backends/docker/engine.h"
#include "backends/json.h"

enum { LAYERS_MOST = 512, LAYER_ID = 16 };

struct pull {
    void (*then)(struct call *, const struct reply *);
    char *name;
    struct credentials *search; /* under way */
    struct error hindered;      /* why nothing is known of the registry */
    struct {
        char id[LAYER_ID];
        uint64_t done, total;
    } layers[LAYERS_MOST];
    size_t n_layers;
};

static size_t layer_of(struct pull *p, const char *id)
{
    for (size_t i = 0; i < p->n_layers; i++) {
        if (strncmp(p->layers[i].id, id, LAYER_ID - 1) == 0) {
            return i;
        }
    }
    if (p->n_layers < LAYERS_MOST) {
        snprintf(p->layers[p->n_layers].id, LAYER_ID, "%s", id);
        p->n_layers++;
    }
    return p->n_layers - 1;
}

static void add_layer(struct pull *p, const cJSON *json)
{
    size_t i = layer_of(p, json_string(json, "id", ""));
    int64_t current = json_integer(json, "progressDetail.current", 0),
            total = json_integer(json, "progressDetail.total", 0);
    const char *status = json_string(json, "status", "");
    if (strcmp(status, "Downloading") == 0 && current >= 0 && total >= current) {
        p->layers[i].done = (uint64_t)current;
        p->layers[i].total = (uint64_t)total;
    } else if (strcmp(status, "Download complete") == 0 || strcmp(status, "Pull complete") == 0) {
        p->layers[i].done = p->layers[i].total;
    }
}

static void on_line(void *user, const cJSON *json)
{
    struct call *c = user;
    const char *failed = json_string(json, "errorDetail.message", json_string(json, "error", NULL));
    uint64_t done = 0, total = 0;
    if (failed) {
        struct text words = {0};
        text_add_clean(&words, failed, strlen(failed));
        error_set(&c->broken,
                  strstr(failed, "not found") || strstr(failed, "unknown") ? ERROR_NOT_FOUND : ERROR_OTHER, 0,
                  "%s", text_of(&words));
        text_done(&words);
        return;
    }
    if (!c->op || !c->pull) {
        return;
    }
    add_layer(c->pull, json);
    for (size_t i = 0; i < c->pull->n_layers; i++) {
        done += c->pull->layers[i].done;
        total += c->pull->layers[i].total;
    }
    op_progress(c->op, done, total, "pulling");
}

void pull_free(struct pull *p)
{
    if (p && p->search) {
        credentials_cancel(p->search);
    }
    if (p) {
        free(p->name);
    }
    free(p);
}

static void pulled(struct call *c, const struct reply *r)
{
    void (*then)(struct call *, const struct reply *) = c->pull->then;
    struct reply reply = *r;
    if (reply.why.kind != ERROR_NONE && c->pull->hindered.kind != ERROR_NONE) {
        struct error without = c->pull->hindered;
        error_set(&reply.why, reply.why.kind, reply.why.native, "%.200s (asked without credentials: %.160s)",
                  r->why.text, without.text);
    }
    c->lines = NULL;
    pull_free(c->pull);
    c->pull = NULL;
    then(c, &reply);
}

/* "host:5000/repo/name:tag@sha256:...": the tag is what stands behind the last colon, if no slash follows it.
 */
static char *path_of(const struct docker *d, const char *name)
{
    const char *colon = strrchr(name, ':'), *slash = strrchr(name, '/');
    bool digest = strchr(name, '@') != NULL, tag = !digest && colon && (!slash || colon > slash);
    char *repository = mem_string_n(name, tag ? (size_t)(colon - name) : strlen(name));
    struct text image = {0}, version = {0};
    api_escape(&image, repository);
    api_escape(&version, digest ? "" : tag ? colon + 1 : "latest");
    char *path = docker_path(d, "/images/create?fromImage=%s&tag=%s", text_of(&image), text_of(&version));
    text_done(&image);
    text_done(&version);
    free(repository);
    return path;
}

static void has_credentials(void *user, const char *header, const struct error *why)
{
    struct call *c = user;
    char *path = path_of(c->docker, c->pull->name);
    const struct http_request request = {.method = "POST", .path = path, .auth = header, .apart = true};
    c->pull->search = NULL;
    if (why) {
        c->pull->hindered = *why;
    }
    c->lines = on_line;
    call_request(c, &request, API_ONE_LIMIT, pulled);
    free(path);
}

void pull_image(struct call *c, const char *name, void (*then)(struct call *, const struct reply *))
{
    c->pull = mem_new(1, sizeof *c->pull);
    c->pull->then = then;
    c->pull->name = mem_string(name);
    c->pull->search = credentials_find(c->docker->backend.loop, name, has_credentials, c);
}
