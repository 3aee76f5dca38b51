#include <stdio.h>
#include <stdlib.h>

#include "ui/cli/command.h"
#include "ui/cli/out.h"

/* What porthole knows beside the engine's own document, under a key of its own. The container may have gone
 * since the engine was asked. */
static void add_boundary(struct cli *cli, container_id id, cJSON *document)
{
    struct namespaces known;
    struct namespace_table *seen = cli_namespaces(cli);
    const struct container *c = model_get(cli->model, id);
    if (c && cJSON_IsObject(document)) {
        cJSON *o = cJSON_AddObjectToObject(document, "porthole");
        namespaces_judge(&known, c, seen, cli->model);
        cJSON_AddItemToObject(o, "crossings", out_crossings(c, &known));
        cJSON_AddItemToObject(o, "facts", out_facts(&known));
        namespaces_done(&known);
    }
    namespace_table_free(seen);
}

static int inspect(struct cli *cli, const char *word, cJSON *list)
{
    const struct container *c = cli_find(cli, word);
    if (!c) {
        return 1;
    }
    struct waiting w = {0};
    container_id id = c->id;
    session_inspect(cli->session, id, cli_answered, &w);
    int code = cli_await(cli, &w) ? 0 : cli_failed(&w.answer.why);
    cJSON *document = code == 0 && w.answer.text ? cJSON_Parse(w.answer.text) : NULL;
    if (document) {
        add_boundary(cli, id, document);
        cJSON_AddItemToArray(list, document);
    } else if (code == 0) {
        cli_say("what the engine says of %s is no JSON", word);
        code = EXIT_ENGINE;
    }
    answer_done(&w.answer);
    return code;
}

static int inspect_all(struct cli *cli, char **words, int n)
{
    cJSON *list = cJSON_CreateArray();
    int code = 0;
    for (int i = 0; i < n; i++) {
        int one = inspect(cli, words[i], list);
        code = one ? one : code;
    }
    out_json(list);
    return code;
}

static int run(struct cli *cli, struct args *args)
{
    char **words;
    int n, code = cli_words(&cli_command_inspect, args, NULL, NULL, &words, &n);
    if (code < 0 && n == 0) {
        code = cli_wrong(&cli_command_inspect, "inspect takes at least one container");
    }
    if (code < 0) {
        code = cli_open(cli, true) ? inspect_all(cli, words, n) : EXIT_ENGINE;
    }
    free(words);
    return code;
}

const struct cli_command cli_command_inspect = {
    .name = "inspect",
    .synopsis = "CONTAINER...",
    .words =
        "Print everything that its engine knows of each container, and whose its namespaces are, as JSON",
    .json = true,
    .run = run,
};
