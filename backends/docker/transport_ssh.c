/* A carrier over the standard streams of `ssh HOST docker system dial-stdio`, as docker's own client does it.
 *
 * ssh must not ask anything on the terminal, which is not its: it runs in a session of its own and in batch
 * mode, so keys and the host's key have to be in order. What it says on its standard error becomes the reason
 * of a failure; so the end is told when three things are over: its output, its errors and itself. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/transport_parts.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

enum {
    LAST_WORDS = 2000,
    PATIENCE_MS = 1000, /* with what follows the end: of errors that a grandchild holds open, of a child that
                           is told to go */
    STILL_RUNS = -1
};

enum { SSH_IN, SSH_OUT, SSH_ERR, PIPES };

struct ssh {
    struct carrier carrier;
    const struct endpoint *to;
    uv_process_t process;
    uv_pipe_t pipes[PIPES];
    uv_timer_t timer;
    int handles; /* that are open */
    bool spawned, output_over, errors_over, told;
    int64_t exit_code;
    struct text words; /* the first of them */
    char errors_room[1024];
};

/* ---- the end ---- */

static void handle_closed(uv_handle_t *handle)
{
    struct ssh *s = handle->data;
    if (--s->handles == 0) {
        text_done(&s->words);
        free(s->carrier.room);
        free(s);
    }
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, handle_closed);
    }
}

static void on_too_long(uv_timer_t *timer);

/* The process is waited for, so that nothing is left of it: its handle closes when it has gone. */
static void ssh_close(struct carrier *c)
{
    struct ssh *s = (struct ssh *)c;
    for (int i = 0; i < PIPES; i++) {
        close_handle(&s->pipes[i]);
    }
    if (s->spawned && s->exit_code == STILL_RUNS) {
        uv_process_kill(&s->process, SIGTERM);
        uv_timer_start(&s->timer, on_too_long, PATIENCE_MS, 0);
    } else {
        close_handle(&s->timer);
        close_handle(&s->process);
    }
}

/* ---- why ---- */

struct hint {
    const char *said, *advice;
};

static const char *advice_for(const struct ssh *s)
{
    static const struct hint hints[] = {
        {"Permission denied (",
         "put a key of yours there, and into ssh-agent (ssh-add): porthole types no passwords"},
        {"Host key verification failed", "connect once by hand (ssh HOST) and look at the host's key"},
        {"REMOTE HOST IDENTIFICATION HAS CHANGED", "it is another host now, or somebody stands between"},
        {"Could not resolve", "look at the host's name"},
        {"Connection timed out", "look at the address, and at firewalls on the way"},
        {"Connection refused", "does sshd run there, at this port?"},
        {"docker: command not found", "install docker's client over there, too"},
        {"docker: not found", "install docker's client over there, too"},
        {"connect: permission denied", "over there, this user must be in the group docker"},
        {"permission denied while trying", "over there, this user must be in the group docker"},
        {"failed to open the raw stream", "start the engine over there (systemctl start docker)"},
        {"Cannot connect to the Docker daemon", "start the engine over there (systemctl start docker)"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        if (strstr(text_of(&s->words), hints[i].said)) {
            return hints[i].advice;
        }
    }
    return s->exit_code == 127 ? "install docker's client over there, too"
                               : "try it by hand: ssh HOST docker system dial-stdio";
}

/* Its last line: what comes before is, as a rule, a banner. */
static const char *last_line(const struct ssh *s, size_t *len)
{
    const char *text = text_of(&s->words), *end = text + s->words.len;
    while (end > text && (unsigned char)end[-1] <= ' ') {
        end--;
    }
    const char *start = end;
    while (start > text && start[-1] != '\n') {
        start--;
    }
    *len = (size_t)(end - start);
    return start;
}

static void explain(const struct ssh *s, struct error *e)
{
    struct text said = {0};
    size_t len;
    const char *line = last_line(s, &len);
    text_add_clean(&said, line, len < 200 ? len : 200);
    error_set(e,
              s->exit_code == 255 && strstr(text_of(&s->words), "ermission denied") ? ERROR_DENIED
                                                                                    : ERROR_UNREACHABLE,
              (int32_t)s->exit_code, "ssh ends with %d%s%s; %s", (int)s->exit_code,
              said.len ? " and says: " : "", text_of(&said), advice_for(s));
    text_done(&said);
}

static void settle(struct ssh *s)
{
    struct error why;
    if (s->told || !s->carrier.above || !s->output_over || s->exit_code == STILL_RUNS) {
        return;
    }
    if (!s->errors_over) {
        uv_timer_start(&s->timer, on_too_long, PATIENCE_MS, 0);
        return;
    }
    s->told = true;
    if (s->exit_code == 0) {
        transport_on_ended(s->carrier.above, NULL);
    } else {
        explain(s, &why);
        transport_on_ended(s->carrier.above, &why);
    }
}

static void on_too_long(uv_timer_t *timer)
{
    struct ssh *s = timer->data;
    if (!s->carrier.above) {
        uv_process_kill(&s->process, SIGKILL);
    } else {
        s->errors_over = true;
        settle(s);
    }
}

static void process_over(uv_process_t *process, int64_t code, int signal)
{
    struct ssh *s = process->data;
    s->exit_code = code >= 0 && code <= INT32_MAX ? code : 255;
    if (signal) {
        s->exit_code = 128 + signal;
    }
    if (!s->carrier.above) {
        close_handle(&s->timer);
        close_handle(&s->process);
    } else {
        settle(s);
    }
}

/* ---- bytes ---- */

static void on_output_over(struct carrier *c, int status)
{
    (void)status;
    ((struct ssh *)c)->output_over = true;
    settle((struct ssh *)c);
}

static void errors_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct ssh *s = handle->data;
    *out = uv_buf_init(s->errors_room, sizeof s->errors_room);
}

