#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

static const char *state_of(const struct engine *e)
{
    switch (e->state) {
    case ENGINE_ONLINE:
        return e->limited ? "limited" : "online";
    case ENGINE_OFFLINE:
        return "offline";
    case ENGINE_OPENING:
        break;
    }
    return "opening";
}

/* Of a launch that asks for none: the settings' word, else the engine's. */
static const char *default_of(const struct cli *cli, const struct engine *e)
{
    enum isolation mode = settings_isolation(&cli->settings, e->name, e->address);
    return isolation_word(mode == ISOLATION_UNKNOWN ? e->default_isolation : mode, e->hypervisor);
}

static cJSON *engine_json(const struct cli *cli, const struct engine *e)
{
    cJSON *o = cJSON_CreateObject(), *offers = cJSON_CreateArray();
    out_string(o, "name", e->label);
    out_string(o, "type", e->name);
    out_string(o, "address", e->address);
    cJSON_AddStringToObject(o, "state", state_of(e));
    out_string(o, "version", e->version);
    cJSON_AddStringToObject(o, "default_isolation", default_of(cli, e));
    for (size_t i = 0; i < e->n_offers; i++) {
        cJSON *offer = cJSON_CreateObject();
        cJSON_AddStringToObject(offer, "isolation", isolation_word(e->offers[i].mode, e->hypervisor));
        cJSON_AddBoolToObject(offer, "available", e->offers[i].why_not == NULL);
        out_string(offer, "reason", e->offers[i].why_not);
        out_string(offer, "cost", e->offers[i].cost);
        cJSON_AddItemToArray(offers, offer);
    }
    cJSON_AddItemToObject(o, "isolations", offers);
    out_string(o, "reason", e->reason);
    return o;
}

/* "process, vm (why not)" */
static void offers_text(struct text *t, const struct engine *e)
{
    for (size_t i = 0; i < e->n_offers; i++) {
        text_addf(t, "%s%s", i ? ", " : "", isolation_word(e->offers[i].mode, e->hypervisor));
        if (e->offers[i].why_not) {
            text_addf(t, " (no: %s)", e->offers[i].why_not);
        }
    }
}

static int run(struct cli *cli, struct args *args)
{
    static const char *const titles[] = {"ENGINE", "STATE", "VERSION", "DEFAULT", "ISOLATIONS", "NOTE"};
    static const int align[6] = {COLUMN_LEFT};
    char **words;
    int n, code = cli_words(&cli_command_engines, args, NULL, NULL, &words, &n);
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n > 0) {
        return cli_wrong(&cli_command_engines, "engines takes no words");
    }
    bool online = cli_open(cli, false);
    cJSON *list = cJSON_CreateArray();
    struct columns *table = columns_new(titles, align, 6);
    for (int i = 0; i < session_engines(cli->session); i++) {
        const struct engine *e = session_engine(cli->session, i);
        struct text offers = {0};
        offers_text(&offers, e);
        const char *cells[] = {e->label,         state_of(e),
                               e->version,       e->state == ENGINE_ONLINE ? default_of(cli, e) : NULL,
                               text_of(&offers), e->reason};
        columns_add(table, cells);
        cJSON_AddItemToArray(list, engine_json(cli, e));
        text_done(&offers);
    }
    if (cli->json) {
        out_json(list);
        columns_free(table);
    } else {
        cJSON_Delete(list);
        columns_print(table);
    }
    return online ? 0 : EXIT_ENGINE;
}

const struct cli_command cli_command_engines = {
    .name = "engines",
    .synopsis = "",
    .words = "List the engines, whether they answer, and which isolation each offers",
    .json = true,
    .run = run,
};
