/* Documents of HCS from anybody: taken in every way in which the engine takes them, and nothing that is made
 * of them may carry control characters, or point anywhere. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/document.h"
#include "backends/hcs/result.h"
#include "core/memory.h"
#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void take_system(void *user, const struct hcs_system *s)
{
    const char *reason = NULL;
    enum isolation isolation = document_isolation(s, &reason);
    demand(s->id && s->id[0] && reason);
    demand(isolation == ISOLATION_PROCESS || isolation == ISOLATION_VM);
    demand(document_kind_words(document_kind(s)) != NULL);
    demand(!document_owner(s->owner) == !s->owner);
    ++*(int *)user;
}

static void take_processes(const cJSON *json)
{
    struct process_table *table = document_processes(json, true);
    int32_t count = document_process_count(json);
    demand(table ? count == (int32_t)table->count : count == -1);
    for (size_t i = 0; table && i < table->count; i++) {
        const struct process *p = &table->rows[i];
        demand(p->pid && p->host_pid == p->pid);
        for (const char *at = p->name ? p->name : ""; *at; at++) {
            demand((unsigned char)*at >= ' ' && *at != 0x7f);
        }
    }
    process_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error why;
    struct hcs_system s;
    int major, minor, seen = 0;
    char *text = mem_string_n((const char *)data, size);
    result_error(&why, (int32_t)UINT32_C(0x80370101), text, "start it");
    demand(why.text[0] && !strpbrk(why.text, "\n\r\x1b"));
    int n = document_systems(text, take_system, &seen, &why);
    demand(n < 0 || n == seen);
    cJSON *json = document_parse(text, &why);
    if (json) {
        document_system(json, &s);
        document_statistics(json);
        document_vm_memory(json);
        document_process_exit(json);
        document_schema(json, &major, &minor);
        take_processes(json);
    }
    cJSON_Delete(json);
    free(text);
    return 0;
}
