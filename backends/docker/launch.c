/* A launch: create; when the image is not there, pull it and create again; read back what was made; start.
 * What is otherwise than it was asked for is never started. A container that cannot be started, or must not
 * be, is taken away again: whoever launches it hears why, and may use the name for his next try.
 *
 * One that is to be like another begins with that one's document, of which the body of the create is made.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"

struct launch {
    struct call call;
    struct launch_spec spec;
    cJSON *like;              /* the inspected container that it is to be like; NULL */
    struct api_repeat wanted; /* body, and networks if it is to be like another */
    const cJSON *network;     /* the next one to be connected */
    bool pulled;
    char key[API_KEY]; /* "": nothing was made */
    char *remark;
    struct error why; /* of what failed after the create */
};

static void removed_in_silence(struct call *c, const struct reply *r)
{
    (void)r;
    call_succeed(c);
}

/* The asker has left in the middle. */
static void remove_left(struct docker *d, const char *key)
{
    struct call *c = mem_new(1, sizeof *c);
    call_begin(c, d, NULL, NULL, NULL);
    call_ask(c, "DELETE", docker_path(d, "/containers/%s?force=1", key), NULL, removed_in_silence);
}

static void drop_launch(struct call *c)
{
    struct launch *l = (struct launch *)c;
    if (l->key[0] && c->docker->online && !c->docker->closing) {
        remove_left(c->docker, l->key);
    }
    launch_spec_done(&l->spec);
    api_repeat_done(&l->wanted);
    cJSON_Delete(l->like);
    free(l->remark);
}

static void create(struct launch *l);

static void finish(struct launch *l)
{
    struct answer answer = {.text = mem_string(l->key), .remark = l->remark};
    l->key[0] = '\0';
    l->remark = NULL;
    call_finish(&l->call, &answer);
}

static void taken_away(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = l->why;
    if (r->why.kind != ERROR_NONE && r->status != 404) {
        error_wrap(&why, "container %.12s cannot be removed again (%.100s)", l->key, r->why.text);
    }
    l->key[0] = '\0';
    call_fail(c, &why);
}

static void take_away(struct launch *l, const struct error *why)
{
    l->why = *why;
    call_ask(&l->call, "DELETE", docker_path(l->call.docker, "/containers/%s?force=1", l->key), NULL,
             taken_away);
}

/* Starting. */

static void started(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    if (r->why.kind == ERROR_NONE) {
        finish(l);
    } else {
        take_away(l, &r->why);
    }
}

static void start(struct launch *l)
{
    const struct http_request request = {
        .method = "POST", .path = docker_path(l->call.docker, "/containers/%s/start", l->key), .apart = true};
    call_request(&l->call, &request, API_ONE_LIMIT, started);
    free((char *)request.path);
}

/* Reading back. */

static void verify(struct launch *l, const cJSON *got, struct text *differs)
{
    const struct api_engine *e = &l->call.docker->about;
    const char *image = json_string(l->like, "Image", ""), *is = json_string(got, "Image", "");
    const char *runtime = json_string(l->wanted.body, "HostConfig.Runtime", NULL);
    api_verify_isolation(l->spec.isolation, runtime, got, e, differs);
    api_verify(l->wanted.body, got, e, differs);
    api_verify_networks(l->wanted.networks, got, e, differs);
    bool chosen = strcmp(json_string(l->like, "Config.Image", ""), l->spec.image) != 0;
    if (*image && !chosen && strcmp(image, is) != 0) {
        text_addf(differs, "%sthe image: asked %.19s, got %.19s", differs->len ? "; " : "", image, is);
    }
}

static void read_back(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = r->why;
    struct text differs = {0};
    const char *title = api_title(&c->docker->about);
    cJSON *got = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    if (why.kind != ERROR_NONE) {
        error_wrap(&why, "what %s has made cannot be read back, so it is removed again", title);
    } else {
        verify(l, got, &differs);
    }
    if (differs.len > 0) {
        error_set(&why, ERROR_UNSUPPORTED, 0,
                  "%s did not make what was asked for, so it is removed again: %s%s%s", title,
                  text_of(&differs), l->remark ? "; it warned: " : "", l->remark ? l->remark : "");
    }
    cJSON_Delete(got);
    text_done(&differs);
    if (why.kind == ERROR_NONE) {
        roster_learn(c->docker, l->key, r); /* who hears of it finds it in the list */
    }
    if (why.kind != ERROR_NONE) {
        take_away(l, &why);
    } else if (l->spec.hold) {
        finish(l);
    } else {
        start(l);
    }
}

static void go_on(struct launch *l);

static void connected(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    if (r->why.kind != ERROR_NONE) {
        struct error why = r->why;
        error_wrap(&why, "cannot connect it to the network %.64s", l->network->string);
        take_away(l, &why);
    } else {
        l->network = l->network->next;
        go_on(l);
    }
}

