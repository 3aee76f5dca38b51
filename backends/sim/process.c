/* A process with pipes is a task of its system and a shell. It is freed when it has been dropped and has
 * ended. */
#include "backends/sim/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "backends/sim/parts.h"
#include "backends/sim/shell.h"
#include "core/memory.h"

enum { PIPE_BYTES = 65536, ABORTED = 1067 /* ERROR_PROCESS_ABORTED */ };

struct pipe {
    struct text text;
    size_t taken; /* bytes of it that were read */
    bool wanted;
};

struct machine_process {
    struct machine_process *next;
    struct machine *machine; /* NULL: the machine is gone */
    char *system;            /* id */
    uint32_t pid, code;
    struct pipe pipes[2];
    bool input, terminal, ended, dropped;
    char host[16]; /* name of its container, as the shell says it */
    struct shell *shell;
};

/* What the shell has from its place. */

static void on_print(void *user, enum console_stream stream, const char *data, size_t len)
{
    struct machine_process *p = user;
    if (p->pipes[stream].wanted) {
        text_add_n(&p->pipes[stream].text, data, len);
    }
}

static size_t waiting(const struct machine_process *p)
{
    return p->pipes[0].text.len - p->pipes[0].taken + p->pipes[1].text.len - p->pipes[1].taken;
}

static bool is_full(void *user)
{
    return waiting(user) >= PIPE_BYTES;
}

static void list_tasks(void *user, struct text *out)
{
    struct machine_process *p = user;
    const struct system *s = p->machine ? system_find(p->machine, p->system) : NULL;
    text_add(out, "\r\nImage Name                     PID Session Name        Session#    Mem Usage\r\n"
                  "========================= ======== ================ =========== ============\r\n");
    for (size_t i = 0; s && i < s->n_tasks; i++) {
        const struct task *t = &s->tasks[i];
        text_addf(out, "%-25s %8" PRIu32 " Services                   1 %8" PRIu32 " K\r\n",
                  role_at(t->role)->name, t->pid, t->kilobytes);
    }
}

/* Life. */

static void process_free(struct machine_process *p)
{
    if (p->machine) {
        struct machine_process **link = &p->machine->processes;
        while (*link != p) {
            link = &(*link)->next;
        }
        *link = p->next;
    }
    text_done(&p->pipes[0].text);
    text_done(&p->pipes[1].text);
    shell_free(p->shell);
    free(p->system);
    free(p);
}

void process_killed(struct machine_process *p, uint32_t code)
{
    if (!p->ended) {
        p->ended = true;
        p->code = code;
    }
}

/* It has ended by itself, or was killed alone: its task goes. */
static void leave_system(struct machine_process *p)
{
    struct system *s = system_find(p->machine, p->system);
    for (size_t i = 0; s && i < s->n_tasks; i++) {
        if (s->tasks[i].process == p) {
            system_end_task(p->machine, s, i);
            return;
        }
    }
}

static void finish(struct machine_process *p, uint32_t code)
{
    leave_system(p);
    process_killed(p, code);
}

static void run(struct machine_process *p)
{
    uint32_t code;
    const struct system *s = p->machine && !p->ended ? system_find(p->machine, p->system) : NULL;
    if (!s || s->life != LIFE_RUNNING) {
        return;
    }
    shell_run(p->shell, p->machine->now);
    if (shell_ended(p->shell, &code)) {
        finish(p, code);
    }
}

void processes_advance(struct machine *m)
{
    for (struct machine_process *p = m->processes, *next; p; p = next) {
        next = p->next;
        run(p);
        if (p->dropped && p->ended) {
            process_free(p);
        }
    }
}

void processes_orphan(struct machine *m)
{
    while (m->processes) {
        struct machine_process *p = m->processes;
        m->processes = p->next;
        p->machine = NULL;
        process_killed(p, ABORTED);
        if (p->dropped) {
            process_free(p);
        }
    }
}

/* Creation. */

