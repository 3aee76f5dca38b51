/* One container as an engine inspects it: the record, the settings to launch it again, and these written
 * back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *s)
{
    for (; s && *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f) {
            abort();
        }
    }
}

static void check_record(const struct container *c)
{
    check_text(c->name);
    check_text(c->image);
    check_text(c->command);
    check_text(c->owner);
    check_text(c->note);
    check_text(c->ports);
    check_text(c->restart);
    for (const char *const *label = c->labels; label && *label; label++) {
        check_text(*label);
        if (!strchr(*label, '=')) {
            abort();
        }
    }
    for (size_t i = 0; i < c->n_crossings; i++) {
        check_text(c->crossings[i].outside);
        check_text(c->crossings[i].inside);
    }
}

static void try_with(const cJSON *json, const struct api_engine *e)
{
    struct api_record r;
    struct launch_spec spec;
    struct error why;
    if (api_inspect(&r, json, e)) {
        check_record(&r.c);
    }
    api_record_done(&r);
    if (api_spec(&spec, json, e)) {
        struct api_repeat repeat;
        struct text differs = {0};
        cJSON *body = api_create(&spec, e, &why);
        if (body) {
            api_verify(body, json, e, &differs);
        }
        cJSON_Delete(body);
        spec.isolation = ISOLATION_VM;
        if (api_repeat(&repeat, json, spec.image, &spec, e, &why)) {
            api_verify(repeat.body, json, e, &differs);
            api_verify_networks(repeat.networks, json, e, &differs);
        }
        api_repeat_done(&repeat);
        text_done(&differs);
    }
    launch_spec_done(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_engine engine;
    struct api_usage usage;
    struct error why;
    const struct api_engine windows = {.windows = true, .isolation = ISOLATION_PROCESS};
    cJSON *json = json_parse((const char *)data, size, 1 << 20, NULL);
    if (json) {
        api_engine_read(&engine, json, NULL);
        try_with(json, &engine);
        try_with(json, &windows);
        api_usage_read(&usage, json, true);
        api_usage_read(&usage, json, false);
        api_engine_done(&engine);
    }
    cJSON_Delete(json);
    api_error(&why, 500, (const char *)data, size);
    return 0;
}
