#include "core/demo.h"

#include <string.h>

#include "core/memory.h"

static const struct mode_offer *offer_of(const struct engine *e, enum isolation mode)
{
    for (size_t i = 0; i < e->n_offers; i++) {
        if (e->offers[i].mode == mode) {
            return &e->offers[i];
        }
    }
    return NULL;
}

/* The first engine that can; else the first reason that one gives. */
static void find_engine(const struct session *s, struct demo_half *half)
{
    half->engine = -1;
    half->why = NULL;
    for (int i = 0; i < session_engines(s); i++) {
        const struct engine *e = session_engine(s, i);
        const struct mode_offer *offer = e->state == ENGINE_ONLINE ? offer_of(e, half->mode) : NULL;
        if (offer && !offer->why_not) {
            half->engine = i;
            return;
        }
        const char *reason = offer ? offer->why_not : e->state == ENGINE_OFFLINE ? e->reason : NULL;
        half->why = half->why ? half->why : reason;
    }
    half->why = half->why ? half->why : "no engine here offers it";
}

static void find_container(const struct session *s, struct demo_half *half)
{
    bool several = false;
    const struct container *c = model_find(session_model(s), half->name, &several);
    bool same = c && c->name && strcmp(c->name, half->name) == 0;
    half->id = same ? c->id : 0;
    half->runs = same && state_is_live(c->state);
}

void demo_look(const struct session *s, struct demo_half halves[DEMO_HALVES])
{
    static const struct demo_half plan[DEMO_HALVES] = {
        {.mode = ISOLATION_PROCESS, .name = "demo-ping-process"},
        {.mode = ISOLATION_VM, .name = "demo-ping-vm"}};
    for (int i = 0; i < DEMO_HALVES; i++) {
        halves[i] = plan[i];
        find_engine(s, &halves[i]);
        find_container(s, &halves[i]);
    }
}

/* Microsoft's image of the host's build, which has ping and runs in both modes. */
static const char *usual_image(const struct engine *e)
{
    if (!e || !e->windows.build) {
        return "busybox";
    }
    return e->windows.build >= 26100   ? "mcr.microsoft.com/windows/servercore:ltsc2025"
           : e->windows.build >= 20348 ? "mcr.microsoft.com/windows/servercore:ltsc2022"
                                       : "mcr.microsoft.com/windows/servercore:ltsc2019";
}

void demo_spec(const struct session *s, const struct demo_half *half, const char *image,
               struct launch_spec *out)
{
    static const char *const unix_ping[] = {"ping", "127.0.0.1", NULL};
    static const char *const windows_ping[] = {"ping", "-t", "127.0.0.1", NULL}; /* else it ends after four */
    const struct engine *e = half->engine >= 0 ? session_engine(s, half->engine) : NULL;
    launch_spec_init(out);
    out->image = mem_string(image ? image : usual_image(e));
    out->name = mem_string(half->name);
    out->command = mem_strings(e && e->windows.build ? windows_ping : unix_ping);
    out->isolation = half->mode;
}
