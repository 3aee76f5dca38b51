/* The host as a whole: its clock, its systems, what happens by itself, and the calls. */
#include "backends/sim/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/sim/parts.h"
#include "core/memory.h"

enum {
    HAPPENING_MS = 20000,    /* in each system something happens so often, */
    HAPPENING_LEAST_MS = 25, /* but on the whole host not more often than this */
    SHUTDOWN_MS = 700,
    CALLS_MOST = 1 << 20 /* bytes of a document that is taken */
};

const struct machine_options *machine_options(const struct machine *m)
{
    return &m->options;
}

/* Systems. */

/* xorshift64*: small, and the same everywhere. */
uint64_t machine_random(struct machine *m)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * UINT64_C(0x2545F4914F6CDD1D);
}

bool shape_is_vm(enum shape shape)
{
    return shape >= SHAPE_UTILITY_VM;
}

bool shape_has_worker(enum shape shape)
{
    return shape == SHAPE_HYPERV || shape_is_vm(shape);
}

bool shape_is_container(enum shape shape)
{
    return shape <= SHAPE_HOSTED;
}

struct system *system_find(const struct machine *m, const char *id)
{
    struct system *s = id ? idmap_get(&m->by_id, idmap_hash(id)) : NULL;
    while (s && strcmp(s->id, id) != 0) {
        s = s->next;
    }
    return s;
}

bool machine_has(const struct machine *m, const char *id)
{
    return system_find(m, id) != NULL;
}

struct system *system_add(struct machine *m, const char *id, const char *name, enum shape shape)
{
    struct system *s = mem_new(1, sizeof *s);
    uint64_t hash = idmap_hash(id);
    s->id = mem_string(id);
    s->name = mem_string(name);
    s->shape = shape;
    s->at = m->n_systems;
    s->next = idmap_get(&m->by_id, hash);
    idmap_put(&m->by_id, hash, s);
    m->systems = mem_grow(m->systems, &m->systems_room, m->n_systems + 1, sizeof *m->systems);
    m->systems[m->n_systems++] = s;
    return s;
}

static void system_free(struct system *s)
{
    free(s->id);
    free(s->name);
    free(s->own);
    free(s->tasks);
    free(s);
}

static void unlink_system(struct machine *m, struct system *s)
{
    uint64_t hash = idmap_hash(s->id);
    struct system *first = idmap_get(&m->by_id, hash);
    if (first == s && s->next) {
        idmap_put(&m->by_id, hash, s->next);
    } else if (first == s) {
        idmap_remove(&m->by_id, hash);
    }
    for (; first && first != s; first = first->next) {
        if (first->next == s) {
            first->next = s->next;
        }
    }
    m->systems[s->at] = m->systems[--m->n_systems];
    m->systems[s->at]->at = s->at;
}

static void add_event(struct machine *m, const char *id, enum hcs_event type, char *document)
{
    if (m->first_event == m->n_events) {
        m->first_event = m->n_events = 0;
    }
    m->events = mem_grow(m->events, &m->events_room, m->n_events + 1, sizeof *m->events);
    m->events[m->n_events++] = (struct machine_event){type, mem_string(id), document};
}

bool machine_take_event(struct machine *m, struct machine_event *out)
{
    if (m->first_event == m->n_events) {
        return false;
    }
    *out = m->events[m->first_event++];
    return true;
}

void system_end(struct machine *m, struct system *s, const char *exit_type, const char *detail)
{
    enum { PROCESS_ABORTED = 1067 };
    struct text document = {0};
    for (size_t i = 0; i < s->n_tasks; i++) {
        if (s->tasks[i].process) {
            process_killed(s->tasks[i].process, PROCESS_ABORTED);
        }
    }
    answer_exit(exit_type, detail, &document);
    add_event(m, s->id, HCS_EVENT_SYSTEM_EXITED, text_take(&document));
    m->n_ending -= s->ends != 0;
    unlink_system(m, s);
    system_free(s);
}

/* The machine. */

