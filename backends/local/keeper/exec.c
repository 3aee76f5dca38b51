/* An exec lives until its process has ended and its output is with the client, whichever is later; without a
 * client only the process counts. It is under way in k->execs_open meanwhile. */
#include "backends/local/keeper/exec.h"

#include <stdlib.h>

#include "backends/json.h"
#include "backends/local/keeper/control.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/shared/bundle.h"
#include "core/memory.h"

struct exec {
    struct keeper *keeper;
    struct client *client; /* NULL: gone */
    struct output *output; /* NULL: closed */
    bool terminal;
    int process; /* as its wall knows it; 0: not started yet, or ended */
    int code;
    int rows, cols;
};

static void exec_free(struct exec *x)
{
    struct keeper *k = x->keeper;
    if (x->client) {
        client_role(x->client)->exec = NULL;
    }
    if (x->output) {
        output_close(x->output);
    }
    free(x);
    k->execs_open--;
    keeper_check_left(k);
}

void exec_signal(struct exec *x, int number)
{
    if (x->process > 0) {
        x->keeper->wall->signal(x->keeper, x->process, number);
    }
}

static void on_output_ended(void *user)
{
    struct exec *x = user;
    struct client *c = x->client;
    if (c) {
        client_role(c)->exec = NULL;
        x->client = NULL;
        output_say_exit(x->output, x->code);
    }
    exec_free(x);
}

static void on_resized(void *user, int rows, int cols)
{
    struct exec *x = user;
    if (x->process > 0 && x->keeper->wall->resize) {
        x->keeper->wall->resize(x->keeper, x->process, rows, cols);
    }
}

static const struct output_hooks output_hooks = {.ended = on_output_ended, .resized = on_resized};

static void on_exit_code(void *user, int code)
{
    struct exec *x = user;
    x->process = 0;
    x->code = code;
    if (x->output) {
        output_finish(x->output);
    } else {
        exec_free(x);
    }
}

void exec_abandon(struct exec *x)
{
    x->client = NULL;
    if (x->process > 0 && x->output) {
        output_close(x->output);
        x->output = NULL;
    }
}

static void on_started(void *user, int process, const int fds[3])
{
    struct exec *x = user;
    struct keeper *k = x->keeper;
    x->process = process;
    x->output = output_new(&k->loop, false, &output_hooks, x);
    output_size(x->output, x->rows, x->cols);
    output_open(x->output, fds, x->terminal);
    k->wall->watch(k, process, on_exit_code, x);
    if (x->client) {
        output_join(x->output, x->client, false);
        client_hold(x->client, false);
    } else {
        exec_abandon(x);
    }
}

static void on_failed(void *user, const struct error *why)
{
    struct exec *x = user;
    struct client *c = x->client;
    if (c) {
        client_role(c)->exec = NULL;
        x->client = NULL;
        client_refuse(c, why);
    }
    exec_free(x);
}

static const struct wall_hooks wall_hooks = {.done = on_started, .failed = on_failed};

static struct exec *exec_new(struct keeper *k, struct client *c, const struct bundle_process *process)
{
    struct exec *x = mem_new(1, sizeof *x);
    *x = (struct exec){.keeper = k,
                       .client = c,
                       .terminal = process->terminal,
                       .rows = process->rows,
                       .cols = process->cols};
    k->execs++;
    k->execs_open++;
    client_role(c)->exec = x;
    return x;
}

static void begin(struct keeper *k, struct client *c, const cJSON *o)
{
    static const char *const shell[] = {"sh", NULL};
    char **argv = json_strings(o, "argv"), **env = json_strings(o, "env");
    struct bundle_process process = {
        .argv = argv && argv[0] ? (const char *const *)argv : shell,
        .env = (const char *const *)env,
        .workdir = json_string(o, "workdir", NULL),
        .user = json_string(o, "user", NULL),
        .terminal = json_bool(o, "terminal", false),
        .rows = control_size(o, "rows"),
        .cols = control_size(o, "cols"),
    };
    struct client_role *role = client_role(c);
    role->input = json_bool(o, "input", false);
    role->rows = process.rows;
    role->cols = process.cols;
    struct exec *x = exec_new(k, c, &process);
    struct error why;
    client_hold(c, true); /* what it types already waits for the process */
    if (!k->wall->exec(k, &process, role->input, &wall_hooks, x, &why)) {
        on_failed(x, &why);
    }
    free(argv);
    free(env);
}

void exec_begin(struct keeper *k, struct client *c, const struct wire_frame *frame)
{
    struct error why;
    cJSON *o = json_parse((const char *)frame->payload, frame->len, WIRE_PAYLOAD, &why);
    bool running = k->phase == PHASE_RUNNING && k->state.state == CONTAINER_RUNNING;
    if (o && !running) {
        error_set(
            &why, ERROR_CONFLICT, 0, "Cannot run a command in container %s: it is %s", k->state.spec.name,
            k->state.state == CONTAINER_PAUSED ? "paused; resume it first" : "not running; start it first");
    }
    if (o && running) {
        begin(k, c, o);
    } else {
        client_refuse(c, &why);
    }
    cJSON_Delete(o);
}
