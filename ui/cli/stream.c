/* Our standard input, output and error are libuv streams; only files are written directly. When the console
 * brings more than the reader of our output takes, it is held: the process waits, as it would in a pipe.
 */
#include "ui/cli/stream.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"
#include "ui/cli/tame.h"

/* libuv's RAW still turns line feeds into new lines on the way out, under Unix; the process's terminal has
 * done that. */
#ifdef _WIN32
static const uv_tty_mode_t RAW = UV_TTY_MODE_RAW;
#else
static const uv_tty_mode_t RAW = UV_TTY_MODE_IO;
#endif

#ifdef _WIN32 /* signals that it lacks; the numbers are for exit codes only */
#define SIGPIPE 13
#define SIGQUIT 3
#define SIGUSR1 10
#endif

enum {
    OUTPUT_HIGH = 256 * 1024,
    OUTPUT_LOW = 64 * 1024,
    INPUT_HIGH = 256 * 1024,
    DETACH_MAX = 8,
    STOPS_MOST = 3, /* docker's number, too */
    SIGNALS = 6
};

union any_stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tty_t tty;
    uv_pipe_t pipe;
};

struct end { /* one of our standard streams */
    union any_stream any;
    bool is_stream;    /* else a file */
    bool broken;       /* the reader is gone */
    struct tame *tame; /* a terminal that must not obey all that comes; NULL: it may, or is none */
    int fd;
};

struct stream {
    struct cli *cli;
    const struct stream_options *options;
    container_id id;
    struct console *console; /* NULL once it is closed */
    struct op *starting;     /* NULL: it need not be started, or has been */
    struct end in, out, err;
    uv_signal_t signals[SIGNALS];
    uv_fs_t file_read;
    char *file_buffer;
    int64_t file_at;
    char detach[DETACH_MAX];
    int detach_len, detach_seen;
    int stops; /* signals to end that the process was sent */
    bool opened, raw, held, reading, input_over, done;
    bool answers; /* what our terminal answers to the process is read, and passed on */
    bool ended;   /* before it was heard whether it could be started at all */
    size_t input_pending;
    int code;
};

/* Ending. */

static void finish(struct stream *s, int code)
{
    if (!s->done) {
        s->done = true;
        s->code = code;
    }
}

static int failed(const struct stream *s)
{
    return s->options->failed ? s->options->failed : 1;
}

/* To whom the terminal belongs again from here on. */
static void cook(struct stream *s)
{
    stream_edit_as_before();
    if (s->raw) {
        s->raw = false;
        uv_tty_reset_mode();
    }
}

static void say_failure(struct stream *s, const struct error *why)
{
    cook(s);
    cli_say("%s", why->text);
}

/* What it ends with when this went wrong. */
static int code_of(const struct stream *s, enum error_kind kind)
{
    switch (kind) {
    case ERROR_NOT_RUNNABLE:
    case ERROR_NO_COMMAND:
    case ERROR_UNREACHABLE:
    case ERROR_PROTOCOL:
        return error_exit_code(kind);
    case ERROR_INVALID:
        return s->options->refused ? s->options->refused : failed(s);
    default:
        return failed(s);
    }
}

static void let_go(struct stream *s)
{
    if (s->console) {
        console_close(s->console);
        s->console = NULL;
    }
}

/* Output. */

static size_t output_queued(const struct stream *s)
{
    size_t n = 0;
    n += s->out.is_stream ? uv_stream_get_write_queue_size(&s->out.any.stream) : 0;
    n += s->err.is_stream ? uv_stream_get_write_queue_size(&s->err.any.stream) : 0;
    return n;
}

struct piece {
    uv_write_t request;
    struct stream *stream;
    struct end *end;
    char data[];
};

static void reader_gone(struct stream *s, struct end *end, int code)
{
    end->broken = true;
    if (end == &s->out) {
        let_go(s);
        finish(s, code);
    }
}

