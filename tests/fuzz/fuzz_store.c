/* The JSON of image stores: a configuration of an image, by which hashes are computed and words split, and
 * docker's daemon.json (the first byte is s). */
#include <stdint.h>
#include <stdlib.h>

#include "backends/hcs/defaults.h"
#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void try_config(const char *text, size_t len)
{
    struct store_config c;
    bool ok = store_config_read(&c, json_parse(text, len, STORE_JSON, NULL));
    demand(!ok || c.layers > 0);
    for (size_t i = 0; i < c.layers; i++) {
        demand(store_is_digest(c.chain[i]));
    }
    cJSON *settings = store_config_settings(&c);
    char **command = defaults_command(settings);
    struct launch_spec spec;
    launch_spec_init(&spec);
    defaults_fill(&spec, settings);
    demand(!command == (!spec.entrypoint && !spec.command));
    launch_spec_done(&spec);
    free(command);
    cJSON_Delete(settings);
    store_config_done(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = mem_string_n((const char *)data + 1, size - 1);
    if (data[0] == 's') {
        char *root = store_data_root(text, size - 1);
        demand(!root || *root);
        free(root);
    } else {
        try_config(text, size - 1);
    }
    free(text);
    return 0;
}
