/* Documents as HCS writes them: zero counters left out, no State for what was never started, numbers in full.
 * They are written straight into the text, as ten thousand systems are many. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backends/json.h"
#include "backends/sim/parts.h"

static const char ZERO_GUID[] = "00000000-0000-0000-0000-000000000000";

void answer_string(struct text *out, const char *s)
{
    text_add_char(out, '"');
    for (size_t plain; *s; s += plain) {
        plain = strcspn(s, "\"\\\n\r\t");
        text_add_n(out, s, plain);
        if (s[plain]) {
            text_add_char(out, '\\');
            text_add_char(out, s[plain] == '\n'   ? 'n'
                               : s[plain] == '\r' ? 'r'
                               : s[plain] == '\t' ? 't'
                                                  : s[plain]);
            plain++;
        }
    }
    text_add_char(out, '"');
}

static void add_word(struct text *out, const char *name, const char *value)
{
    text_add(out, ",\"");
    text_add(out, name);
    text_add(out, "\":");
    answer_string(out, value);
}

/* A counter of zero is not written; the first of an object has no comma before it. */
static void add_counter(struct text *out, const char *name, uint64_t value)
{
    if (value) {
        text_addf(out, "%s\"%s\":%" PRIu64, out->data[out->len - 1] == '{' ? "" : ",", name, value);
    }
}

/* Seven decimals, as Windows counts. */
static void add_moment(struct text *out, int64_t ms)
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    text_addf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03d0000Z\"", (int)year, (int)month, (int)day,
              (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
}

/* Systems. */

static void add_shape(const struct machine *m, const struct system *s, struct text *out)
{
    if (s->vm[0]) {
        add_word(out, "RuntimeId", s->vm);
    } else if (s->shape == SHAPE_SILO_ZERO) {
        add_word(out, "RuntimeId", ZERO_GUID);
    }
    if (s->silo) {
        text_addf(out, ",\"ObRoot\":\"\\\\\\\\.\\\\Silos\\\\%u\"", s->silo);
    }
    if (s->hosting[0]) {
        add_word(out, "HostingSystemId", s->hosting);
    }
    if (s->shape == SHAPE_HYPERV) {
        add_word(out, "RuntimeImagePath", "C:\\ProgramData\\docker\\windowsfilter\\base\\UtilityVM");
    }
    if (s->shape == SHAPE_TEMPLATE) {
        text_add(out, ",\"IsRuntimeTemplate\":true");
    }
    if (m->options.strange) {
        text_add(out, ",\"MemoryTopology\":{\"NodeCount\":1},\"ServiceSessionId\":1,\"Network\":[]");
    }
}

static void add_state(const struct machine *m, const struct system *s, struct text *out)
{
    if (s->shape == SHAPE_TEMPLATE) {
        add_word(out, "State", "SavedAsTemplate");
    } else if (s->life == LIFE_PAUSED) {
        add_word(out, "State", "Paused");
    } else if (s->life == LIFE_RUNNING) {
        add_word(out, "State", m->options.strange && s->at % 7 == 3 ? "Migrating" : "Running");
    }
}

static void add_basics(const struct machine *m, const struct system *s, struct text *out)
{
    text_add(out, "{\"Id\":");
    answer_string(out, s->id);
    add_word(out, "SystemType", shape_is_vm(s->shape) ? "VirtualMachine" : "Container");
    add_word(out, "RuntimeOsType", s->linux_inside ? "Linux" : "Windows");
    if (s->name) {
        add_word(out, "Name", s->name);
    }
    if (s->owner) {
        add_word(out, "Owner", s->owner);
    }
    add_shape(m, s, out);
    add_state(m, s, out);
}

static bool is_among(const cJSON *list, const char *word)
{
    const cJSON *item = NULL;
    if (!cJSON_IsArray(list) || !list->child) {
        return true;
    }
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && word && strcmp(item->valuestring, word) == 0) {
            return true;
        }
    }
    return false;
}

void answer_systems(const struct machine *m, const cJSON *query, struct text *out)
{
    bool first = true;
    text_add_char(out, '[');
    for (size_t i = 0; i < m->n_systems; i++) {
        const struct system *s = m->systems[i];
        if (is_among(json_at(query, "Ids"), s->id) && is_among(json_at(query, "Names"), s->name) &&
            is_among(json_at(query, "Owners"), s->owner) &&
            is_among(json_at(query, "Types"), shape_is_vm(s->shape) ? "VirtualMachine" : "Container")) {
            text_add(out, first ? "" : ",");
            add_basics(m, s, out);
            text_add_char(out, '}');
            first = false;
        }
    }
    text_add_char(out, ']');
}

/* Properties. */

static uint64_t memory_of(const struct system *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < s->n_tasks; i++) {
        sum += (uint64_t)s->tasks[i].kilobytes << 10;
    }
    return sum;
}

