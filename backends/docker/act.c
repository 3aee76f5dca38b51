#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/remark.h"
#include "core/signal_word.h"

/* Podman takes a stop without a time for one that waits for nothing: this is what its own command gives. */
enum { PODMAN_STOP_S = 10 };

/* What has been asked to end and is up all the same is looked at so often, with so many ms between. */
enum { LOOKS = 20, LOOK_MS = 100, QUIET_LOOKS = 4 };

struct act {
    struct call call;
    enum verb verb;
    bool may_kill;   /* the engine kills it when its time is over */
    unsigned deaths; /* of before */
    char key[API_KEY];
    int looks, quiet; /* after a stop; quiet: of these, the last in which it did not run */
};

enum { OF_A_KILL = 128 + 9 };

static char *what_of(const struct docker *d, const char *verb, const char *key)
{
    struct text t = {0};
    text_addf(&t, "%s %s", verb, entry_name(d, key));
    return text_take(&t);
}

/* The engine does not say whether it had to kill it. The exit code is what is read. */
static void note_exit_code(const struct act *a, const cJSON *json, struct answer *answer)
{
    bool over = !json_bool(json, "State.Running", false) && !json_bool(json, "State.OOMKilled", false);
    if (a->may_kill && over && json_integer(json, "State.ExitCode", 0) == OF_A_KILL) {
        answer->remark = remark_killed_perhaps(entry_name(a->call.docker, a->key), OF_A_KILL);
    }
}

/* What runs again has told its exit code by an event, if that has come by now. */
static void has_restarted(struct act *a)
{
    const struct entry *en = roster_find(a->call.docker, a->key);
    struct answer answer = {0};
    if (en && en->deaths > a->deaths && en->died_with == OF_A_KILL) {
        answer.remark = remark_killed_perhaps(entry_name(a->call.docker, a->key), OF_A_KILL);
    }
    call_finish(&a->call, &answer);
}

static void look_after(struct call *c);

static void wait_a_moment(struct call *c)
{
    (void)c; /* on a thread */
    uv_sleep(LOOK_MS);
}

/* A container that the engine is about to start again, or has started again by itself, has escaped its stop.
 * One that has a restart policy is looked at for a while: Podman may start it again a moment after it has
 * answered. */
static bool is_settled(struct act *a, const struct container *c)
{
    a->quiet = state_is_live(c->state) ? 0 : a->quiet + 1;
    return a->quiet >= (c->restart ? QUIET_LOOKS : 1);
}

static void looked_after(struct call *c, const struct reply *r)
{
    struct act *a = (struct act *)c;
    struct api_record record;
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    bool told = json && api_inspect(&record, json, &c->docker->about);
    if (r->status == 404 ||
        (told && is_settled(a, &record.c))) { /* what has gone with its end has no exit code */
        struct answer answer = {0};
        if (told) {
            note_exit_code(a, json, &answer);
        }
        call_finish(c, &answer);
    } else if (!told) {
        error_wrap(&why, "it was asked to stop, and whether it did is not told");
        call_fail(c, &why);
    } else if (a->looks++ < LOOKS) {
        call_work(c, wait_a_moment, look_after);
    } else {
        error_set(
            &why, ERROR_CONFLICT, 0,
            "its engine says that it has stopped it, and that it is %s; stop it again, or take its restart "
            "policy away (docker update --restart no)",
            state_word(record.c.state));
        call_fail(c, &why);
    }
    if (told) {
        api_record_done(&record);
    }
    cJSON_Delete(json);
}

static void look_after(struct call *c)
{
    const struct act *a = (struct act *)c;
    call_ask(c, "GET", docker_path(c->docker, "/containers/%s/json", a->key), NULL, looked_after);
}

/* 304: it is already as it was to become. */
static void acted(struct call *c, const struct reply *r)
{
    struct error why = r->why;
    if (why.kind == ERROR_NONE && r->status == 304) {
        error_set(&why, ERROR_CONFLICT, 304,
                  ((struct act *)c)->verb == VERB_START ? "it runs already" : "it does not run");
        why.already = true;
    }
    if (why.kind != ERROR_NONE) {
        call_fail(c, &why);
    } else if (((struct act *)c)->verb == VERB_STOP) {
        look_after(c);
    } else if (((struct act *)c)->may_kill) {
        has_restarted((struct act *)c);
    } else {
        call_succeed(c);
    }
}

static char *path_of(const struct docker *d, const char *key, enum verb verb, const struct act_options *o)
{
    struct text t = {0};
    const char *const words[] = {[VERB_START] = "start", [VERB_PAUSE] = "pause", [VERB_RESUME] = "unpause"};
    switch (verb) {
    case VERB_STOP:
    case VERB_RESTART:
        text_add(&t, verb == VERB_STOP ? "stop?" : "restart?");
        if (o->timeout >= 0 || d->podman) {
            text_addf(&t, "t=%d&", o->timeout >= 0 ? o->timeout : PODMAN_STOP_S);
        }
        if (o->signal && d->api >= 42) {
            text_add(&t, "signal=");
            api_escape(&t, o->signal);
        }
        break;
    case VERB_KILL:
        text_add(&t, "kill?signal=");
        api_escape(&t, o->signal ? o->signal : "KILL");
        break;
    case VERB_REMOVE:
        break;
    default:
        text_add(&t, words[verb]);
    }
    char *path = verb == VERB_REMOVE ? docker_path(d, "/containers/%s?force=%d", key, o->force)
                                     : docker_path(d, "/containers/%s/%s", key, text_of(&t));
    text_done(&t);
    return path;
}

