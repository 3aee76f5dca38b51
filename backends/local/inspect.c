#include <stdlib.h>
#include <string.h>

#include "backends/cgroups.h"
#include "backends/json.h"
#include "backends/local/engine.h"
#include "core/times.h"

enum { STATE_LIMIT = 8 * 1024 * 1024 };

struct inspection {
    struct job job;
    char id[STATE_ID];
    char *text;
    struct error why;
};

static void add_and_free(cJSON *o, const char *name, char *path)
{
    if (path) {
        cJSON_AddStringToObject(o, name, path);
    }
    free(path);
}

static void add_places(cJSON *o, const struct local *l, const char *id)
{
    cJSON *places = cJSON_AddObjectToObject(o, "paths");
    add_and_free(places, "bundle", paths_container(l->paths, id, NULL));
    add_and_free(places, "rootfs", paths_container(l->paths, id, "rootfs"));
    add_and_free(places, "log", paths_container(l->paths, id, "log"));
    add_and_free(places, "state", paths_state(l->paths, id));
    add_and_free(places, "socket", paths_socket(l->paths, id));
}

static void add_cgroups(cJSON *o, const struct local *l)
{
    static const char *const names[METER_COUNT] = {"cpu", "memory", "processes"};
    const char *path = json_string(o, "cgroup", NULL);
    cJSON *files = path ? cJSON_AddObjectToObject(o, "cgroup_files") : NULL;
    for (enum cgroup_meter which = 0; files && which < METER_COUNT; which++) {
        add_and_free(files, names[which], cgroups_file(l->cgroups, which, path));
    }
}

/* The file counts milliseconds; people and programs get RFC 3339. */
static void write_times(cJSON *o)
{
    static const char *const names[] = {"created", "started", "finished"};
    char when[TIME_TEXT];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int64_t ms = json_integer(o, names[i], 0);
        if (cJSON_HasObjectItem(o, names[i])) {
            cJSON_ReplaceItemInObject(o, names[i],
                                      ms ? cJSON_CreateString(time_print(when, ms)) : cJSON_CreateNull());
        }
    }
}

static void run_inspection(struct job *j)
{
    struct inspection *i = (struct inspection *)j;
    const struct local *l = j->task.local;
    struct state s;
    state_init(&s);
    char *path = paths_state(l->paths, i->id);
    /* What is shown is the file, so that nothing is left out; but only if it is sound. */
    cJSON *o =
        local_read_state(l, i->id, &s, &i->why) ? json_read_own_file(path, STATE_LIMIT, &i->why) : NULL;
    if (o) {
        write_times(o);
        add_places(o, l, i->id);
        add_cgroups(o, l);
        char *text = cJSON_Print(o);
        i->text = mem_string(text);
        cJSON_free(text);
        cJSON_Delete(o);
    }
    state_done(&s);
    free(path);
}

static void inspected(struct job *j)
{
    struct inspection *i = (struct inspection *)j;
    struct answer answer = {.why = i->why, .text = i->text};
    task_finish(&j->task, &answer);
    free(answer.text);
    job_end(j);
}

void local_inspect(struct backend *b, struct op *op, const char *key)
{
    struct local *l = (struct local *)b;
    if (!local_usable(l, op) || !local_key_ok(key, op)) {
        return;
    }
    struct inspection *i = mem_new(1, sizeof *i);
    memcpy(i->id, key, STATE_ID);
    job_start(&i->job, l, op, run_inspection, inspected);
}

static void copy_settings(struct launch_spec *out, const struct state *s)
{
    launch_spec_copy(out, &s->spec);
    free(out->image_id);
    out->image_id = mem_string(s->image_id);
}

/* The caller wants it at once: for a container that no list has told of yet, its small file is read right
 * here. */
bool local_spec_of(struct backend *b, const char *key, struct launch_spec *out)
{
    struct local *l = (struct local *)b;
    const struct entry *en = entries_find(l, key);
    if (en && en->state.spec.image && *en->state.spec.image) {
        copy_settings(out, &en->state);
        return true;
    }
    struct state s;
    struct error why;
    state_init(&s);
    bool ok = l->paths && state_id_ok(key) && local_read_state(l, key, &s, &why);
    if (ok) {
        copy_settings(out, &s);
    }
    state_done(&s);
    return ok;
}