static void on_errors(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct ssh *s = stream->data;
    if (n > 0 && s->words.len < LAST_WORDS) {
        text_add_n(&s->words, got->base, (size_t)n);
    } else if (n < 0) {
        uv_read_stop(stream);
        s->errors_over = true;
        settle(s);
    }
}

static void ssh_write(struct carrier *c, const char *data, size_t len)
{
    carrier_send(c, (uv_stream_t *)&((struct ssh *)c)->pipes[SSH_IN], data, len);
}

static void ssh_read(struct carrier *c, bool on)
{
    carrier_receive((uv_stream_t *)&((struct ssh *)c)->pipes[SSH_OUT], on);
}

static void ssh_end_output(struct carrier *c)
{
    carrier_shut_down((uv_stream_t *)&((struct ssh *)c)->pipes[SSH_IN]);
}

static size_t ssh_unsent(const struct carrier *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&((const struct ssh *)c)->pipes[SSH_IN]);
}

static const struct carrier_type ssh_type = {
    .write = ssh_write,
    .read = ssh_read,
    .end_output = ssh_end_output,
    .unsent = ssh_unsent,
    .close = ssh_close,
};

/* ---- the beginning ---- */

/* For the shell over there. */
static void add_quoted(struct text *out, const char *s)
{
    text_add_char(out, '\'');
    for (; *s; s++) {
        if (*s == '\'') {
            text_add(out, "'\\''");
        } else {
            text_add_char(out, *s);
        }
    }
    text_add_char(out, '\'');
}

static char *command_for(const struct endpoint *to)
{
    struct text command = {0};
    text_add(&command, "docker ");
    if (to->path) {
        text_add(&command, "--host=");
        struct text socket = {0};
        text_addf(&socket, "unix://%s", to->path);
        add_quoted(&command, text_of(&socket));
        text_add_char(&command, ' ');
        text_done(&socket);
    }
    text_add(&command, "system dial-stdio");
    return text_take(&command);
}

static int spawn(struct ssh *s, uv_loop_t *loop)
{
    char port[8], timeout[40], *command = command_for(s->to), *args[20];
    unsigned seconds = (s->to->connect_ms ? s->to->connect_ms : TRANSPORT_SSH_MS) / 1000;
    int n = 0;
    snprintf(port, sizeof port, "%u", (unsigned)s->to->port);
    snprintf(timeout, sizeof timeout, "ConnectTimeout=%u", seconds ? seconds : 1);
    args[n++] = (char *)"ssh";
    args[n++] = (char *)"-T";
    args[n++] = (char *)"-oBatchMode=yes";
    args[n++] = (char *)"-oServerAliveInterval=20"; /* one that has vanished is noticed within a minute */
    args[n++] = (char *)"-o";
    args[n++] = timeout;
    if (s->to->user) {
        args[n++] = (char *)"-l";
        args[n++] = s->to->user;
    }
    if (s->to->port) {
        args[n++] = (char *)"-p";
        args[n++] = port;
    }
    args[n++] = (char *)"--";
    args[n++] = s->to->host;
    args[n++] = command;
    args[n] = NULL;
    uv_stdio_container_t stdio[PIPES];
    for (int i = 0; i < PIPES; i++) {
        stdio[i].flags = UV_CREATE_PIPE | (i == SSH_IN ? UV_READABLE_PIPE : UV_WRITABLE_PIPE);
        stdio[i].data.stream = (uv_stream_t *)&s->pipes[i];
    }
    char *program = program_path("ssh");
    const uv_process_options_t options = {.file = program,
                                          .args = args,
                                          .exit_cb = process_over,
                                          .stdio = stdio,
                                          .stdio_count = PIPES,
                                          .flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE};
    int status = uv_spawn(loop, &s->process, &options);
    free(program);
    free(command);
    return status;
}

struct carrier *carrier_ssh(struct transport *t, uv_loop_t *loop, const struct endpoint *to)
{
    struct ssh *s = mem_new(1, sizeof *s);
    struct error why;
    s->carrier = (struct carrier){.type = &ssh_type, .above = t, .ended = on_output_over};
    s->to = to;
    s->exit_code = STILL_RUNS;
    uv_timer_init(loop, &s->timer);
    s->timer.data = s->process.data = s;
    for (int i = 0; i < PIPES; i++) {
        uv_pipe_init(loop, &s->pipes[i], 0);
        s->pipes[i].data = s;
    }
    s->handles = PIPES + 2;
    int status = spawn(s, loop);
    if (status == 0) {
        s->spawned = true;
        uv_read_start((uv_stream_t *)&s->pipes[SSH_ERR], errors_room, on_errors);
        transport_on_connected(t);
    } else {
        error_set(&why, ERROR_UNREACHABLE, status, "ssh cannot be started: %s; install the OpenSSH client",
                  uv_strerror(status));
        transport_on_ended(t, &why);
    }
    return &s->carrier;
}
