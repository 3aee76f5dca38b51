#include <stdio.h>
#include <stdlib.h>

#include "core/sizes.h"
#include "core/times.h"
#include "ui/cli/command.h"
#include "ui/cli/out.h"

static void print_table(const struct process_table *table)
{
    static const char *const titles[] = {"PID",      "PARENT", "HOST PID", "USER",
                                         "CPU TIME", "MEMORY", "STARTED",  "COMMAND"};
    static const int align[] = {COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_LEFT,
                                COLUMN_RIGHT, COLUMN_RIGHT, COLUMN_LEFT,  COLUMN_LEFT};
    struct columns *columns = columns_new(titles, align, 8);
    for (size_t i = 0; i < table->count; i++) {
        const struct process *p = &table->rows[i];
        char pid[16], parent[16], host[16] = "–", cpu[32], memory[SIZE_TEXT], started[TIME_TEXT] = "–";
        snprintf(pid, sizeof pid, "%u", p->pid);
        snprintf(parent, sizeof parent, "%u", p->parent);
        if (p->host_pid) {
            snprintf(host, sizeof host, "%u", p->host_pid);
        }
        snprintf(cpu, sizeof cpu, "%.2f s", (double)p->cpu_100ns / 1e7);
        if (p->created) {
            time_print_clock(started, p->created);
        }
        const char *cells[] = {pid,     parent,
                               host,    p->user,
                               cpu,     size_print(memory, p->memory),
                               started, p->command ? p->command : p->name};
        columns_add(columns, cells);
    }
    columns_print(columns);
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_ps, args, NULL, NULL, &words, &n);
    const char *word = n > 0 ? words[0] : NULL;
    free(words);
    if (code >= 0) {
        return code;
    }
    if (n != 1) {
        return cli_wrong(&cli_command_ps, "ps takes one container");
    }
    if (!cli_open(cli, true)) {
        return EXIT_ENGINE;
    }
    const struct container *c = cli_find(cli, word);
    struct process_table *table = c ? cli_process_table(cli, c->id) : NULL;
    if (!table) {
        return 1;
    }
    if (cli->json) {
        cJSON *list = cJSON_CreateArray();
        for (size_t i = 0; i < table->count; i++) {
            cJSON_AddItemToArray(list, out_process(&table->rows[i]));
        }
        out_json(list);
    } else {
        print_table(table);
    }
    process_table_free(table);
    return 0;
}

const struct cli_command cli_command_ps = {
    .name = "ps",
    .synopsis = "CONTAINER",
    .words = "Show a container's processes, with the pid that the host knows each by",
    .json = true,
    .run = run,
};
