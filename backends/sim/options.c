/* The words of which a simulated host is made: numbers, flags, and the manners in which HCS answers. */
#include <stdio.h>
#include <string.h>

#include "backends/sim/machine.h"

void machine_options_init(struct machine_options *o)
{
    *o = (struct machine_options){.systems = 14, .seed = 20};
}

struct option {
    const char *name;
    unsigned *number;
    bool *flag;
};

static bool set_option(struct machine_options *o, const char *name, unsigned value)
{
    const struct option options[] = {
        {"systems", &o->systems, NULL},
        {"churn", &o->churn, NULL},
        {"vanish", &o->vanish, NULL},
        {"still", NULL, &o->still},
        {"client", NULL, &o->workstation},
        {"old", NULL, &o->old},
        {"highpids", NULL, &o->high_pids},
        {"strange", NULL, &o->strange},
        {"refuse", NULL, &o->refuse},
        {"missing", NULL, &o->missing},
        {"nostatistics", NULL, &o->no_statistics},
        {"stubborn", NULL, &o->stubborn},
        {"teardown", &o->teardown, NULL},
        {"broken", NULL, &o->broken},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(options[i].name, name) == 0) {
            if (options[i].number) {
                *options[i].number = value;
            } else {
                *options[i].flag = value != 0;
            }
            return true;
        }
    }
    if (strcmp(name, "seed") == 0) {
        o->seed = value;
        return true;
    }
    return false;
}

/* "shutdown=late": how calls are answered, and errors told. */
static bool set_manner(struct machine_options *o, const char *name, const char *word)
{
    static const char *const calls[] = {
        [HCS_CREATE] = "create",       [HCS_START] = "start", [HCS_SHUTDOWN] = "shutdown",
        [HCS_TERMINATE] = "terminate", [HCS_PAUSE] = "pause", [HCS_RESUME] = "resume"};
    const struct {
        const char *name, *word;
        bool *flag;
    } flags[] = {{"shutdown", "strict", &o->strict},
                 {"shutdown", "bare", &o->bare},
                 {"shutdown", "unreachable", &o->unreachable},
                 {"terminate", "deaf", &o->deathless}};
    enum machine_answer when = strcmp(word, "late") == 0    ? ANSWER_AT_EXIT
                               : strcmp(word, "never") == 0 ? ANSWER_NEVER
                                                            : ANSWER_SOON;
    for (size_t i = 0; when != ANSWER_SOON && i < sizeof calls / sizeof *calls; i++) {
        if (calls[i] && strcmp(calls[i], name) == 0) {
            o->answers[i] = when;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(flags[i].name, name) == 0 && strcmp(flags[i].word, word) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    bool old = strcmp(word, "old") == 0, win32 = strcmp(word, "win32") == 0;
    if (strcmp(name, "errors") == 0 && (old || win32)) {
        o->errors = old ? ERRORS_OLD : ERRORS_WIN32;
        return true;
    }
    return false;
}

bool machine_options_parse(struct machine_options *o, const char *words,
                           bool (*skin)(void *user, const char *name, unsigned value), void *user,
                           struct error *e)
{
    for (const char *at = words ? words : ""; *at; at += *at == ',') {
        char name[24] = "", word[24] = "";
        unsigned value = 0;
        int taken = 0;
        size_t len = strcspn(at, ",");
        bool number = sscanf(at, "%23[a-z]=%u%n", name, &value, &taken) == 2 && (size_t)taken == len;
        bool ok = number
                      ? value <= 1000000 && (set_option(o, name, value) || (skin && skin(user, name, value)))
                      : sscanf(at, "%23[a-z]=%23[a-z0-9]%n", name, word, &taken) == 2 &&
                            (size_t)taken == len && set_manner(o, name, word);
        if (!ok) {
            error_set(e, ERROR_INVALID, 0,
                      "cannot make a simulated host of \"%.*s\"; write for instance sim:systems=12,seed=7",
                      (int)(len < 60 ? len : 60), at);
            return false;
        }
        at += len;
    }
    return true;
}
