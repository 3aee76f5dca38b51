/* The network "nat" comes before the first process, whichever wall that will stand behind. */
#include "backends/local/keeper/wall.h"

#include <stdlib.h>

#include "backends/local/keeper/keeper.h"
#include "backends/local/keeper/network.h"
#include "core/memory.h"

static void on_network(void *user, uint32_t helper, const char *name)
{
    struct keeper *k = user;
    struct error why = {0};
    k->state.network = helper;
    free(k->state.network_name);
    k->state.network_name = mem_string(name);
    if (!k->networked(k, &why)) {
        k->starting->failed(k, &why);
    }
}

static void on_no_network(void *user, const struct error *why)
{
    struct keeper *k = user;
    k->starting->failed(k, why);
}

static void on_network_lost(void *user)
{
    struct keeper *k = user;
    if (k->phase == PHASE_RUNNING) {
        free(k->state.note);
        k->state.note = mem_string("Its network helper has ended, so it reaches nothing and no port leads to "
                                   "it: stop it and start it again");
        k->state.network = 0;
        keeper_save(k);
    }
}

bool wall_network(struct keeper *k, bool (*then)(struct keeper *k, struct error *e), struct error *e)
{
    static const struct network_hooks hooks = {
        .ready = on_network, .failed = on_no_network, .lost = on_network_lost};
    k->networked = then;
    k->network = network_start(k, &hooks, k, e);
    return k->network != NULL;
}

void wall_network_close(struct keeper *k)
{
    network_close(k->network);
    k->network = NULL;
}
