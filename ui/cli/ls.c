#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter.h"
#include "core/memory.h"
#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

enum { LS_ALL, LS_QUIET, LS_FILTER, LS_SORT, LS_STATS };

static const struct cli_option options[] = {
    {'a', "all", NULL, "Also those that do not run, and VMs that are no containers"},
    {'q', "quiet", NULL, "Ids only"},
    {'f', "filter", "WORDS", "Only those with all words (!word: without), or name=, label=, state=, ..."},
    {0, "sort", "COLUMN", "name, isolation, image, state, cpu, memory, processes, created"},
    {'s', "stats", NULL, "Measure CPU for a moment"},
    {0, NULL, NULL, NULL}};

struct ls {
    bool all, stopped, quiet, stats;
    struct text filter; /* all that were given */
    enum sort_key sort;
};

static bool option(void *user, int index, struct args *args)
{
    struct ls *ls = user;
    switch (index) {
    case LS_ALL:
        ls->all = args->on;
        break;
    case LS_QUIET:
        ls->quiet = args->on;
        break;
    case LS_FILTER:
        text_addf(&ls->filter, " %s", args->value);
        break;
    case LS_STATS:
        ls->stats = args->on;
        break;
    default:
        if (!sort_parse(args->value, &ls->sort)) {
            cli_wrong(&cli_command_ls, "'%s' is no column to sort by", args->value);
            return false;
        }
    }
    return true;
}

/* Shown also without --all. */
static bool is_shown(const struct ls *ls, const struct container *c)
{
    return ls->stopped || state_is_live(c->state) || c->state == CONTAINER_UNKNOWN;
}

/* Have all that run been measured? */
static bool measured(const struct cli *cli, unsigned fields)
{
    size_t cursor = 0;
    for (const struct container *c; (c = model_next(cli->model, &cursor));) {
        bool missing =
            ((fields & FIELD_MEMORY) && c->processes < 0) || ((fields & FIELD_CPU) && isnan(c->cpu));
        if (state_runs(c->state) && !c->apart && missing) {
            return false;
        }
    }
    return true;
}

/* Asks for the usage of everything that runs and waits for it, but never longer than a moment. */
static void measure(struct cli *cli, bool cpu)
{
    unsigned fields = FIELD_MEMORY | FIELD_PROCESSES | (cpu ? FIELD_CPU : 0);
    container_id *ids = mem_new(model_count(cli->model), sizeof *ids);
    size_t n = 0, cursor = 0;
    for (const struct container *c; (c = model_next(cli->model, &cursor));) {
        if (state_is_live(c->state)) {
            ids[n++] = c->id;
        }
    }
    session_sample(cli->session, ids, n, fields);
    bool never = false;
    for (int waited = 0; waited < (cpu ? 2000 : 300) && !measured(cli, fields); waited += 5) {
        cli_wait_for(cli, &never, 5);
    }
    free(ids);
}

/* "8080->80/tcp, 53/udp" as a list; null when its engine cannot tell. */
static cJSON *ports_json(const struct container *c)
{
    cJSON *list = c->crossings_untold ? cJSON_CreateNull() : cJSON_CreateArray();
    for (const char *ports = c->ports; !c->crossings_untold && ports && *ports;) {
        size_t len = strcspn(ports, ",");
        char *port = mem_string_n(ports, len);
        cJSON_AddItemToArray(list, cJSON_CreateString(port));
        free(port);
        ports += len + strspn(ports + len, ", ");
    }
    return list;
}

static void engines_json(const struct cli *cli, const struct container *c, cJSON *o)
{
    cJSON *list = cJSON_CreateArray();
    int first = session_engine_of(cli->session, c->id);
    for (int i = 0; i < session_engines(cli->session); i++) {
        if (c->engines & 1u << i) {
            cJSON_AddItemToArray(list, cJSON_CreateString(session_engine(cli->session, i)->label));
        }
    }
    out_string(o, "engine", first >= 0 ? session_engine(cli->session, first)->label : NULL);
    cJSON_AddItemToObject(o, "engines", list);
}

static void memory_json(cJSON *o, const char *name, uint64_t bytes)
{
    cJSON_AddItemToObject(o, name, bytes ? cJSON_CreateNumber((double)bytes) : cJSON_CreateNull());
}

static void usage_json(const struct container *c, cJSON *o)
{
    if (isnan(c->cpu)) {
        cJSON_AddNullToObject(o, "cpu_percent");
    } else {
        cJSON_AddNumberToObject(o, "cpu_percent", round(c->cpu * 1000) / 10);
    }
    memory_json(o, "memory", c->memory);
    memory_json(o, "host_memory", c->host_memory);
    if (c->processes < 0) {
        cJSON_AddNullToObject(o, "processes");
    } else {
        cJSON_AddNumberToObject(o, "processes", c->processes);
    }
}