static void written(uv_write_t *request, int status)
{
    struct piece *piece = (struct piece *)request;
    struct stream *s = piece->stream;
    if (status < 0 && status != UV_ECANCELED) {
        reader_gone(s, piece->end, 128 + SIGPIPE);
    }
    free(piece);
    if (s->held && s->console && output_queued(s) < OUTPUT_LOW) {
        s->held = false;
        console_hold(s->console, false);
    }
}

static void write_file(struct stream *s, struct end *end, const char *data, size_t len)
{
    while (len > 0 && !end->broken) {
        ssize_t n = write(end->fd, data, len);
        if (n < 0) {
            cli_say("cannot write to standard %s: %s", end == &s->out ? "output" : "error", strerror(errno));
            reader_gone(s, end, errno == EPIPE ? 128 + SIGPIPE : failed(s));
            return;
        }
        data += n;
        len -= (size_t)n;
    }
}

static void write_end(struct stream *s, struct end *end, const char *data, size_t len)
{
    if (end->broken) {
        return;
    }
    if (!end->is_stream) {
        write_file(s, end, data, len);
        return;
    }
    struct piece *piece = mem_new(1, sizeof *piece + len);
    piece->stream = s;
    piece->end = end;
    memcpy(piece->data, data, len);
    uv_buf_t buf = uv_buf_init(piece->data, (unsigned)len);
    if (uv_write(&piece->request, &end->any.stream, &buf, 1, written) != 0) {
        free(piece);
        reader_gone(s, end, 128 + SIGPIPE);
    }
}

/* Input. */

/* Passes bytes on, less the keys that detach. True when they did. */
static bool pass_input(struct stream *s, const char *data, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len && s->detach_len > 0; i++) {
        if (data[i] == s->detach[s->detach_seen]) {
            if (s->detach_seen == 0 && i > from) {
                console_write(s->console, data + from, i - from);
            }
            from = i + 1;
            if (++s->detach_seen == s->detach_len) {
                return true;
            }
        } else if (s->detach_seen > 0) {
            console_write(s->console, s->detach, (size_t)s->detach_seen); /* it was typing after all */
            s->detach_seen = 0;
            from = i;
        }
    }
    if (from < len) {
        console_write(s->console, data + from, len - from);
        s->input_pending += len - from;
    }
    return false;
}

static void input_ends(struct stream *s)
{
    if (!s->input_over && s->console) {
        s->input_over = true;
        console_end_input(s->console);
    }
}

static void take_input(struct stream *s, const char *data, size_t len)
{
    if (s->console && pass_input(s, data, len)) {
        let_go(s);
        finish(s, 0);
    }
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(mem_new(1, suggested), (unsigned)suggested);
}

static void read_some(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct stream *s = stream->data;
    if (n > 0) {
        take_input(s, buf->base, (size_t)n);
    } else if (n < 0) {
        uv_read_stop(stream);
        s->reading = false;
        input_ends(s);
    }
    free(buf->base);
    if (s->reading && s->input_pending > INPUT_HIGH) {
        uv_read_stop(stream);
        s->reading = false;
    }
}

static void file_read(uv_fs_t *request);

static void read_file(struct stream *s)
{
    uv_buf_t buf = uv_buf_init(s->file_buffer, 65536);
    s->file_read.data = s;
    s->reading = uv_fs_read(s->cli->loop, &s->file_read, 0, &buf, 1, -1, file_read) == 0;
}

static void file_read(uv_fs_t *request)
{
    struct stream *s = request->data;
    ssize_t n = request->result;
    uv_fs_req_cleanup(request);
    s->reading = false;
    if (s->done) {
        return;
    }
    if (n <= 0) {
        input_ends(s);
        return;
    }
    take_input(s, s->file_buffer, (size_t)n);
    if (!s->done && s->input_pending <= INPUT_HIGH) {
        read_file(s);
    }
}

static void read_input(struct stream *s)
{
    if (s->reading || s->input_over || !s->options->spec->input) {
        return;
    }
    if (s->in.is_stream) {
        s->reading = uv_read_start(&s->in.any.stream, give_buffer, read_some) == 0;
    } else {
        read_file(s);
    }
}

/* What the console says. */

