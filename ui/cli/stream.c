/* A terminal at our standard input is a libuv stream, for its mode; all else goes through ui/cli/standard.h.
 * When the console brings more than the reader of our output takes, it is held: the process waits, as it
 * would in a pipe.
 */
#include "ui/cli/stream.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"
#include "ui/cli/out.h"
#include "ui/cli/standard.h"
#include "ui/cli/tame.h"

/* libuv's RAW still turns line feeds into new lines on the way out, under Unix; the process's terminal has
 * done that. */
#ifdef _WIN32
static const uv_tty_mode_t RAW = UV_TTY_MODE_RAW;
#else
static const uv_tty_mode_t RAW = UV_TTY_MODE_IO;
#endif

#ifdef _WIN32 /* signals that it lacks; the numbers are for exit codes only */
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

struct stream {
    struct cli *cli;
    const struct stream_options *options;
    container_id id;
    struct console *console; /* NULL once it is closed */
    struct op *starting;     /* NULL: it need not be started, or has been */
    struct writer *writer;
    struct tame *tame[2]; /* out and err are terminals, and the process thinks that it has none; else NULL */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tty_t tty;
        uv_pipe_t pipe;
    } in;
    bool in_is_stream;     /* else the reader reads it */
    struct reader *reader; /* NULL: nothing is read, or by libuv */
    uv_signal_t signals[SIGNALS];
    char detach[DETACH_MAX];
    int detach_len, detach_seen;
    int stops; /* signals to end that the process was sent */
    bool opened, raw, held, reading, input_over, done;
    bool slow;        /* it has been told that the start takes long */
    bool interrupted; /* what waits to be written is given up */
    bool answers;     /* what our terminal answers to the process is read, and passed on */
    bool ended;       /* before it was heard whether it could be started at all */
    size_t input_pending;
    struct error failure; /* said when all output has left */
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

