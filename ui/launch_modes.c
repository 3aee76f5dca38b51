#include "ui/launch_modes.h"

#include <stdio.h>

#include "ui/launching.h"

const enum isolation launch_modes[LAUNCH_MODES] = {ISOLATION_UNKNOWN, ISOLATION_PROCESS, ISOLATION_VM};

enum isolation launch_effective(struct app *a, const struct engine *e, enum isolation mode)
{
    return mode == ISOLATION_UNKNOWN && e ? launching_default(a, e) : mode;
}

const char *launch_why_not(struct app *a, const struct engine *e, enum isolation mode)
{
    if (!e || e->state != ENGINE_ONLINE) {
        return "no engine is online.";
    }
    enum isolation really = launch_effective(a, e, mode);
    const struct mode_offer *offer = launching_offer(e, really);
    if (really == ISOLATION_UNKNOWN) {
        return NULL; /* the engine will know */
    }
    return offer ? offer->why_not : "this engine does not offer it.";
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

enum isolation launch_next_mode(struct app *a, const struct engine *e, enum isolation from, int by)
{
    int at = 0;
    for (int i = 0; i < LAUNCH_MODES; i++) {
        at = launch_modes[i] == from ? i : at;
    }
    for (int i = 1; i <= LAUNCH_MODES; i++) {
        enum isolation next = launch_modes[(at + by * i + LAUNCH_MODES * LAUNCH_MODES) % LAUNCH_MODES];
        if (!launch_why_not(a, e, next)) {
            return next;
        }
    }
    return from;
}

static void add_sentence(struct text *out, const char *s)
{
    text_add(out, s);
    if (out->len && out->data[out->len - 1] != '.') {
        text_add_char(out, '.');
    }
    text_add_char(out, ' ');
}

void launch_verdict(struct app *a, const struct engine *e, enum isolation mode, struct text *out)
{
    char word[48];
    enum isolation really = launch_effective(a, e, mode);
    const char *no = launch_why_not(a, e, mode);
    const struct mode_offer *offer = e ? launching_offer(e, really) : NULL;
    text_addf(out, "%s %s", launch_mode_word(a, e, really, word, sizeof word),
              no ? "cannot work: " : "works here");
    if (!no && offer && offer->cost) {
        text_add(out, "; it costs ");
    }
    add_sentence(out, no ? no : offer && offer->cost ? offer->cost : "");
    for (int i = 1; e && i < LAUNCH_MODES; i++) {
        no = launch_why_not(a, e, launch_modes[i]);
        if (no && launch_modes[i] != really) {
            text_addf(out,
                      "%s cannot be chosen: ", launch_mode_word(a, e, launch_modes[i], word, sizeof word));
            add_sentence(out, no);
        }
    }
}
