/* An exec lives until its process has ended and its output is with the client, whichever is later; without a
 * client only the process counts. It is under way in k->execs_open meanwhile. */
#include "backends/local/keeper/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/json.h"
#include "backends/local/keeper/call.h"
#include "backends/local/keeper/control.h"
#include "backends/local/keeper/keeper.h"
#include "backends/local/shared/bundle.h"
#include "core/memory.h"

enum { NAME_ROOM = 64 };

struct exec {
    struct keeper *keeper;
    struct client *client; /* NULL: gone */
    struct output *output; /* NULL: closed */
    bool terminal;
    pid_t pid; /* 0: not started yet, or ended */
    int code;
    int rows, cols;
    char file[NAME_ROOM]; /* process.json of this one */
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
    unlink(x->file);
    free(x);
    k->execs_open--;
    keeper_check_left(k);
}

void exec_signal(struct exec *x, int number)
{
    if (x->pid > 0) {
        kill(x->pid, number);
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

static const struct output_hooks output_hooks = {.ended = on_output_ended};

static void on_exit_code(void *user, int code)
{
    struct exec *x = user;
    x->pid = 0;
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
    if (x->pid > 0 && x->output) {
        output_close(x->output);
        x->output = NULL;
    }
}

static void on_started(void *user, pid_t pid, const int fds[3])
{
    struct exec *x = user;
    struct keeper *k = x->keeper;
    unlink(x->file);
    x->pid = pid;
    x->output = output_new(&k->loop, false, &output_hooks, x);
    output_size(x->output, x->rows, x->cols);
    output_open(x->output, fds, x->terminal);
    children_watch(k->children, pid, on_exit_code, x);
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

static const struct call_hooks call_hooks = {.done = on_started, .failed = on_failed};

static bool write_process(struct exec *x, const struct bundle_process *process, struct error *e)
{
    struct keeper *k = x->keeper;
    char *rootfs = paths_container(k->paths, k->state.id, "rootfs");
    char *text = bundle_process_text(k->paths, &k->state, &k->image, process, rootfs, e);
    free(rootfs);
    if (!text) {
        return false;
    }
    int fd = open(x->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(text);
    bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (!ok) {
        error_errno(e, errno, "Cannot write down what is to run in container %s", k->state.spec.name);
    }
    if (fd >= 0) {
        close(fd);
    }
    cJSON_free(text);
    return ok;
}

static bool start(struct exec *x, const struct bundle_process *process, bool input, struct error *e)
{
    if (!write_process(x, process, e)) {
        return false;
    }
    char prefix[NAME_ROOM];
    snprintf(prefix, sizeof prefix, "exec-%u", x->keeper->execs);
    const char *const words[] = {"exec", "-d", "--process", x->file, NULL};
    struct call_spec spec = {.prefix = prefix,
                             .words = words,
                             .process = true,
                             .terminal = process->terminal,
                             .input = input,
                             .command = process->argv[0]};
    return call_start(x->keeper, &spec, &call_hooks, x, e) == 0;
}

static struct exec *exec_new(struct keeper *k, struct client *c, const struct bundle_process *process)
{
    struct exec *x = mem_new(1, sizeof *x);
    *x = (struct exec){.keeper = k,
                       .client = c,
                       .terminal = process->terminal,
                       .rows = process->rows,
                       .cols = process->cols};
    snprintf(x->file, sizeof x->file, "exec-%u.json", ++k->execs);
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
    if (!start(x, &process, role->input, &why)) {
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