static cJSON *labels_json(const struct container *c)
{
    cJSON *o = cJSON_CreateObject();
    for (const char *const *label = c->labels; label && *label; label++) {
        const char *equals = *label + strcspn(*label, "=");
        char *key = mem_string_n(*label, (size_t)(equals - *label));
        out_string(o, key, *equals ? equals + 1 : equals);
        free(key);
    }
    return o;
}

static void boundary_json(const struct cli *cli, const struct container *c,
                          const struct namespace_table *seen, cJSON *o)
{
    struct namespaces known;
    namespaces_judge(&known, c, seen, cli->model);
    cJSON_AddItemToObject(o, "crossings", out_crossings(c, &known));
    cJSON_AddItemToObject(o, "facts", out_facts(&known));
    namespaces_done(&known);
}

static cJSON *container_json(const struct cli *cli, const struct container *c,
                             const struct namespace_table *seen)
{
    cJSON *o = cJSON_CreateObject();
    char note[600];
    out_string(o, "id", c->key);
    out_string(o, "name", c->name);
    engines_json(cli, c, o);
    out_string(o, "owner", c->owner);
    out_string(o, "image", c->image);
    out_string(o, "command", c->command);
    cJSON_AddStringToObject(o, "isolation", isolation_word(c->isolation, c->hypervisor));
    cJSON_AddStringToObject(o, "isolation_origin", origin_word(c->origin));
    cJSON_AddStringToObject(o, "state", state_word(c->state));
    out_string(o, "health", c->health ? health_word(c->health) : NULL);
    if (state_has_ended(c->state)) {
        cJSON_AddNumberToObject(o, "exit_code", c->exit_code);
    } else {
        cJSON_AddNullToObject(o, "exit_code");
    }
    out_time(o, "created", c->created);
    out_time(o, "started", c->started);
    out_time(o, "finished", c->finished);
    out_pid(o, "pid", c->pid);
    cJSON_AddBoolToObject(o, "host_visible",
                          c->isolation == ISOLATION_PROCESS || c->isolation == ISOLATION_HOST);
    cJSON_AddItemToObject(o, "workers", out_workers(c));
    usage_json(c, o);
    cJSON_AddItemToObject(o, "ports", ports_json(c));
    boundary_json(cli, c, seen, o);
    out_string(o, "restart_policy", c->restart);
    out_string(o, "project", container_project(c));
    cJSON_AddItemToObject(o, "labels", labels_json(c));
    out_string(o, "note", session_note(cli->session, c, note, sizeof note));
    return o;
}

static void state_text(struct text *t, const struct container *c)
{
    char text[32];
    text_add(t, container_state_text(c, text, sizeof text));
    if (c->state == CONTAINER_RUNNING && c->health) {
        text_addf(t, " (%s)", health_word(c->health));
    }
}

/* What is shown of an engine that is limited needs a word. */
static bool any_ports(const struct cli *cli, const struct listing *rows, const struct ls *ls)
{
    for (size_t i = 0; i < listing_count(rows); i++) {
        const struct container *c = model_get(cli->model, listing_at(rows, i));
        if (c->ports && is_shown(ls, c)) {
            return true;
        }
    }
    return false;
}

/* Who has told of it. */
static char *engine_cell(const struct cli *cli, const struct container *c)
{
    struct text t = {0};
    for (int i = 0; i < session_engines(cli->session); i++) {
        if (c->engines & 1u << i) {
            text_addf(&t, "%s%s", t.len ? ", " : "", session_engine(cli->session, i)->label);
        }
    }
    return text_take(&t);
}

static bool several_engines(const struct cli *cli, const struct listing *rows, const struct ls *ls)
{
    unsigned first = 0;
    for (size_t i = 0; i < listing_count(rows); i++) {
        const struct container *c = model_get(cli->model, listing_at(rows, i));
        if (is_shown(ls, c)) {
            first = first ? first : c->engines;
            if (c->engines != first) {
                return true;
            }
        }
    }
    return false;
}

