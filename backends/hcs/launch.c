/* A launch is a row of steps, each a call; what they have made is undone from the last to the first when one
 * fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/create.h"
#include "backends/hcs/defaults.h"
#include "backends/hcs/end.h"
#include "backends/hcs/own.h"
#include "backends/hcs/request.h"
#include "backends/hcs/result.h"
#include "backends/hcs/store.h"
#include "backends/json.h"
#include "core/image.h"
#include "core/memory.h"
#include "core/text.h"

enum step {
    STEP_SCRATCH,
    STEP_MOUNT,
    STEP_ENDPOINT,
    STEP_NAMESPACE,
    STEP_CREATE,
    STEP_SHOW,
    STEP_START,
    STEP_RUN,
    STEP_TELL,
    STEPS
};

enum { STEP_SECONDS = 240 }; /* hcsshim's patience with HCS */

static const char *const STEP_WORDS[STEPS] = {"making a writable layer",
                                              "mounting it",
                                              "joining a network",
                                              "joining a network",
                                              "creating it",
                                              "creating it",
                                              "starting it",
                                              "running its command",
                                              "running its command"};

struct launching {
    struct hcs *engine;
    struct op *op;
    struct launch_spec spec;
    enum isolation mode;
    char *id, *folder, *utility_vm, *volume, *endpoint, *space;
    cJSON *layers;
    enum step step;
    bool made, created;  /* something must be undone; the system as well */
    bool owed;           /* a step is not answered */
    bool late;           /* and was given up */
    bool over;           /* all is told and undone */
    uv_timer_t deadline; /* of a step */
    struct error why;
};

static void go_on(struct launching *l);

static void on_timer_closed(uv_handle_t *handle)
{
    struct launching *l = handle->data;
    struct hcs *h = l->engine;
    launch_spec_done(&l->spec);
    free(l->id);
    free(l->folder);
    free(l->utility_vm);
    free(l->volume);
    free(l->endpoint);
    free(l->space);
    cJSON_Delete(l->layers);
    free(l);
    hcs_release(h);
}

/* What HCS still owes an answer to stays until that has come. */
static void free_if_over(struct launching *l)
{
    if (l->over && !l->owed) {
        uv_close((uv_handle_t *)&l->deadline, on_timer_closed);
    }
}

static void finish(struct launching *l)
{
    struct op *op = l->op; /* NULL: it was told that it is late */
    struct answer answer = {.why = l->why};
    struct own *own = l->why.kind != ERROR_NONE ? own_find(l->engine, l->id) : NULL;
    if (own && !entry_find(l->engine, l->id)) {
        own_gone(own); /* it was never listed: nobody else will notice */
    }
    if (l->why.kind == ERROR_NONE) {
        answer.text = mem_string(l->id);
        list_soon(l->engine);
    }
    l->over = true;
    free_if_over(l);
    if (op) {
        op_finish(op, &answer);
    }
}

/* Undoing. */

/* What cannot be removed now is swept away when the engine is opened the next time. */
static void on_undone(void *user, int32_t result, const char *document)
{
    (void)result;
    (void)document;
    finish(user);
}

static void on_ended(void *user, const struct error *why, const char *remark)
{
    (void)why;
    (void)remark;
    finish(user);
}

static void undo(struct launching *l)
{
    struct hcs *h = l->engine;
    if (h->closing || h->offline || !l->made) {
        finish(l);
    } else if (l->created) {
        end_system(h, l->id, &(struct end_wish){.tidy = true, .verb = "end"}, on_ended, l);
    } else {
        end_tidy(h, l->id, on_undone, l);
    }
}

static void fail(struct launching *l, int32_t result, const char *document)
{
    char what[160];
    snprintf(what, sizeof what, "launch %.64s", l->id);
    result_error(&l->why, result, document, what);
    undo(l);
}

/* Steps. */

