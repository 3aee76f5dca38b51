/* After the end of a container that porthole has launched, whichever porthole that was: its endpoint and its
 * writable layer are removed. Whoever asks hears when nothing is left. */
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/create.h"
#include "backends/hcs/end.h"
#include "core/memory.h"

struct tidying {
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

static void finish(struct tidying *t)
{
    if (t->done) {
        t->done(t->user, t->result, t->document);
    }
    free(t->key);
    free(t->document);
    free(t);
}

/* What fails keeps the rest: by the writable layer, the last, the sweep finds what is still to be removed. */
static bool goes_on(struct tidying *t, int32_t result, const char *document)
{
    if (result < 0) {
        t->result = result;
        t->document = mem_string(document);
    }
    return result >= 0 && !t->engine->closing && !t->engine->offline;
}

static void on_scratch(void *user, int32_t result, const char *document)
{
    goes_on(user, result, document);
    finish(user);
}

static void on_endpoint(void *user, int32_t result, const char *document)
{
    struct tidying *t = user;
    if (goes_on(t, result, document)) {
        t->engine->service->type->arrange(t->engine->service, HCS_SCRATCH_REMOVE, t->key, NULL, on_scratch,
                                          t);
    } else {
        finish(t);
    }
}

void end_tidy(struct hcs *h, const char *key, hcs_answer_cb done, void *user)
{
    struct tidying *t = mem_new(1, sizeof *t);
    *t = (struct tidying){.engine = h, .key = mem_string(key), .done = done, .user = user};
    h->service->type->arrange(h->service, HCS_ENDPOINT_REMOVE, key, NULL, on_endpoint, t);
}