struct machine *machine_new(const struct machine_options *o, int64_t now)
{
    enum { FIRST_PID = 1200, FIRST_HIGH_PID = 0x80000000 - 1, FIRST_SILO = 1700 };
    struct machine *m = mem_new(1, sizeof *m);
    m->options = *o;
    m->now = now;
    m->random = (o->seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    m->last_pid = o->high_pids ? UINT32_C(0x80000000) : FIRST_PID;
    m->last_silo = FIRST_SILO;
    cast_populate(m);
    m->next_happening = now + 1000;
    m->next_churn = now + o->churn;
    return m;
}

void machine_free(struct machine *m)
{
    struct machine_event event;
    if (!m) {
        return;
    }
    processes_orphan(m);
    storage_free(m);
    while (machine_take_event(m, &event)) {
        free(event.id);
        free(event.document);
    }
    for (size_t i = 0; i < m->n_systems; i++) {
        system_free(m->systems[i]);
    }
    free(m->systems);
    free(m->events);
    idmap_done(&m->by_id);
    free(m);
}

int64_t machine_now(const struct machine *m)
{
    return m->now;
}

size_t machine_count(const struct machine *m)
{
    return m->n_systems;
}

void machine_store(const struct machine *m, struct text *answer)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < m->n_systems; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "Id", m->systems[i]->id);
        if (shape_is_vm(m->systems[i]->shape)) {
            cJSON_AddStringToObject(o, "SystemType", "VirtualMachine");
        }
        cJSON_AddItemToArray(list, o);
    }
    char *words = cJSON_PrintUnformatted(list);
    text_add(answer, words);
    free(words);
    cJSON_Delete(list);
}

const char *machine_system_at(const struct machine *m, size_t i)
{
    return m->systems[i]->id;
}

const char *machine_name(const struct machine *m)
{
    return m->options.workstation ? "desktop-07" : "winhost-03";
}

const char *machine_system(const struct machine *m)
{
    return m->options.workstation ? "Windows 11 Pro (26100)"
           : m->options.old       ? "Windows Server 2019 (17763)"
                                  : "Windows Server 2022 (20348)";
}

unsigned machine_build(const struct machine *m)
{
    return m->options.workstation ? 26100 : m->options.old ? 17763 : 20348;
}

/* What happens by itself. */

static void something_happens(struct machine *m)
{
    struct system *s = m->n_systems ? m->systems[machine_random(m) % m->n_systems] : NULL;
    int64_t pause = HAPPENING_MS / (int64_t)(m->n_systems + 1);
    if (s && s->life == LIFE_RUNNING && s->n_tasks > 0) {
        system_happens(m, s);
    }
    m->next_happening += pause > HAPPENING_LEAST_MS ? pause : HAPPENING_LEAST_MS;
}

static void one_goes_and_one_comes(struct machine *m)
{
    struct system *s = m->n_systems ? m->systems[machine_random(m) % m->n_systems] : NULL;
    if (s && m->n_systems >= m->options.systems) {
        system_end(m, s, "GracefulExit", "Shutdown");
    }
    cast_born(m);
    m->next_churn += m->options.churn;
}

static void end_what_is_due(struct machine *m)
{
    for (size_t i = m->n_ending ? m->n_systems : 0; i-- > 0;) {
        struct system *s = m->systems[i];
        if (s->ends && s->ends <= m->now) {
            system_end(m, s, "GracefulExit", "Shutdown");
        }
    }
}

int64_t machine_next_end(const struct machine *m)
{
    int64_t next = 0;
    for (size_t i = 0; m->n_ending && i < m->n_systems; i++) {
        int64_t ends = m->systems[i]->ends;
        next = ends && (!next || ends < next) ? ends : next;
    }
    return next;
}

