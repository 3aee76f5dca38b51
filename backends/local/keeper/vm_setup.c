#include "backends/local/keeper/vm_setup.h"

#include <sys/random.h>
#include <time.h>

#include "backends/local/shared/words.h"

enum { SEED = 64 };

/* Guests of one template would otherwise draw the same numbers. */
static void add_seed(struct text *t)
{
    unsigned char bytes[SEED] = {0};
    struct text digits = {0};
    ssize_t n = getrandom(bytes, sizeof bytes, 0);
    (void)n;
    for (int i = 0; i < SEED; i++) {
        text_addf(&digits, "%02x", bytes[i]);
    }
    words_add(t, "seed", text_of(&digits));
    text_done(&digits);
}

static void add_shares(struct text *t, const struct vm_shares *shares)
{
    for (size_t i = 0; i < shares->count; i++) {
        const struct crossing *c = shares->each[i].which;
        struct text place = {0};
        text_addf(&place, "%s:%s", c->read_only ? "ro" : "rw", c->inside);
        words_add(t, "share", text_of(&place));
        text_done(&place);
    }
}

void vm_setup_pairs(const struct state *s, const struct vm_plan *plan, const struct vm_shares *shares,
                    struct text *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    words_add_number(out, "time", (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
    add_seed(out);
    words_add(out, "hostname", s->spec.hostname && *s->spec.hostname ? s->spec.hostname : s->id);
    words_add(out, "network", launch_network(&s->spec) == LAUNCH_NETWORK_NAT ? "nat" : "none");
    words_add(out, "scratch", plan->scratch ? "disk" : NULL);
    add_shares(out, shares);
}