static void started(void *user, struct answer *answer)
{
    struct stream *s = user;
    s->starting = NULL;
    if (answer->why.kind == ERROR_NONE || s->done) { /* else its console has said why */
        if (s->ended) {
            finish(s, s->code);
        }
        return;
    }
    let_go(s);
    say_failure(s, &answer->why);
    finish(s, code_of(s, answer->why.kind));
}

static void on_opened(void *user)
{
    struct stream *s = user;
    s->opened = true;
    if (s->options->leave) {
        let_go(s);
        finish(s, 0);
        return;
    }
    if (s->options->start) {
        s->starting = session_act(s->cli->session, s->id, VERB_START, NULL, started, s);
    }
    read_input(s);
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct stream *s = user;
    if (s->options->output) {
        s->options->output(s->options->user, stream, when, data, len);
        return;
    }
    struct end *end = stream == CONSOLE_ERR ? &s->err : &s->out;
    if (end->tame) {
        struct text tamed = {0};
        tame_feed(end->tame, data, len, &tamed);
        write_end(s, end, text_of(&tamed), tamed.len);
        text_done(&tamed);
    } else {
        write_end(s, end, data, len);
    }
    if (!s->held && s->console && output_queued(s) > OUTPUT_HIGH) {
        s->held = true;
        console_hold(s->console, true);
    }
}

static void release(struct stream *s, struct end *end)
{
    struct text kept = {0};
    if (end->tame) {
        tame_release(end->tame, &kept);
        write_end(s, end, text_of(&kept), kept.len);
        text_done(&kept);
    }
}

static void on_live(void *user)
{
    struct stream *s = user;
    if (s->answers) {
        release(s, &s->out);
        release(s, &s->err);
    }
}

static void on_drained(void *user)
{
    struct stream *s = user;
    s->input_pending = 0;
    if (s->console && !s->done && s->in.fd == 0) {
        read_input(s);
    }
}

static void on_closed(void *user, const struct error *why, int exit_code)
{
    struct stream *s = user;
    s->console = NULL;
    if (why && why->kind != ERROR_NONE) {
        if (!s->done) {
            say_failure(s, why);
        }
        finish(s, code_of(s, why->kind));
        return;
    }
    s->code = exit_code < 0 ? 0 : exit_code;
    if (s->starting) { /* docker tells the end of what could not be started, and removes it, before it says
                          why */
        s->ended = true;
    } else {
        finish(s, s->code);
    }
}

static const struct console_sink sink = {on_opened, on_bytes, on_live, on_drained, on_closed};

/* Signals. */

/* A process may not obey, and our terminal may be gone: whoever only looks on can always go. */
static void leave_if_told(struct stream *s, int number)
{
    bool looks_on = s->options->spec->kind == CONSOLE_ATTACH && !s->options->start;
    bool stop = number == SIGINT || number == SIGTERM;
    s->stops += stop;
    if (stop && s->stops >= STOPS_MOST) {
        cook(s);
        cli_say("left it: it was told to end %d times, and goes on", STOPS_MOST);
    } else if (number != SIGHUP || !looks_on) {
        return;
    }
    let_go(s);
    finish(s, 128 + number);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct stream *s = handle->data;
    if (number == SIGWINCH) {
        int rows, cols;
        stream_size(&rows, &cols);
        if (s->console && rows > 0) {
            console_resize(s->console, rows, cols);
        }
    } else if (!s->options->forward_signals || !s->console || !s->opened) { /* nobody is there to take it */
        let_go(s);
        finish(s, 128 + number);
    } else {
        console_signal(s->console, number);
        leave_if_told(s, number);
    }
}

static void listen_signals(struct stream *s)
{
    static const int numbers[SIGNALS] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1};
    for (int i = 0; i < SIGNALS; i++) {
        bool wanted = numbers[i] == SIGWINCH ? s->options->terminal
                                             : numbers[i] != SIGUSR1 || s->options->forward_signals;
        uv_signal_init(s->cli->loop, &s->signals[i]);
        s->signals[i].data = s;
        if (wanted) {
            uv_signal_start(&s->signals[i], on_signal, numbers[i]);
        }
    }
}

/* Opening and closing. */