static void add_statistics(const struct machine *m, const struct system *s, struct text *out)
{
    uint64_t cpu = system_cpu(m, s), memory = memory_of(s);
    bool in_vm = s->shape > SHAPE_SILO_ZERO;
    text_add(out, ",\"Statistics\":{\"Timestamp\":");
    add_moment(out, m->now);
    text_add(out, ",\"ContainerStartTime\":");
    add_moment(out, s->started);
    add_counter(out, "Uptime100ns", (uint64_t)(m->now - s->started) * 10000);
    text_add(out, ",\"Processor\":{");
    add_counter(out, "TotalRuntime100ns", cpu);
    add_counter(out, "RuntimeUser100ns", in_vm ? 0 : cpu / 3 * 2); /* for a VM the split is not known */
    add_counter(out, "RuntimeKernel100ns", in_vm ? 0 : cpu - cpu / 3 * 2);
    text_add(out, "},\"Memory\":{");
    add_counter(out, "MemoryUsageCommitBytes", memory + memory / 3);
    add_counter(out, "MemoryUsageCommitPeakBytes", memory + memory / 2);
    add_counter(out, "MemoryUsagePrivateWorkingSetBytes", memory);
    text_add(out, "},\"Storage\":{");
    add_counter(out, "ReadSizeBytes", cpu / 5);
    add_counter(out, "WriteSizeBytes", cpu / 11);
    text_add(out, "}}");
}

static void add_process(const struct machine *m, const struct system *s, const struct task *t,
                        struct text *out)
{
    uint64_t cpu = task_cpu(m, s, t), memory = (uint64_t)t->kilobytes << 10;
    text_addf(out, "{\"ProcessId\":%" PRIu32 ",\"ImageName\":\"%s\",\"CreateTimestamp\":", t->pid,
              role_at(t->role)->name);
    add_moment(out, t->created + s->lag);
    add_counter(out, "UserTime100ns", cpu / 3 * 2);
    add_counter(out, "KernelTime100ns", cpu - cpu / 3 * 2);
    add_counter(out, "MemoryCommitBytes", memory + memory / 3);
    add_counter(out, "MemoryWorkingSetPrivateBytes", memory);
    add_counter(out, "MemoryWorkingSetSharedBytes", memory / 4);
    text_add_char(out, '}');
}

static void add_processes(const struct machine *m, const struct system *s, struct text *out)
{
    text_add(out, ",\"ProcessList\":[");
    for (size_t i = 0; i < s->n_tasks; i++) {
        text_add(out, i ? "," : "");
        add_process(m, s, &s->tasks[i], out);
    }
    text_add_char(out, ']');
}

void answer_properties(const struct machine *m, const struct system *s, bool statistics, bool processes,
                       bool memory, struct text *out)
{
    enum { VM_PAGES = 262144 }; /* 1 GB */
    add_basics(m, s, out);
    if (statistics && s->life != LIFE_CREATED) {
        add_statistics(m, s, out);
    }
    if (processes) {
        add_processes(m, s, out);
    }
    if (memory && shape_is_vm(s->shape)) {
        text_addf(out,
                  ",\"Memory\":{\"VirtualNodeCount\":1,\"VirtualMachineMemory\":{\"AssignedMemory\":%d}}",
                  VM_PAGES);
    }
    text_add_char(out, '}');
}

/* Errors and ends. */

/* An error event's Data is of strings, a code among them. */
static void add_data(const char *message, int32_t code, struct text *out)
{
    text_addf(out,
              ",\"Data\":[{\"Type\":\"String\",\"Value\":\"%%%%%" PRIu32
              "\"},{\"Type\":\"String\",\"Value\":\"0x%08" PRIX32 "\"},{\"Type\":\"String\",\"Value\":",
              (uint32_t)code, (uint32_t)code);
    answer_string(out, message);
    text_add(out, "}]");
}

void answer_error(const struct machine *m, int32_t result, const char *message, struct text *out)
{
    enum machine_errors errors = m->options.errors;
    bool of_hcs = ((uint32_t)result & 0x0FFF0000) == 0x00370000;
    int32_t code = errors == ERRORS_OLD && of_hcs ? (int32_t)((uint32_t)result | UINT32_C(0xC0000000))
                   : errors == ERRORS_WIN32       ? RESULT(0x8007000D)
                                                  : result;
    text_addf(out, "{\"Error\":%" PRId32, code);
    if (message) {
        add_word(out, "ErrorMessage", message);
        text_add(out, ",\"ErrorEvents\":[{\"Message\":");
        answer_string(out, message);
        text_add(out, ",\"Provider\":\"17a2a8b9-0000-4000-8000-000000000001\",\"EventId\":0,\"Flags\":0");
        if (errors != ERRORS_PLAIN) {
            add_data(message, code, out);
        }
        text_add(out, "}]");
    }
    text_add_char(out, '}');
}

/* A guest that shuts down says so itself. */
void answer_exit(const char *exit_type, const char *detail, struct text *out)
{
    text_add(out, "{\"Status\":0");
    add_word(out, "ExitType", exit_type);
    text_add(out, ",\"Attribution\":[{\"SystemExit\":{\"Detail\":");
    answer_string(out, detail);
    add_word(out, "Initiator", strcmp(detail, "Shutdown") == 0 ? "GuestOS" : "Client");
    text_add(out, "}}]}");
}