void docker_act(struct backend *b, struct op *op, const char *key, enum verb verb,
                const struct act_options *options)
{
    struct docker *d = (struct docker *)b;
    struct error why;
    char tried[32];
    snprintf(tried, sizeof tried, "%s it", verb_word(verb));
    if (!docker_key_ok(key, tried, op)) {
        return;
    }
    if (verb > VERB_REMOVE) {
        error_set(&why, ERROR_UNSUPPORTED, 0, "docker cannot %s a container by itself", verb_word(verb));
        op_fail(op, &why);
        return;
    }
    struct act *a = mem_new(1, sizeof *a);
    char *path = path_of(d, key, verb, options);
    /* A signal, and what ends only when the container has ended, may take as long as that takes. */
    const struct http_request request = {
        .method = verb == VERB_REMOVE ? "DELETE" : "POST", .path = path, .apart = true};
    a->verb = verb;
    bool stops = verb == VERB_STOP || verb == VERB_RESTART;
    const struct entry *en = roster_find(d, key);
    bool kills = options->timeout == 0 || (options->signal && signal_word_is(options->signal, "KILL", "9"));
    a->may_kill = stops && !kills;
    a->deaths = en ? en->deaths : 0;
    snprintf(a->key, sizeof a->key, "%s", key);
    call_begin(&a->call, d, op, what_of(d, verb_word(verb), key), NULL);
    call_request(&a->call, &request, API_ONE_LIMIT, acted);
    free(path);
}

static void renamed(struct call *c, const struct reply *r)
{
    if (r->why.kind != ERROR_NONE) {
        call_fail(c, &r->why);
    } else {
        call_succeed(c);
    }
}

void docker_rename(struct backend *b, struct op *op, const char *key, const char *name)
{
    struct docker *d = (struct docker *)b;
    if (!docker_key_ok(key, "rename it", op)) {
        return;
    }
    struct text query = {0};
    struct call *c = mem_new(1, sizeof *c);
    text_add(&query, "rename?name=");
    api_escape(&query, name);
    call_begin(c, d, op, what_of(d, "rename", key), NULL);
    call_ask(c, "POST", docker_path(d, "/containers/%s/%s", key, text_of(&query)), NULL, renamed);
    text_done(&query);
}

/* Inspect. */

static void inspected(struct call *c, const struct reply *r)
{
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT, &why) : NULL;
    if (!json) {
        call_fail(c, &why);
        return;
    }
    struct answer answer = {.text = cJSON_Print(json)};
    cJSON_Delete(json);
    call_finish(c, &answer);
}

void docker_inspect(struct backend *b, struct op *op, const char *key)
{
    struct docker *d = (struct docker *)b;
    if (!docker_key_ok(key, "inspect it", op)) {
        return;
    }
    struct call *c = mem_new(1, sizeof *c);
    call_begin(c, d, op, what_of(d, "inspect", key), NULL);
    call_ask(c, "GET", docker_path(d, "/containers/%s/json", key), NULL, inspected);
}

bool docker_spec_of(struct backend *b, const char *key, struct launch_spec *out)
{
    const struct entry *en = roster_find((struct docker *)b, key);
    if (!en || !en->inspected || !en->spec.image) {
        return false;
    }
    launch_spec_copy(out, &en->spec);
    return true;
}

/* Processes: of this kernel from /proc, of others from the engine. */

struct looking {
    struct call call;
    char *name, *cgroup;
    uint32_t pid;
    struct error why;
    struct process_table *table;
};

static void drop_looking(struct call *c)
{
    struct looking *k = (struct looking *)c;
    free(k->name);
    free(k->cgroup);
    process_table_free(k->table);
}

static void look(struct call *c)
{
    struct looking *k = (struct looking *)c;
    k->table = nearby_processes(c->docker->nearby, k->name, k->cgroup, k->pid, &k->why);
}

static void looked(struct call *c)
{
    struct looking *k = (struct looking *)c;
    struct answer answer = {.why = k->why, .processes = k->table};
    k->table = NULL;
    call_finish(c, &answer);
}

static void told(struct call *c, const struct reply *r)
{
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_ONE_LIMIT * 4, &why) : NULL;
    if (!json) {
        call_fail(c, &why);
        return;
    }
    struct answer answer = {.processes = api_top(json, ((struct looking *)c)->pid != 0)};
    cJSON_Delete(json);
    call_finish(c, &answer);
}

static void ask_top(struct looking *k, const char *key)
{
    const struct docker *d = k->call.docker;
    const char *columns = d->about.windows ? "" : "?ps_args=-eo%20pid,ppid,user,time,rss,args";
    call_ask(&k->call, "GET", docker_path(d, "/containers/%s/top%s", key, columns), NULL, told);
}

void docker_processes(struct backend *b, struct op *op, const char *key)
{
    struct docker *d = (struct docker *)b;
    const struct entry *en = roster_find(d, key);
    struct error why;
    if (!docker_key_ok(key, "read the processes of it", op)) {
        return;
    }
    if (en && en->inspected && !state_is_live(en->record.state) && en->record.state != CONTAINER_UNKNOWN) {
        error_set(&why, ERROR_CONFLICT, 0, "%s does not run: it has no processes", entry_name(d, key));
        op_fail(op, &why);
        return;
    }
    struct looking *k = mem_new(1, sizeof *k);
    call_begin(&k->call, d, op, what_of(d, "read the processes of", key), drop_looking);
    if (en && en->cgroup && en->record.isolation == ISOLATION_PROCESS) {
        k->name = mem_string(entry_name(d, key));
        k->cgroup = mem_string(en->cgroup);
        k->pid = en->record.pid;
        call_work(&k->call, look, looked);
    } else {
        k->pid = en ? en->record.pid : 0; /* known only if it is one of this machine */
        ask_top(k, key);
    }
}