static void print_rows(const struct cli *cli, const struct listing *rows, const struct ls *ls)
{
    enum { ALWAYS = 10, MOST = ALWAYS + 2 };
    const char *titles[MOST] = {"ISOLATION", "NAME",  "IMAGE",     "STATE", "CPU",
                                "MEMORY",    "PROCS", "HOST SEES", "UP",    "ID"};
    static const int align[MOST] = {COLUMN_LEFT,  COLUMN_LEFT,  COLUMN_LEFT,  COLUMN_LEFT,
                                    COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_LEFT,
                                    COLUMN_RIGHT, COLUMN_LEFT,  COLUMN_LEFT,  COLUMN_LEFT};
    bool engines = several_engines(cli, rows, ls), ports = any_ports(cli, rows, ls);
    titles[ALWAYS] = engines ? "ENGINE" : "PORTS";
    titles[MOST - 1] = "PORTS";
    struct columns *table = columns_new(titles, align, ALWAYS + engines + ports);
    int64_t now = time_now();
    for (size_t i = 0; i < listing_count(rows); i++) {
        const struct container *c = model_get(cli->model, listing_at(rows, i));
        if (!is_shown(ls, c)) {
            continue;
        }
        struct text state = {0};
        char *engine = engines ? engine_cell(cli, c) : NULL;
        char cpu[SIZE_TEXT], memory[SIZE_TEXT] = "–", procs[SIZE_TEXT] = "–", sees[64], up[TIME_TEXT] = "–",
                             id[13];
        state_text(&state, c);
        snprintf(id, sizeof id, "%s", c->key); /* the beginning is enough, as everywhere */
        if (c->memory) {
            size_print(memory, c->memory);
        }
        if (c->processes >= 0) {
            snprintf(procs, sizeof procs, "%d", c->processes);
        }
        if (state_has_processes(c->state) && c->started) {
            span_print(up, now - c->started);
        }
        const char *cells[] = {isolation_word(c->isolation, c->hypervisor),
                               c->name,
                               c->image,
                               text_of(&state),
                               cpu_print(cpu, c->cpu),
                               memory,
                               procs,
                               container_host_sees(c, sees, sizeof sees),
                               up,
                               id,
                               engines ? engine : c->ports,
                               c->ports};
        columns_add(table, cells);
        text_done(&state);
        free(engine);
    }
    columns_print(table);
}

static void print_ids(const struct cli *cli, const struct listing *rows, const struct ls *ls)
{
    for (size_t i = 0; i < listing_count(rows); i++) {
        const struct container *c = model_get(cli->model, listing_at(rows, i));
        if (is_shown(ls, c)) {
            struct text clean = {0}; /* it is the engine's word */
            text_add_clean(&clean, c->key, strlen(c->key));
            out_line(text_of(&clean));
            text_done(&clean);
        }
    }
}

static void print_json(struct cli *cli, const struct listing *rows, const struct ls *ls)
{
    cJSON *list = cJSON_CreateArray();
    struct namespace_table *seen = cli_namespaces(cli);
    for (size_t i = 0; i < listing_count(rows); i++) {
        const struct container *c = model_get(cli->model, listing_at(rows, i));
        if (c && is_shown(ls, c)) {
            cJSON_AddItemToArray(list, container_json(cli, c, seen));
        }
    }
    namespace_table_free(seen);
    out_json(list);
}

static void list(struct cli *cli, const struct ls *ls)
{
    if (!ls->quiet) {
        measure(cli, ls->stats || ls->sort == SORT_CPU);
    }
    struct listing *rows = listing_new(cli->model);
    listing_filter(rows, text_of(&ls->filter));
    listing_show_apart(rows, ls->all);
    listing_sort(rows, ls->sort,
                 ls->sort == SORT_CPU || ls->sort == SORT_MEMORY || ls->sort == SORT_PROCESSES);
    if (cli->json) {
        print_json(cli, rows, ls);
    } else if (ls->quiet) {
        print_ids(cli, rows, ls);
    } else {
        print_rows(cli, rows, ls);
    }
    listing_free(rows);
}

/* Who asks for a state wants to see those that are in it. -1, or the exit code. */
static int look_at_filter(struct ls *ls)
{
    struct filter filter = {0};
    char why[200];
    filter_parse(&filter, text_of(&ls->filter));
    bool sensible = filter_sensible(&filter, why, sizeof why);
    ls->stopped = ls->all || filter_asks_state(&filter);
    filter_done(&filter);
    return sensible ? -1 : cli_wrong(&cli_command_ls, "%s", why);
}

static int run(struct cli *cli, struct args *args)
{
    struct ls ls = {.sort = cli->settings.sort};
    char **words;
    int n, code = cli_words(&cli_command_ls, args, option, &ls, &words, &n);
    free(words);
    if (code < 0 && n > 0) {
        code = cli_wrong(&cli_command_ls, "ls takes no words; to choose containers: --filter");
    }
    code = code < 0 ? look_at_filter(&ls) : code;
    if (code < 0) {
        code = cli_open(cli, true) ? 0 : EXIT_ENGINE;
        if (code == 0) {
            code = cli_say_missing(cli) ? EXIT_ENGINE : 0; /* what others have told is printed all the same */
            list(cli, &ls);
        }
    }
    text_done(&ls.filter);
    return code;
}

const struct cli_command cli_command_ls = {
    .name = "ls",
    .synopsis = "[OPTIONS]",
    .words = "List containers, each with its isolation and what the host sees of it",
    .options = options,
    .json = true,
    .run = run,
};