static void note_failure(struct stream *s, const struct error *why)
{
    if (s->failure.kind == ERROR_NONE) {
        s->failure = *why;
    }
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

/* Some has left; or the reader has gone, or the disk is full. */
static void output_changed(void *user)
{
    struct stream *s = user;
    int fd, error = writer_error(s->writer, &fd);
    if (error && !s->interrupted) {
        s->interrupted = true;
        s->done = true;
        s->code = error == EPIPE ? EXIT_NO_READER : failed(s);
        if (error != EPIPE) {
            error_set(&s->failure, ERROR_OTHER, error, "cannot write to standard %s: %s",
                      fd == 1 ? "output" : "error", strerror(error));
        }
        let_go(s);
    } else if (s->held && s->console && writer_queued(s->writer) < OUTPUT_LOW) {
        s->held = false;
        console_hold(s->console, false);
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

static void read_input(struct stream *s);

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

static void got_input(void *user, const char *data, ssize_t n)
{
    struct stream *s = user;
    s->reading = false;
    if (s->done) {
        return;
    }
    if (n <= 0) {
        input_ends(s);
        return;
    }
    take_input(s, data, (size_t)n);
    if (!s->done && s->input_pending <= INPUT_HIGH) {
        read_input(s);
    }
}

static void read_input(struct stream *s)
{
    if (s->reading || s->input_over || !s->options->spec->input) {
        return;
    }
    if (s->in_is_stream) {
        s->reading = uv_read_start(&s->in.stream, give_buffer, read_some) == 0;
    } else {
        s->reading = true;
        reader_want(s->reader);
    }
}

/* What the console says. */

static void start_takes_long(void *user, uint64_t done, uint64_t total, const char *words)
{
    struct stream *s = user;
    s->slow = true;
    out_progress(user, done, total, words);
}

static void started(void *user, struct answer *answer)
{
    struct stream *s = user;
    s->starting = NULL;
    if (s->slow) {
        out_progress_end();
    }
    if (answer->why.kind == ERROR_NONE || s->done) { /* else its console has said why */
        if (s->ended) {
            finish(s, s->code);
        }
        return;
    }
    let_go(s);
    note_failure(s, &answer->why);
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
        op_on_progress(s->starting, start_takes_long);
    }
    read_input(s);
}

static void on_bytes(void *user, enum console_stream stream, int64_t when, const char *data, size_t len)
{
    struct stream *s = user;
    struct tame *tame = s->tame[stream == CONSOLE_ERR];
    struct text changed = {0};
    if (s->options->output) {
        s->options->output(s->options->user, stream, when, data, len, &changed);
    } else if (tame) {
        tame_feed(tame, data, len, &changed);
    } else {
        text_add_n(&changed, data, len);
    }
    writer_add(s->writer, stream == CONSOLE_ERR ? 2 : 1, text_of(&changed), changed.len);
    text_done(&changed);
    if (!s->held && s->console && writer_queued(s->writer) > OUTPUT_HIGH) {
        s->held = true;
        console_hold(s->console, true);
    }
}

/* Nothing more comes: a character that was cut is shown as such. */
static void end_output(struct stream *s, enum console_stream stream)
{
    int fd = stream == CONSOLE_ERR ? 2 : 1;
    struct text rest = {0};
    if (s->options->output) {
        s->options->output(s->options->user, stream, 0, NULL, 0, &rest);
    } else if (s->tame[fd - 1]) {
        tame_end(s->tame[fd - 1], &rest);
    }
    writer_add(s->writer, fd, text_of(&rest), rest.len);
    text_done(&rest);
}

static void release(struct stream *s, int fd)
{
    struct text kept = {0};
    if (s->tame[fd - 1]) {
        tame_release(s->tame[fd - 1], &kept);
        writer_add(s->writer, fd, text_of(&kept), kept.len);
    }
    text_done(&kept);
}

static void on_live(void *user)
{
    struct stream *s = user;
    if (s->answers) {
        release(s, 1);
        release(s, 2);
    }
}

static void on_drained(void *user)
{
    struct stream *s = user;
    s->input_pending = 0;
    if (s->console && !s->done) {
        read_input(s);
    }
}

static void on_closed(void *user, const struct error *why, int exit_code)
{
    struct stream *s = user;
    s->console = NULL;
    end_output(s, CONSOLE_OUT);
    end_output(s, CONSOLE_ERR);
    if (why && why->kind != ERROR_NONE) {
        if (!s->done) {
            note_failure(s, why);
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
        error_set(&s->failure, ERROR_CANCELLED, 0, "left it: it was told to end %d times, and goes on",
                  STOPS_MOST);
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
        s->interrupted = s->done = true;
        s->code = 128 + number;
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
    if (o->output) {
        return NULL;
    }
    if (!o->terminal) {
        return is_terminal ? tame_new(TAME_LINES) : NULL;
    }
    return replay || (is_terminal && !s->answers) ? tame_new(TAME_SCREEN) : NULL;
}

static void open_input(struct stream *s)
{
    uv_handle_type type = uv_guess_handle(0);
    if (type == UV_TTY) {
        s->in_is_stream = uv_tty_init(s->cli->loop, &s->in.tty, 0, 0) == 0;
    }
#ifdef _WIN32 /* a pipe's read() there cannot be left, and there is no O_NONBLOCK to be shared */
    if (type == UV_NAMED_PIPE && uv_pipe_init(s->cli->loop, &s->in.pipe, 0) == 0) {
        s->in_is_stream = uv_pipe_open(&s->in.pipe, 0) == 0;
        if (!s->in_is_stream) {
            uv_close(&s->in.handle, NULL);
        }
    }
#endif
    s->in.handle.data = s;
    if (!s->in_is_stream) {
        s->reader = reader_new(s->cli->loop, got_input, s);
    }
    if (type != UV_TTY || !s->in_is_stream) {
        return;
    }
    s->detach_len = stream_parse_keys(s->options->detach_keys, s->detach, DETACH_MAX);
    if (s->answers) {
        s->raw = uv_tty_set_mode(&s->in.tty, RAW) == 0;
    } else if (s->detach_len > 0) {
        stream_edit_until(s->detach[s->detach_len - 1]);
    }
}

static void open_ends(struct stream *s)
{
    s->answers = s->options->terminal && s->options->spec->input && stream_is_terminal(0);
    for (int fd = 1; fd <= 2; fd++) {
        s->tame[fd - 1] = make_tame(s, stream_is_terminal(fd));
    }
    s->writer = writer_new(s->cli->loop, output_changed, s);
    if (s->options->spec->input) {
        open_input(s);
    }
}

static void close_ends(struct stream *s)
{
    writer_close(s->writer);
    if (s->reader) {
        reader_close(s->reader);
    } else if (s->in_is_stream) {
        uv_close(&s->in.handle, NULL);
    }
    tame_free(s->tame[0]);
    tame_free(s->tame[1]);
}

static void close_all(struct stream *s)
{
    while (writer_queued(s->writer) > 0 && !s->interrupted) {
        uv_run(s->cli->loop, UV_RUN_ONCE);
    }
    cook(s);
    for (int i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    }
    close_ends(s);
    uv_run(s->cli->loop, UV_RUN_NOWAIT);
    uv_run(s->cli->loop, UV_RUN_NOWAIT);
    if (s->slow) {
        out_progress_end(); /* what comes now is not said behind it */
    }
    if (s->failure.kind != ERROR_NONE) {
        cli_say("%s", s->failure.text);
    }
}

int stream_run(struct cli *cli, container_id id, const struct stream_options *options)
{
    struct stream *s = mem_new(1, sizeof *s);
    s->cli = cli;
    s->options = options;
    s->id = id;
    out_flush();
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