static char **environment(const cJSON *json)
{
    const cJSON *item = NULL, *object = json_at(json, "Environment");
    size_t n = 0;
    const char **words = mem_new((size_t)cJSON_GetArraySize(object) + 1, sizeof *words);
    cJSON_ArrayForEach(item, object)
    {
        if (cJSON_IsString(item) && item->valuestring[0]) {
            struct text word = {0};
            text_addf(&word, "%s=%s", item->string, item->valuestring);
            words[n++] = text_take(&word);
        }
    }
    char **block = mem_strings(words);
    for (size_t i = 0; i < n; i++) {
        free((char *)words[i]);
    }
    free(words);
    return block;
}

static char *command_line(const cJSON *json)
{
    struct text line = {0};
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json_at(json, "CommandArgs"))
    {
        text_addf(&line, "%s%s", line.len ? " " : "", cJSON_IsString(item) ? item->valuestring : "");
    }
    text_add(&line, json_string(json, "CommandLine", ""));
    return line.data ? text_take(&line) : mem_string("");
}

static void take_size(const cJSON *size, int *rows, int *cols)
{
    const cJSON *height = cJSON_GetArrayItem(size, 0), *width = cJSON_GetArrayItem(size, 1);
    *rows = cJSON_IsNumber(height) && height->valuedouble > 0 ? (int)height->valuedouble : 25;
    *cols = cJSON_IsNumber(width) && width->valuedouble > 0 ? (int)width->valuedouble : 80;
}

static struct machine_process *process_new(struct machine *m, struct system *s, const cJSON *json,
                                           const char *line)
{
    struct machine_process *p = mem_new(1, sizeof *p);
    char **env = environment(json);
    char program[64];
    bool known;
    strncat(p->host, s->name ? s->name : s->id, sizeof p->host - 1);
    p->machine = m;
    p->system = mem_string(s->id);
    p->terminal = json_bool(json, "EmulateConsole", false);
    p->input = json_bool(json, "CreateStdInPipe", false);
    p->pipes[CONSOLE_OUT].wanted = json_bool(json, "CreateStdOutPipe", false);
    p->pipes[CONSOLE_ERR].wanted = json_bool(json, "CreateStdErrPipe", false) && !p->terminal;
    p->next = m->processes;
    m->processes = p;
    unsigned role = role_by_name(shell_program(line, program, sizeof program), &known);
    struct task *t = system_add_task(m, s, role);
    t->process = p;
    p->pid = t->pid;
    struct shell_place place = {.print = on_print,
                                .is_full = is_full,
                                .list_tasks = list_tasks,
                                .user = p,
                                .host = p->host,
                                .build = machine_build(m),
                                .terminal = p->terminal};
    take_size(json_at(json, "ConsoleSize"), &place.rows, &place.cols);
    p->shell = shell_new(&place, line, (const char *const *)env, m->now);
    if (!p->input) {
        shell_end_input(p->shell);
    }
    free(env);
    return p;
}

static int32_t may_spawn(const struct machine *m, const struct system *s, const char *line)
{
    if (m->options.refuse) {
        return RESULT(0x8037011B);
    }
    if (!s) {
        return RESULT(0x8037010E);
    }
    if (s->life != LIFE_RUNNING) {
        return RESULT(0x80370105);
    }
    return shell_can(line);
}

struct machine_process *machine_spawn(struct machine *m, const char *id, const char *parameters,
                                      int32_t *result, struct text *answer)
{
    struct error ignored;
    struct system *s = system_find(m, id);
    cJSON *json =
        json_parse(parameters ? parameters : "", parameters ? strlen(parameters) : 0, 1 << 20, &ignored);
    char *line = command_line(json);
    struct machine_process *p = NULL;
    *result = cJSON_IsObject(json) ? may_spawn(m, s, line) : RESULT(0x8037010D);
    if (*result >= 0) {
        p = process_new(m, s, json, line);
        run(p);
    } else if (*result == RESULT(0x80070002)) {
        answer_error(m, *result, "The system cannot find the file specified.", answer);
    }
    free(line);
    cJSON_Delete(json);
    return p;
}

