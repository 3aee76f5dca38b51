/* Lists from an engine: containers, images, events, the processes of `top`. Whatever is taken has a key that
 * is one, and no control characters. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/docker/jsonlines.h"
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

static void on_object(void *user, const cJSON *json)
{
    struct api_event ev;
    char action[32];
    (void)user;
    if (api_event(&ev, action, json) && (!api_key_ok(ev.key) || strchr(action, ':'))) {
        abort();
    }
}

static void read_rows(const cJSON *json)
{
    static char *runtimes[] = {"runc", NULL};
    const struct api_engine engines[] = {{.windows = true, .isolation = ISOLATION_VM},
                                         {.default_runtime = "runc", .runtimes = runtimes}};
    struct image_list *images = image_list_new();
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, json)
    {
        for (int i = 0; i < 2; i++) {
            struct api_record r;
            if (api_list_row(&r, row, &engines[i])) {
                check_text(r.c.name);
                check_text(r.c.image);
                check_text(r.c.command);
                check_text(r.c.owner);
                check_text(r.c.ports);
                check_text(r.c.note);
            }
            api_record_done(&r);
        }
        api_image(images, row);
    }
    for (size_t i = 0; i < images->count; i++) {
        check_text(images->rows[i].name);
    }
    image_list_free(images);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jsonlines lines = {0};
    struct error why;
    cJSON *json = json_parse((const char *)data, size, 1 << 20, NULL);
    if (json) {
        read_rows(json);
        struct process_table *top = api_top(json, false);
        for (size_t i = 0; i < top->count; i++) {
            check_text(top->rows[i].name);
            check_text(top->rows[i].command);
        }
        process_table_free(top);
    }
    cJSON_Delete(json);
    jsonlines_feed(&lines, (const char *)data, size, NULL, on_object, NULL, &why);
    jsonlines_done(&lines);
    return 0;
}
