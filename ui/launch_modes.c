#include "ui/launch_modes.h"

#include <stdio.h>
#include <string.h>

#include "ui/launching.h"

const enum isolation launch_modes[LAUNCH_MODES] = {ISOLATION_UNKNOWN, ISOLATION_PROCESS, ISOLATION_VM};

enum isolation launch_effective(struct app *a, const struct engine *e, enum isolation mode)
{
    return mode == ISOLATION_UNKNOWN && e ? launching_default(a, e) : mode;
}

enum verdict_kind launch_judge(struct app *a, const struct engine *e, const char *image_os,
                               enum isolation mode, struct verdict *out)
{
    enum isolation really = launch_effective(a, e, mode);
    *out = (struct verdict){.mode = really, .kind = VERDICT_OK, .source = "engine"};
    if (!e || e->state != ENGINE_ONLINE) {
        out->kind = VERDICT_REFUSE;
        snprintf(out->reason, sizeof out->reason, "no engine is online");
    } else if (really == ISOLATION_UNKNOWN) {
        snprintf(out->reason, sizeof out->reason, "is chosen by the engine");
    } else {
        verdict_here(e, image_os, really, out);
    }
    return out->kind;
}

const char *launch_mode_word(struct app *a, const struct engine *e, enum isolation mode, char *out,
                             size_t room)
{
    enum hypervisor hypervisor = e ? e->hypervisor : HYPERVISOR_OTHER;
    const char *word = isolation_word(launch_effective(a, e, mode), hypervisor);
    if (mode != ISOLATION_UNKNOWN) {
        snprintf(out, room, "%s", word);
    } else {
        snprintf(out, room, "default (%s)", word);
    }
    return out;
}

enum isolation launch_next_mode(struct app *a, const struct engine *e, const char *image_os,
                                enum isolation from, int by)
{
    struct verdict verdict;
    int at = 0;
    for (int i = 0; i < LAUNCH_MODES; i++) {
        at = launch_modes[i] == from ? i : at;
    }
    for (int i = 1; i <= LAUNCH_MODES; i++) {
        enum isolation next = launch_modes[(at + by * i + LAUNCH_MODES * LAUNCH_MODES) % LAUNCH_MODES];
        if (launch_judge(a, e, image_os, next, &verdict) != VERDICT_REFUSE) {
            return next;
        }
    }
    return from;
}

enum verdict_kind launch_sentence(struct app *a, const struct engine *e, const char *image_os,
                                  enum isolation mode, struct text *out)
{
    static const char *const said[] = {
        [VERDICT_OK] = "works: ", [VERDICT_WARN] = "may work: ", [VERDICT_REFUSE] = "cannot work: "};
    char word[48];
    struct verdict v;
    enum isolation really = launch_effective(a, e, mode);
    launch_judge(a, e, image_os, really, &v);
    bool own_word = v.kind == VERDICT_OK && strcmp(v.source, "engine") == 0;
    text_addf(out, "%s %s%s", launch_mode_word(a, e, really, word, sizeof word), own_word ? "" : said[v.kind],
              v.reason);
    if (out->data[out->len - 1] != '.') {
        text_add_char(out, '.');
    }
    return v.kind;
}