/* The networks that the create did not take along, one after the other. */
static void go_on(struct launch *l)
{
    const cJSON *first = json_at(l->wanted.body, "NetworkingConfig.EndpointsConfig");
    while (l->network && cJSON_GetObjectItemCaseSensitive(first, l->network->string)) {
        l->network = l->network->next;
    }
    if (!l->network) {
        call_inspect(&l->call, l->key, read_back);
        return;
    }
    struct text name = {0};
    cJSON *body = cJSON_CreateObject();
    api_escape(&name, l->network->string);
    cJSON_AddStringToObject(body, "Container", l->key);
    cJSON_AddItemToObject(body, "EndpointConfig", cJSON_Duplicate(l->network, true));
    char *print = cJSON_PrintUnformatted(body);
    call_ask(&l->call, "POST", docker_path(l->call.docker, "/networks/%s/connect", text_of(&name)), print,
             connected);
    free(print);
    cJSON_Delete(body);
    text_done(&name);
}

/* Creating. */

static void pulled(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = r->why;
    if (why.kind == ERROR_NONE) {
        create(l);
        return;
    }
    error_wrap(&why, "%s has no image %s, and cannot pull it", api_title(&c->docker->about), l->spec.image);
    why.kind = why.kind == ERROR_DENIED || why.kind == ERROR_UNREACHABLE ? why.kind : ERROR_NOT_FOUND;
    call_fail(c, &why);
}

/* What a person should hear although it went well. */
static char *remark_of(const struct launch *l, const cJSON *json)
{
    struct text t = {0};
    const cJSON *item = NULL;
    if (l->wanted.lost.len > 0) {
        text_addf(&t, "left out: %s", text_of(&l->wanted.lost));
    }
    cJSON_ArrayForEach(item, json_at(json, "Warnings"))
    {
        if (cJSON_IsString(item) && item->valuestring[0]) {
            text_add(&t, t.len ? "; " : "the engine warns: ");
            text_add_clean(&t, item->valuestring, strlen(item->valuestring));
        }
    }
    return t.len ? text_take(&t) : NULL;
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
        error_set(&why, ERROR_PROTOCOL, 0, "%s does not tell the id of what it has created",
                  api_title(&c->docker->about));
    }
    free(l->remark);
    l->remark = remark_of(l, json);
    cJSON_Delete(json);
    if (why.kind == ERROR_NOT_FOUND && !l->pulled && !l->like) {
        l->pulled = true;
        pull_image(c, l->spec.image, pulled);
    } else if (why.kind != ERROR_NONE) {
        call_fail(c, &why);
    } else {
        l->network = l->wanted.networks ? l->wanted.networks->child : NULL;
        go_on(l);
    }
}

static void create(struct launch *l)
{
    struct text name = {0};
    char *body = cJSON_PrintUnformatted(l->wanted.body);
    if (l->spec.name) {
        text_add(&name, "?name=");
        api_escape(&name, l->spec.name);
    }
    char *path = docker_path(l->call.docker, "/containers/create%s", text_of(&name));
    const struct http_request request = {
        .method = "POST", .path = path, .body = body, .len = strlen(body), .apart = true};
    call_request(&l->call, &request, API_ONE_LIMIT, created);
    text_done(&name);
    free(path);
    free(body);
}

/* Like another. */

static void repeat(struct launch *l, const char *image)
{
    struct error why;
    if (!api_repeat(&l->wanted, l->like, image, &l->spec, &l->call.docker->about, &why)) {
        call_fail(&l->call, &why);
    } else if (l->wanted.lost.len > 0 && !l->spec.drop) {
        struct answer answer = {.lost = mem_string(text_of(&l->wanted.lost))};
        error_set(&answer.why, ERROR_UNSUPPORTED, 0, "cannot launch it like %.64s: this cannot go along: %s",
                  entry_name(l->call.docker, l->spec.like), answer.lost);
        call_finish(&l->call, &answer);
    } else {
        create(l);
    }
}

/* A tag may have moved since: then the image is named by its id. */
static void found_image(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    cJSON *json = r->why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, NULL) : NULL;
    const char *id = json_string(l->like, "Image", "");
    bool same = strcmp(json_string(json, "Id", ""), id) == 0;
    cJSON_Delete(json);
    repeat(l, same || !*id ? l->spec.image : id);
}

static void found_like(struct call *c, const struct reply *r)
{
    struct launch *l = (struct launch *)c;
    struct error why = r->why;
    l->like = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    if (!l->like) {
        call_fail(c, &why);
    } else if (strcmp(json_string(l->like, "Config.Image", ""), l->spec.image) != 0) {
        repeat(l, l->spec.image); /* another one was chosen */
    } else {
        struct text name = {0};
        api_escape(&name, l->spec.image);
        call_ask(c, "GET", docker_path(c->docker, "/images/%s/json", text_of(&name)), NULL, found_image);
        text_done(&name);
    }
}

void docker_launch(struct backend *b, struct op *op, const struct launch_spec *spec)
{
    struct docker *d = (struct docker *)b;
    struct error why;
    struct text what = {0};
    if (spec->like && !docker_key_ok(spec->like, "launch it again", op)) {
        return;
    }
    cJSON *body = spec->like ? NULL : api_create(spec, &d->about, &why);
    if (!body && !spec->like) {
        op_fail(op, &why);
        return;
    }
    struct launch *l = mem_new(1, sizeof *l);
    launch_spec_copy(&l->spec, spec);
    l->wanted.body = body;
    text_add(&what, "launch ");
    text_add_clean(&what, spec->image, strlen(spec->image));
    call_begin(&l->call, d, op, text_take(&what), drop_launch);
    if (spec->like) {
        call_inspect(&l->call, spec->like, found_like);
    } else {
        create(l);
    }
}
