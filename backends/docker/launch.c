/* A launch: create; when the image is not there, pull it and create again; start. A container that cannot be
 * started is taken away again: whoever launches it hears why, and may use the name for his next try.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"

struct launch {
    struct call call;
    char *image, *name, *body;
    bool hold, pulled;
    char key[API_KEY];
    struct error why; /* of the start that failed */
};

static void drop_launch(struct call *c)
{
    struct launch *l = (struct launch *)c;
    free(l->image);
    free(l->name);
    free(l->body);
}

static void create(struct launch *l);

static void finish(struct launch *l)
{
    struct answer answer = {.text = mem_string(l->key)};
    call_finish(&l->call, &answer);
}

static void taken_away(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    (void)r;
    call_fail(c, &l->why);
}

static void started(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    if (r->why.kind == ERROR_NONE) {
        finish(l);
        return;
    }
    l->why = r->why;
    call_ask(c, "DELETE", docker_path(c->docker, "/containers/%s?force=1", l->key), NULL, taken_away);
}

static void pulled(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = r->why;
    if (why.kind == ERROR_NONE) {
        create(l);
        return;
    }
    error_wrap(&why, "docker has no image %s, and cannot pull it", l->image);
    why.kind = why.kind == ERROR_DENIED || why.kind == ERROR_UNREACHABLE ? why.kind : ERROR_NOT_FOUND;
    call_fail(c, &why);
}

static void created(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    const char *id = json_string(json, "Id", "");
    if (json && api_key_ok(id)) {
        memcpy(l->key, id, API_KEY);
    } else if (why.kind == ERROR_NONE) {
        error_set(&why, ERROR_PROTOCOL, 0, "docker does not tell the id of what it has created");
    }
    cJSON_Delete(json);
    if (why.kind == ERROR_NOT_FOUND && !l->pulled) {
        l->pulled = true;
        pull_image(c, l->image, pulled);
    } else if (why.kind != ERROR_NONE) {
        call_fail(c, &why);
    } else if (l->hold) {
        finish(l);
    } else {
        const struct http_request request = {
            .method = "POST", .path = docker_path(c->docker, "/containers/%s/start", l->key), .apart = true};
        call_request(c, &request, API_ONE_LIMIT, started);
        free((char *)request.path);
    }
}

static void create(struct launch *l)
{
    struct text name = {0};
    if (l->name) {
        text_add(&name, "?name=");
        api_escape(&name, l->name);
    }
    char *path = docker_path(l->call.docker, "/containers/create%s", text_of(&name));
    const struct http_request request = {
        .method = "POST", .path = path, .body = l->body, .len = strlen(l->body), .apart = true};
    call_request(&l->call, &request, API_ONE_LIMIT, created);
    text_done(&name);
    free(path);
}

void docker_launch(struct backend *b, struct op *op, const struct launch_spec *spec)
{
    struct docker *d = (struct docker *)b;
    struct error why;
    struct text what = {0};
    char *body = api_create(spec, &d->about, &why);
    if (!body) {
        op_fail(op, &why);
        return;
    }
    struct launch *l = mem_new(1, sizeof *l);
    l->body = body;
    l->image = mem_string(spec->image);
    l->name = mem_string(spec->name);
    l->hold = spec->hold;
    text_add(&what, "launch ");
    text_add_clean(&what, spec->image, strlen(spec->image));
    call_begin(&l->call, d, op, text_take(&what), drop_launch);
    create(l);
}