static char *word(const cJSON *json, const char *name)
{
    return mem_string(json_string(json, name, NULL));
}

/* Takes what the step has answered; false: it is not what was asked for. */
static bool take(struct launching *l, const char *document)
{
    struct error ignored;
    cJSON *json = document && document[0] ? document_parse(document, &ignored) : NULL;
    bool ok = true;
    if (l->step == STEP_SCRATCH) {
        l->folder = word(json, "Folder");
        l->utility_vm = word(json, "UtilityVM");
        ok = l->folder;
    } else if (l->step == STEP_MOUNT) {
        l->volume = word(json, "Volume");
        ok = l->volume;
    } else if (l->step == STEP_ENDPOINT) {
        l->endpoint = word(json, "Endpoint");
        ok = l->endpoint;
    } else if (l->step == STEP_NAMESPACE) {
        l->space = word(json, "Namespace");
        ok = l->space;
    } else if (l->step == STEP_SHOW || l->step == STEP_TELL) {
        ok = list_take(l->engine, json);
    }
    cJSON_Delete(json);
    return ok;
}

static void ignore_end(void *user, const struct error *why, const char *remark)
{
    (void)user, (void)why, (void)remark;
}

/* It was given up: what has come of it after all goes at once. */
static void come_late(struct launching *l, int32_t result)
{
    struct hcs *h = l->engine;
    if (result >= 0 && l->step == STEP_CREATE && !h->closing && !h->offline) {
        end_system(h, l->id, &(struct end_wish){.tidy = true, .verb = "end"}, ignore_end, NULL);
    }
    free_if_over(l);
}

static void on_step(void *user, int32_t result, const char *document)
{
    struct launching *l = user;
    l->owed = false;
    uv_timer_stop(&l->deadline);
    if (l->late) {
        come_late(l, result);
        return;
    }
    l->made = l->made || result >= 0;
    l->created = l->created || (result >= 0 && l->step == STEP_CREATE);
    if (l->engine->closing || l->engine->offline) {
        error_set(&l->why, ERROR_CANCELLED, 0, "cannot launch %.64s: the engine was closed meanwhile", l->id);
        undo(l);
    } else if (result < 0 && l->step == STEP_TELL) {
        finish(l); /* it has ended already, and was launched all the same */
    } else if (result < 0) {
        fail(l, result, document);
    } else if (!take(l, document)) {
        fail(l, (int32_t)UINT32_C(0x8007000D), NULL);
    } else {
        l->step++;
        go_on(l);
    }
}

/* HCS cannot cancel: whoever launches is told, and what is there is undone, behind what is still under way.
 */
static void on_deadline(uv_timer_t *timer)
{
    struct launching *l = timer->data;
    struct op *op = l->op;
    error_set(&l->why, ERROR_TIMEOUT, 0,
              "cannot launch %.64s: HCS has not answered for %d s to %s; what comes of it is removed", l->id,
              STEP_SECONDS, STEP_WORDS[l->step]);
    l->late = l->made = true;
    l->created = l->created || l->step == STEP_CREATE;
    l->op = NULL;
    op_fail(op, &l->why);
    undo(l);
}

static void begin_step(struct launching *l)
{
    l->owed = true;
    uv_timer_start(&l->deadline, on_deadline, hcs_in_ms(l->engine, STEP_SECONDS), 0);
}

static void arrange(struct launching *l, enum hcs_arrangement what, char *document)
{
    struct hcs *h = l->engine;
    begin_step(l);
    h->service->type->arrange(h->service, what, l->id, document, on_step, l);
    free(document);
}

static void call(struct launching *l, enum hcs_call what, char *document)
{
    struct hcs *h = l->engine;
    begin_step(l);
    h->service->type->call(h->service, what, l->id, document, on_step, l);
    free(document);
}