/* Pipes. */

uint32_t machine_process_pid(const struct machine_process *p)
{
    return p->pid;
}

bool machine_process_has(const struct machine_process *p, enum console_stream stream)
{
    return p->pipes[stream].wanted;
}

size_t machine_process_read(struct machine_process *p, enum console_stream stream, char *out, size_t room)
{
    struct pipe *pipe = &p->pipes[stream];
    size_t n = pipe->text.len - pipe->taken;
    n = n < room ? n : room;
    if (n > 0) {
        memcpy(out, pipe->text.data + pipe->taken, n);
        pipe->taken += n;
    }
    if (pipe->taken == pipe->text.len) {
        text_clear(&pipe->text);
        pipe->taken = 0;
        if (n > 0) {
            run(p); /* there is room again */
        }
    }
    return n;
}

void machine_process_write(struct machine_process *p, const char *data, size_t len)
{
    if (p->input && !p->ended) {
        shell_input(p->shell, data, len);
        run(p);
    }
}

void machine_process_end_input(struct machine_process *p)
{
    if (!p->ended) {
        shell_end_input(p->shell);
        run(p);
    }
}

/* Calls. */

static int32_t modify(struct machine_process *p, const cJSON *json)
{
    const char *operation = json_string(json, "Operation", "");
    if (strcmp(operation, "ConsoleSize") == 0) {
        int64_t rows = json_integer(json, "ConsoleSize.Height", 0),
                cols = json_integer(json, "ConsoleSize.Width", 0);
        if (rows <= 0 || cols <= 0 || rows > 65535 || cols > 65535) {
            return RESULT(0x80070057);
        }
        shell_resize(p->shell, (int)rows, (int)cols);
        return 0;
    }
    if (strcmp(operation, "CloseHandle") == 0) {
        machine_process_end_input(p);
        return 0;
    }
    return RESULT(0x8037010D);
}

static int32_t send_signal(struct machine_process *p, const cJSON *json)
{
    enum { CONTROL_C_EXIT = (int)0xC000013A };
    const char *word = json_string(json, "Signal", "");
    if (strcmp(word, "CtrlC") == 0) {
        shell_interrupt(p->shell);
        run(p);
    } else if (strncmp(word, "Ctrl", 4) == 0) {
        finish(p, (uint32_t)CONTROL_C_EXIT);
    } else {
        return RESULT(0x8037010D);
    }
    return 0;
}

int32_t machine_process_call(struct machine_process *p, enum hcs_process_call call, const char *document,
                             struct text *answer)
{
    struct error ignored;
    if (p->ended || !p->machine) {
        return RESULT(0x8037011F);
    }
    if (call == HCS_PROCESS_TERMINATE) {
        finish(p, ABORTED);
        return 0;
    }
    cJSON *json = json_parse(document ? document : "", document ? strlen(document) : 0, 1 << 16, &ignored);
    int32_t result = !cJSON_IsObject(json)        ? RESULT(0x8037010D)
                     : call == HCS_PROCESS_MODIFY ? modify(p, json)
                                                  : send_signal(p, json);
    if (result < 0) {
        answer_error(p->machine, result, NULL, answer);
    }
    cJSON_Delete(json);
    return result;
}

bool machine_process_ended(const struct machine_process *p, struct text *answer)
{
    if (p->ended && answer) {
        text_addf(answer, "{\"ProcessId\":%" PRIu32 ",\"Exited\":true", p->pid);
        if (p->code) { /* a zero is left out */
            text_addf(answer, ",\"ExitCode\":%" PRIu32, p->code);
        }
        text_add(answer, "}");
    }
    return p->ended;
}

void machine_process_drop(struct machine_process *p)
{
    p->dropped = true;
    p->pipes[0].wanted = p->pipes[1].wanted = false;
    text_clear(&p->pipes[0].text);
    text_clear(&p->pipes[1].text);
    p->pipes[0].taken = p->pipes[1].taken = 0;
    if (p->ended) {
        process_free(p);
    }
}
