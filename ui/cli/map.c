/* The wall, as text: the container's side on the left, the host's on the right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sizes.h"
#include "core/text.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

static void print_pairs(const struct hostmap *map)
{
    static const char *const titles[] = {"PID",   "IN THE CONTAINER", "", "HOST PID", "ON THE HOST", "USER",
                                         "MEMORY"};
    static const int align[] = {COLUMN_RIGHT, COLUMN_LEFT, COLUMN_LEFT, COLUMN_RIGHT,
                                COLUMN_LEFT,  COLUMN_LEFT, COLUMN_RIGHT};
    struct columns *columns = columns_new(titles, align, 7);
    const char *wall = map->wall == WALL_VM ? "  ██  " : "  │  ", *joined = "──┼──";
    for (size_t i = 0; i < map->n_pairs; i++) {
        const struct process *in = map->pairs[i].inside;
        const struct host_process *out = map->pairs[i].outside;
        char pid[16] = "", host[16] = "", memory[SIZE_TEXT] = "";
        if (in) {
            snprintf(pid, sizeof pid, "%u", in->pid);
        }
        if (out) {
            snprintf(host, sizeof host, "%u", out->pid);
            size_print(memory, out->memory);
        }
        const char *cells[] = {pid,   in ? in->name : "",   in && out ? joined : wall,
                               host,  out ? out->name : "", out ? out->user : "",
                               memory};
        columns_add(columns, cells);
    }
    columns_print(columns);
}

static void print_workers(const struct hostmap *map)
{
    for (size_t i = 0; i < map->n_workers; i++) {
        const struct host_process *w = map->workers[i];
        char memory[SIZE_TEXT];
        struct text name = {0};
        text_add_clean(&name, w->name ? w->name : "?", w->name ? strlen(w->name) : 1);
        out_printf("host process %u (%s) is its %s: %s of memory\n", w->pid, text_of(&name),
                   worker_word(map->roles[i]), size_print(memory, w->memory));
        text_done(&name);
    }
}

/* "the host sees 7 of them, under other pids" */
static void print_sentence(const struct hostmap *map)
{
    size_t inside = 0, same = 0;
    for (size_t i = 0; i < map->n_pairs; i++) {
        const struct hostmap_pair *pair = &map->pairs[i];
        inside += pair->inside != NULL;
        same += pair->inside && pair->outside && pair->inside->pid == pair->outside->pid;
    }
    out_printf("%zu %s inside; ", inside, inside == 1 ? "process" : "processes");
    if (map->n_joined == 0) {
        out_line("the host sees none of them");
    } else {
        out_printf("the host sees %s", map->n_joined == inside ? "all of them" : "");
        if (map->n_joined != inside) {
            out_printf("%zu of them", map->n_joined);
        }
        out_line(same == map->n_joined ? ", under the same pids" : ", under other pids");
    }
}

static void print_map(const struct container *c, const struct hostmap *map)
{
    out_printf("%s: %s isolation, %s\n\n", c->name, isolation_word(c->isolation, c->hypervisor),
               map->wall == WALL_VM ? "a kernel of its own" : "the host's kernel, shared");
    print_pairs(map);
    out_line("");
    print_workers(map);
    print_sentence(map);
}

static cJSON *worker_json(const struct hostmap *map, size_t i)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "role", worker_word(map->roles[i]));
    cJSON_AddNumberToObject(o, "host_pid", map->workers[i]->pid);
    out_string(o, "name", map->workers[i]->name);
    cJSON_AddNumberToObject(o, "cpu_seconds", (double)map->workers[i]->cpu_100ns / 1e7);
    cJSON_AddNumberToObject(o, "memory", (double)map->workers[i]->memory);
    return o;
}

static cJSON *map_json(const struct container *c, const struct hostmap *map)
{
    cJSON *o = cJSON_CreateObject(), *processes = cJSON_CreateArray(), *workers = cJSON_CreateArray();
    out_string(o, "id", c->key);
    out_string(o, "name", c->name);
    cJSON_AddStringToObject(o, "isolation", isolation_word(c->isolation, c->hypervisor));
    cJSON_AddStringToObject(o, "wall", map->wall == WALL_VM ? "vm" : "shared-kernel");
    for (size_t i = 0; i < map->n_pairs; i++) {
        if (map->pairs[i].inside) {
            struct process p = *map->pairs[i].inside; /* what the host confirms, not what the table claims */
            p.host_pid = map->pairs[i].outside ? map->pairs[i].outside->pid : 0;
            cJSON_AddItemToArray(processes, out_process(&p));
        }
    }
    for (size_t i = 0; i < map->n_workers; i++) {
        cJSON_AddItemToArray(workers, worker_json(map, i));
    }
    cJSON_AddItemToObject(o, "processes", processes);
    cJSON_AddItemToObject(o, "workers", workers);
    return o;
}

static int show(struct cli *cli, const struct container *c)
{
    struct process_table *inside = cli_process_table(cli, c->id);
    struct host_table *host = inside ? cli_host_table(cli, c->id) : NULL;
    if (!inside || !host) {
        process_table_free(inside);
        return 1;
    }
    struct hostmap map;
    hostmap_build(&map, c, inside, host);
    if (cli->json) {
        out_json(map_json(c, &map));
    } else {
        print_map(c, &map);
    }
    if (host->missing) {
        cli_say("%s", host->missing);
    }
    hostmap_done(&map);
    process_table_free(inside);
    host_table_free(host);
    return 0;
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_map, args, NULL, NULL, &words, &n);
    const char *word = n > 0 ? words[0] : NULL;
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n != 1) {
        return cli_wrong(&cli_command_map, "map takes one container");
    }
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    /* What it costs to keep the record while the loop runs: a copy. */
    struct container copy;
    container_init(&copy);
    container_assign(&copy, c, FIELD_ALL);
    copy.id = c->id;
    code = show(cli, &copy);
    container_done(&copy);
    return code;
}

const struct cli_command cli_command_map = {
    .name = "map",
    .synopsis = "CONTAINER",
    .words = "Draw the wall: each process inside, and what of it the host sees",
    .json = true,
    .run = run,
};