static char *system_document(const struct launching *l)
{
    return create_system(&(struct create){.spec = &l->spec,
                                          .mode = l->mode,
                                          .layers = l->layers,
                                          .folder = l->folder,
                                          .volume = l->volume,
                                          .utility_vm = l->utility_vm,
                                          .endpoint = l->endpoint,
                                          .space = l->space,
                                          .id = l->id});
}

/* From here on HCS lists it: what the engine knows beyond that must be there before it is seen. */
static void become_own(struct launching *l)
{
    own_add(l->engine, l->id, &l->spec, l->mode);
}

/* It may have been ended by somebody else meanwhile. */
static void run(struct launching *l)
{
    struct own *own = own_find(l->engine, l->id);
    if (own) {
        own_run(own, on_step, l);
    } else {
        fail(l, (int32_t)UINT32_C(0x8037010E), NULL);
    }
}

static void go_on(struct launching *l)
{
    if (l->step < STEPS) {
        op_progress(l->op, 0, 0, STEP_WORDS[l->step]);
    }
    switch (l->step) {
    case STEP_SCRATCH:
        arrange(l, HCS_SCRATCH_CREATE, create_layers(l->layers));
        break;
    case STEP_MOUNT:
        if (l->mode == ISOLATION_PROCESS) {
            arrange(l, HCS_SCRATCH_MOUNT, create_layers(l->layers));
            break;
        }
        if (!l->utility_vm) {
            error_set(&l->why, ERROR_UNSUPPORTED, 0,
                      "cannot launch %.64s: no layer of the image has a utility VM for hyperv isolation; use "
                      "process isolation, or another image",
                      l->id);
            undo(l);
            break;
        }
        l->step++;
        /* fallthrough */
    case STEP_ENDPOINT: {
        char *endpoint = create_endpoint(&l->spec);
        if (endpoint) {
            arrange(l, HCS_ENDPOINT_CREATE, endpoint);
            break;
        }
        l->step++;
    }
        /* fallthrough */
    case STEP_NAMESPACE:
        if (l->mode == ISOLATION_PROCESS && l->endpoint) {
            arrange(l, HCS_NAMESPACE_CREATE, NULL);
            break;
        }
        l->step++;
        /* fallthrough */
    case STEP_CREATE:
        call(l, HCS_CREATE, system_document(l));
        break;
    case STEP_SHOW:
        become_own(l);
        call(l, HCS_PROPERTIES, NULL);
        break;
    case STEP_START:
        if (l->spec.hold) {
            finish(l);
        } else {
            call(l, HCS_START, NULL);
        }
        break;
    case STEP_RUN:
        run(l);
        break;
    case STEP_TELL:
        call(l, HCS_PROPERTIES, NULL); /* that it runs */
        break;
    default:
        finish(l);
    }
}

/* Images. */

static void on_images(void *user, int32_t result, const char *document)
{
    struct launching *l = user;
    struct error ignored;
    if (result < 0) {
        fail(l, result, document);
        return;
    }
    cJSON *images = document_parse(document, &ignored);
    const cJSON *image = store_find(images, l->spec.image);
    if (image) {
        l->layers = cJSON_Duplicate(json_at(image, "Layers"), true);
        defaults_fill(&l->spec, image);
    }
    cJSON_Delete(images);
    if (image) {
        go_on(l);
    } else {
        error_set(
            &l->why, ERROR_NOT_FOUND, 0,
            "cannot launch: no image %.100s has its layers on this host; pull it with docker or ctr first",
            l->spec.image);
        finish(l);
    }
}

static char *choose_id(const struct launch_spec *spec)
{
    unsigned char random[4];
    struct text id = {0};
    if (spec->name) {
        return mem_string(spec->name);
    }
    uv_random(NULL, NULL, random, sizeof random, 0, NULL);
    text_add(&id, "porthole-");
    for (size_t i = 0; i < sizeof random; i++) {
        text_addf(&id, "%02x", random[i]);
    }
    return text_take(&id);
}