void machine_advance(struct machine *m, int64_t now)
{
    enum { CATCH_UP_MS = 3600000 };
    if (now - m->next_happening > CATCH_UP_MS) {
        m->next_happening = now - CATCH_UP_MS; /* the clock has jumped: what nobody saw need not be told */
    }
    while (!m->options.still && m->next_happening <= now) {
        m->now = m->next_happening;
        something_happens(m);
    }
    while (m->options.churn && m->next_churn <= now) {
        one_goes_and_one_comes(m);
    }
    m->now = now > m->now ? now : m->now;
    end_what_is_due(m);
    processes_advance(m);
}

/* Calls. */

static int32_t refuse(const struct machine *m, int32_t result, const char *message, struct text *answer)
{
    answer_error(m, result, message, answer);
    return result;
}

static bool asks_for(const cJSON *query, const char *type)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(query, "PropertyTypes"))
    {
        if (cJSON_IsString(item) && strcmp(item->valuestring, type) == 0) {
            return true;
        }
    }
    return false;
}

static int32_t give_properties(struct machine *m, const struct system *s, const cJSON *query,
                               struct text *answer)
{
    bool statistics = asks_for(query, "Statistics");
    if (m->options.vanish && machine_random(m) % 100 < m->options.vanish) {
        return RESULT(0x8037010E);
    }
    if (statistics && m->options.no_statistics) {
        return refuse(m, RESULT(0x80004005), "The statistics provider does not answer.", answer);
    }
    if (s->life == LIFE_CREATED && asks_for(query, "ProcessList")) {
        return refuse(m, RESULT(0x80370105), NULL, answer);
    }
    answer_properties(m, s, statistics, asks_for(query, "ProcessList"), asks_for(query, "Memory"), answer);
    return 0;
}

static int32_t create(struct machine *m, const char *id, const cJSON *document, struct text *answer)
{
    bool v1 = strcmp(json_string(document, "SystemType", ""), "Container") == 0;
    bool is_vm = json_at(document, "VirtualMachine"), hosted = json_at(document, "HostedSystem");
    bool in_vm = v1 && json_bool(document, "HvPartition", false);
    if (!id || !id[0] || strlen(id) > 70 || !(v1 || is_vm || hosted || json_at(document, "Container"))) {
        return refuse(m, RESULT(0x8037010D), "The virtual machine or container JSON document is invalid.",
                      answer);
    }
    unsigned build = 0;
    if (system_find(m, id)) {
        return RESULT(0x8037010F);
    }
    int32_t result = storage_check(m, id, document, &build);
    if (result < 0) {
        return result;
    }
    struct system *s = system_add(m, id, json_string(document, "Name", NULL),
                                  is_vm    ? SHAPE_VM
                                  : hosted ? SHAPE_HOSTED
                                  : in_vm  ? SHAPE_HYPERV
                                           : SHAPE_SILO);
    s->bare = true;
    s->build = build;
    s->own = mem_string(json_string(document, "Owner", NULL));
    s->owner = s->own;
    snprintf(s->hosting, sizeof s->hosting, "%s", json_string(document, "HostingSystemId", ""));
    return 0;
}

static int32_t start(struct machine *m, struct system *s)
{
    if (s->life != LIFE_CREATED) {
        return RESULT(0x80370105);
    }
    if (s->shape <= SHAPE_SILO_ZERO && s->build && s->build != machine_build(m)) {
        return RESULT(0x80370101);
    }
    system_start(m, s);
    return 0;
}

static int32_t shut_down(struct machine *m, struct system *s, const cJSON *options, struct text *answer)
{
    if (m->options.strict && !options) {
        return refuse(m, RESULT(0x8037010D), "Invalid JSON document '$'", answer);
    }
    if (m->options.bare && options) {
        return RESULT(0x80070057);
    }
    if (s->life == LIFE_CREATED || s->life == LIFE_PAUSED) {
        return RESULT(0x80370105);
    }
    if (shape_is_vm(s->shape) || m->options.unreachable) {
        return RESULT(0x80370108); /* no guest connection */
    }
    if (s->ends) {
        return RESULT(0x80370110);
    }
    if (!m->options.stubborn) {
        s->ends = m->now + (m->options.teardown ? m->options.teardown : SHUTDOWN_MS);
        m->n_ending++;
    }
    return 0;
}