/* A process without a terminal has no business with ours. The replay of a terminal's output must reach no
 * terminal that would answer it: ours, nor one behind a pipe while we read the keys. Nor must any query,
 * while nobody reads what our terminal answers: it would be typed into the shell that comes after us. */
static struct tame *make_tame(const struct stream *s, bool is_terminal)
{
    const struct stream_options *o = s->options;
    bool replay = o->spec->replay && (is_terminal || s->answers);
    if (!o->terminal) {
        return is_terminal ? tame_new(TAME_LINES) : NULL;
    }
    return replay || (is_terminal && !s->answers) ? tame_new(TAME_SCREEN) : NULL;
}

static void open_end(struct stream *s, struct end *end, int fd)
{
    uv_handle_type type = uv_guess_handle(fd);
    end->fd = fd;
    if (type == UV_TTY) {
        end->is_stream = uv_tty_init(s->cli->loop, &end->any.tty, fd, 0) == 0;
    } else if (type == UV_NAMED_PIPE) {
        uv_pipe_init(s->cli->loop, &end->any.pipe, 0);
        end->is_stream = true;
        if (uv_pipe_open(&end->any.pipe, fd) != 0) {
            uv_close(&end->any.handle, NULL);
            end->is_stream = false;
        }
    }
    end->any.handle.data = s;
    end->tame = fd != 0 ? make_tame(s, type == UV_TTY) : NULL;
}

static void open_ends(struct stream *s)
{
    s->in.fd = -1;
    s->answers = s->options->terminal && s->options->spec->input && stream_is_terminal(0);
    open_end(s, &s->out, 1);
    open_end(s, &s->err, 2);
    if (!s->options->spec->input) {
        return;
    }
    open_end(s, &s->in, 0);
    s->file_buffer = mem_new(1, 65536);
    if (s->answers) {
        s->raw = uv_tty_set_mode(&s->in.any.tty, RAW) == 0;
        s->detach_len = stream_parse_keys(s->options->detach_keys, s->detach, DETACH_MAX);
    } else if (stream_is_terminal(0)) {
        s->detach_len = stream_parse_keys(s->options->detach_keys, s->detach, DETACH_MAX);
        if (s->detach_len > 0) {
            stream_edit_until(s->detach[s->detach_len - 1]);
        }
    }
}

/* Files that are ours go on blocking, as the next program that uses them expects. */
static void close_end(struct end *end)
{
    tame_free(end->tame);
    if (!end->is_stream) {
        return;
    }
    uv_stream_set_blocking(&end->any.stream, 1);
    if (!uv_is_closing(&end->any.handle)) {
        uv_close(&end->any.handle, NULL);
    }
}

static void flush_output(struct stream *s)
{
    while (output_queued(s) > 0 && !s->out.broken) {
        uv_run(s->cli->loop, UV_RUN_ONCE);
    }
}

static void close_all(struct stream *s)
{
    flush_output(s);
    cook(s);
    for (int i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    }
    if (s->reading && !s->in.is_stream) {
        uv_cancel((uv_req_t *)&s->file_read);
    }
    close_end(&s->in);
    close_end(&s->out);
    close_end(&s->err);
    while (s->reading && !s->in.is_stream) {
        uv_run(s->cli->loop, UV_RUN_ONCE);
    }
    uv_run(s->cli->loop, UV_RUN_NOWAIT);
    uv_run(s->cli->loop, UV_RUN_NOWAIT);
    free(s->file_buffer);
}

int stream_run(struct cli *cli, container_id id, const struct stream_options *options)
{
    struct stream *s = mem_new(1, sizeof *s);
    s->cli = cli;
    s->options = options;
    s->id = id;
#ifndef _WIN32
    signal(SIGPIPE, SIG_IGN);
#endif
    fflush(stdout);
    open_ends(s);
    listen_signals(s);
    s->console = session_console(cli->session, id, options->spec, &sink, s);
    cli_wait(cli, &s->done);
    if (s->starting) {
        op_cancel(s->starting);
    }
    let_go(s);
    close_all(s);
    int code = s->code;
    free(s);
    return code;
}