static int check(const struct hcs *h, const struct launch_spec *spec, enum isolation mode, struct error *e)
{
    if (!h->online) {
        return error_set(e, ERROR_UNREACHABLE, 0,
                         "cannot launch: the Host Compute Service is not reached; try again later");
    }
    if (!spec->image) {
        return error_set(e, ERROR_INVALID, 0, "cannot launch: no image was named");
    }
    if (spec->name && !launch_name_ok(spec->name)) {
        return error_set(e, ERROR_INVALID, 0, "cannot launch: %.64s is no name for a container", spec->name);
    }
    if (spec->name && entry_find(h, spec->name)) {
        return error_set(e, ERROR_CONFLICT, 0, "cannot launch: the name %s is taken; choose another",
                         spec->name);
    }
    return create_check(spec, mode, e);
}

void hcs_launch(struct backend *b, struct op *op, const struct launch_spec *spec)
{
    struct hcs *h = (struct hcs *)b;
    struct error why;
    enum isolation usual = h->windows.edition == WINDOWS_SERVER ? ISOLATION_PROCESS : ISOLATION_VM;
    enum isolation mode = spec->isolation == ISOLATION_UNKNOWN ? usual : spec->isolation;
    if (check(h, spec, mode, &why) < 0) {
        op_fail(op, &why);
        return;
    }
    struct launching *l = mem_new(1, sizeof *l);
    *l = (struct launching){.engine = h, .op = op, .mode = mode, .id = choose_id(spec)};
    launch_spec_copy(&l->spec, spec);
    hcs_timer_init(h, &l->deadline, l);
    h->service->type->arrange(h->service, HCS_IMAGES, NULL, NULL, on_images, l);
}

/* The settings of others' containers are not known. */
bool hcs_spec_of(struct backend *b, const char *key, struct launch_spec *out)
{
    const struct own *o = own_find((struct hcs *)b, key);
    if (o) {
        launch_spec_copy(out, own_spec(o));
        out->remove = true; /* a compute system is gone when it has ended, however it was launched */
    }
    return o != NULL;
}

struct listing_images {
    struct hcs *engine;
    struct op *op;
};

static void add_image(struct image_list *list, const cJSON *json)
{
    char os[48];
    char **command = defaults_command(json);
    char *line = command ? request_command_line((const char *const *)command) : NULL;
    snprintf(os, sizeof os, "windows 10.0.%d", (int)json_integer(json, "Build", 0));
    image_list_add(list, &(struct image){.name = json_string(json, "Name", "?"),
                                         .id = json_string(json, "Id", NULL),
                                         .command = line,
                                         .os = os,
                                         .size = (uint64_t)json_integer(json, "Size", 0)});
    free(line);
    free(command);
}

static void on_image_list(void *user, int32_t result, const char *document)
{
    struct listing_images l = *(struct listing_images *)user;
    struct error why;
    free(user);
    cJSON *json = NULL;
    if (result < 0) {
        result_error(&why, result, document, "list the images");
    } else {
        json = document_parse(document, &why);
    }
    if (!json) {
        op_fail(l.op, &why);
        return;
    }
    struct image_list *list = image_list_new();
    const cJSON *image = NULL;
    cJSON_ArrayForEach(image, json)
    {
        add_image(list, image);
    }
    cJSON_Delete(json);
    image_list_sort(list);
    op_finish(l.op, &(struct answer){.images = list});
}

void hcs_images(struct backend *b, struct op *op)
{
    struct hcs *h = (struct hcs *)b;
    struct error why;
    if (!h->online) {
        error_set(&why, ERROR_UNREACHABLE, 0,
                  "cannot list images: the Host Compute Service is not reached; try again later");
        op_fail(op, &why);
        return;
    }
    struct listing_images *l = mem_new(1, sizeof *l);
    *l = (struct listing_images){h, op};
    h->service->type->arrange(h->service, HCS_IMAGES, NULL, NULL, on_image_list, l);
}
