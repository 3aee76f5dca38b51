/* The settings file: any bytes are read or refused, and what is read keeps within its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/actions.h"
#include "core/memory.h"
#include "core/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void on_warning(void *user, const char *sentence)
{
    ++*(int *)user;
    demand(strncmp(sentence, "settings.json line ", 19) == 0 || strstr(sentence, "more mistakes"));
    demand(strlen(sentence) < 1000);
    demand(!strpbrk(sentence, "\n\x1b\x7f"));
}

static void check(const struct settings *s)
{
    demand(s->theme && *s->theme && !strchr(s->theme, '/'));
    demand(s->detach_key && *s->detach_key);
    demand(s->sort >= 0 && s->sort < SORT_COUNT);
    demand(s->refresh_seconds >= 0.2 && s->refresh_seconds <= 3600);
    demand(s->log_lines >= 100 && s->log_lines <= 1000000);
    demand(s->scrollback <= 100000);
    for (size_t i = 0; i < s->n_engines; i++) {
        demand(s->engines[i].name && *s->engines[i].name);
    }
    for (size_t i = 0; i < s->n_keys; i++) {
        const char *action = s->keys[i].action;
        demand(*s->keys[i].key && (strcmp(action, "none") == 0 || action_by_name(action)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_string_n((const char *)data, size);
    struct settings s;
    struct error e = {0};
    int warnings = 0;
    settings_init(&s);
    bool good = settings_parse(&s, text, on_warning, &warnings, &e);
    demand(good == (e.kind == ERROR_NONE));
    demand(good || warnings == 0);
    check(&s);
    settings_done(&s);
    free(text);
    return 0;
}
