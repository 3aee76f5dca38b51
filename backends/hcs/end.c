/* The end of a container that porthole has launched, whichever porthole that was: the system is terminated,
 * then its endpoint and its writable layer are removed. Whoever asks hears when nothing is left. */
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/create.h"
#include "backends/hcs/engine.h"
#include "backends/hcs/result.h"
#include "core/memory.h"

struct ending {
    struct hcs *engine;
    char *key, *document;
    int32_t result; /* of the step that failed, with its document */
    hcs_answer_cb done;
    void *user;
};

bool end_is_ours(const struct entry *e)
{
    return e->owner && strcmp(e->owner, CREATE_OWNER) == 0;
}

static void finish(struct ending *e)
{
    if (e->done) {
        e->done(e->user, e->result, e->document);
    }
    free(e->key);
    free(e->document);
    free(e);
}

/* What fails keeps the rest: by the writable layer, the last, the sweep finds what is still to be removed. */
static bool goes_on(struct ending *e, int32_t result, const char *document)
{
    if (result < 0) {
        e->result = result;
        e->document = mem_string(document);
    }
    return result >= 0 && !e->engine->closing && !e->engine->offline;
}

static void on_scratch(void *user, int32_t result, const char *document)
{
    goes_on(user, result, document);
    finish(user);
}

static void on_endpoint(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    if (goes_on(e, result, document)) {
        e->engine->service->type->arrange(e->engine->service, HCS_SCRATCH_REMOVE, e->key, NULL, on_scratch,
                                          e);
    } else {
        finish(e);
    }
}

static void remove_endpoint(struct ending *e)
{
    e->engine->service->type->arrange(e->engine->service, HCS_ENDPOINT_REMOVE, e->key, NULL, on_endpoint, e);
}

static void on_terminated(void *user, int32_t result, const char *document)
{
    struct ending *e = user;
    enum hcs_condition condition = result_condition(result);
    bool over = condition == HCS_WELL || condition == HCS_GONE || condition == HCS_STOPPED;
    if (goes_on(e, over ? 0 : result, document)) {
        list_soon(e->engine);
        remove_endpoint(e);
    } else {
        finish(e);
    }
}

static struct ending *ending_new(struct hcs *h, const char *key, hcs_answer_cb done, void *user)
{
    struct ending *e = mem_new(1, sizeof *e);
    *e = (struct ending){.engine = h, .key = mem_string(key), .done = done, .user = user};
    return e;
}

void end_container(struct hcs *h, const char *key, hcs_answer_cb done, void *user)
{
    h->service->type->call(h->service, HCS_TERMINATE, key, NULL, on_terminated,
                           ending_new(h, key, done, user));
}

void end_tidy(struct hcs *h, const char *key, hcs_answer_cb done, void *user)
{
    remove_endpoint(ending_new(h, key, done, user));
}
