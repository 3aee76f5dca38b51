/* What the containers of this engine use: backends/sampler reads it, this tells it where. */
#include "backends/local/engine.h"
#include "backends/local/vm_meter.h"
#include "backends/sampler.h"

static bool find(void *user, const char *key, struct sampler_target *to)
{
    struct entry *en = entries_find(user, key);
    if (!en || !state_has_processes(en->state.state)) {
        return false;
    }
    *to = (struct sampler_target){
        .record = &en->shown.record, .cgroup = en->state.cgroup, .pid = en->state.pid, .vm = en->state.vm};
    return true;
}

static void changed(void *user, const char *key, unsigned fields)
{
    entries_tell(user, entries_find(user, key), fields);
}

static void unread(void *user, const char *key)
{
    watchdog_check(user, entries_find(user, key), true);
}

static void read_vm(void *user, struct meter *m, const struct meter_round *round)
{
    vm_meter_read(m, ((struct local *)user)->paths, round);
}

struct sampler *usage_new(struct local *l)
{
    static const struct sampler_owner owner = {
        .find = find, .changed = changed, .unread = unread, .read_vm = read_vm};
    return sampler_new(l->backend.loop, &owner, l, l->cgroups, &l->clock);
}

void local_sample(struct backend *b, const char *const *keys, size_t n, unsigned fields)
{
    sampler_want(((struct local *)b)->sampler, keys, n, fields);
}