static int32_t terminate(struct machine *m, struct system *s)
{
    if (!m->options.deathless) {
        system_end(m, s, "ForcedExit", "Terminate");
    }
    return 0;
}

enum machine_answer machine_answers(const struct machine *m, enum hcs_call call)
{
    return m->options.answers[call];
}

int32_t machine_exit_answer(enum hcs_call call, const char *status)
{
    bool forced = strstr(status, "ForcedExit") != NULL;
    return call == HCS_TERMINATE || (call == HCS_SHUTDOWN && !forced) ? 0 : RESULT(0x80370107);
}

static int32_t pause_or_resume(struct machine *m, struct system *s, bool pause, struct text *answer)
{
    if (s->shape <= SHAPE_SILO_ZERO) {
        return refuse(m, RESULT(0x80370105), "A process-isolated container cannot be paused.", answer);
    }
    if (s->life != (pause ? LIFE_RUNNING : LIFE_PAUSED)) {
        return RESULT(0x80370105);
    }
    if (pause) {
        system_pause(m, s);
    } else {
        system_resume(m, s);
    }
    return 0;
}

static int32_t call_system(struct machine *m, enum hcs_call call, struct system *s, const cJSON *document,
                           struct text *answer)
{
    switch (call) {
    case HCS_PROPERTIES:
        return give_properties(m, s, document, answer);
    case HCS_START:
        return start(m, s);
    case HCS_SHUTDOWN:
        return shut_down(m, s, document, answer);
    case HCS_TERMINATE:
        return terminate(m, s);
    case HCS_PAUSE:
        return pause_or_resume(m, s, true, answer);
    case HCS_RESUME:
        return pause_or_resume(m, s, false, answer);
    case HCS_MODIFY:
        return s->life == LIFE_RUNNING ? 0 : RESULT(0x80370105);
    default:
        return RESULT(0x80004001);
    }
}

static int32_t enumerate(const struct machine *m, const cJSON *query, struct text *answer)
{
    answer_systems(m, query, answer);
    if (m->options.broken) {
        answer->len /= 2;
        answer->data[answer->len] = '\0';
    }
    return 0;
}

static int32_t call_parsed(struct machine *m, enum hcs_call call, const char *id, const cJSON *document,
                           struct text *answer)
{
    if (call == HCS_ENUMERATE) {
        return enumerate(m, document, answer);
    }
    if (call == HCS_SERVICE_PROPERTIES) {
        text_addf(answer,
                  "{\"Properties\":[{\"SupportedSchemaVersions\":[{\"Major\":1,\"Minor\":0},{\"Major\":2,"
                  "\"Minor\":%d}]}]}",
                  m->options.old           ? 1
                  : m->options.workstation ? 7
                                           : 5);
        return 0;
    }
    if (call == HCS_CREATE) {
        return create(m, id, document, answer);
    }
    struct system *s = system_find(m, id);
    return s ? call_system(m, call, s, document, answer) : RESULT(0x8037010E);
}

int32_t machine_call(struct machine *m, enum hcs_call call, const char *id, const char *document,
                     struct text *answer)
{
    struct error ignored;
    cJSON *json = document ? json_parse(document, strlen(document), CALLS_MOST, &ignored) : NULL;
    int32_t result;
    if (m->options.refuse) {
        result = RESULT(0x8037011B);
    } else if (m->options.missing) {
        result = RESULT(0x80370114);
    } else if ((document && !cJSON_IsObject(json)) || (call == HCS_CREATE && !document)) {
        result = refuse(m, RESULT(0x8037010D), NULL, answer);
    } else {
        result = call_parsed(m, call, id, json, answer);
    }
    if (result < 0 && m->options.errors != ERRORS_PLAIN && !answer->len) {
        answer_error(m, result, "The operation failed.", answer);
    }
    cJSON_Delete(json);
    return result;
}
