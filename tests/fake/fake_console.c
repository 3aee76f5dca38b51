/* A console keeps what is to be said in a list of chunks and says it from a zero timer: opened, bytes,
 * drained, closed; nothing while it is held. When it has said that it is closed, or its owner has closed it,
 * only its timer is left. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "tests/fake/fake_parts.h"

enum { ENOUGH = 512 * 1024, PER_TURN = 256 * 1024, LAST_SCREENFUL = 4096 };

struct fake_console {
    struct console base;
    struct fake *engine;
    struct fake_console *next;
    struct fake_container *container; /* NULL: it has nothing more to say */
    struct fake_shell *shell;         /* of an exec; owned */
    enum console_kind kind;
    bool follow, held, opened, must_drain, ended, over;
    bool failed;
    bool replaying;       /* live() is still to be told */
    size_t replay_chunks; /* that come before it */
    struct error why;
    int exit_code;
    struct fake_chunk *chunks;
    size_t n_chunks, said, room, bytes; /* chunks before `said` are done */
    uv_timer_t timer;
};

/* Saying. */

static void chunks_free(struct fake_console *c)
{
    for (size_t i = c->said; i < c->n_chunks; i++) {
        free(c->chunks[i].data);
    }
    free(c->chunks);
    c->chunks = NULL;
}

static void on_gone(uv_handle_t *handle)
{
    struct fake_console *c = handle->data;
    struct fake *f = c->engine;
    chunks_free(c);
    free(c);
    fake_release(f);
}

/* From here on nothing is heard of it. */
static void retire(struct fake_console *c)
{
    struct fake_console **link = &c->engine->consoles;
    if (c->over) {
        return;
    }
    c->over = true;
    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
    fake_shell_free(c->shell);
    c->shell = NULL;
    uv_close((uv_handle_t *)&c->timer, on_gone);
}

static void on_turn(uv_timer_t *timer);

static void speak(struct fake_console *c)
{
    if (!c->over) {
        uv_timer_start(&c->timer, on_turn, 0, 0);
    }
}

static void say_live(struct fake_console *c)
{
    if (c->replaying && c->said >= c->replay_chunks) {
        c->replaying = false;
        if (c->base.sink->live) {
            c->base.sink->live(c->base.user);
        }
    }
}

static void say_chunks(struct fake_console *c)
{
    size_t told = 0;
    say_live(c);
    while (!c->over && !c->held && c->said < c->n_chunks && told < PER_TURN) {
        struct fake_chunk chunk = c->chunks[c->said++];
        c->bytes -= chunk.len;
        told += chunk.len;
        c->base.sink->bytes(c->base.user, chunk.stream, chunk.when, chunk.data, chunk.len);
        free(chunk.data);
        if (!c->over) {
            say_live(c);
        }
    }
    if (c->said == c->n_chunks) {
        c->said = c->n_chunks = 0;
    }
}

static void let_write(struct fake_console *c)
{
    struct fake_shell *shell = c->shell ? c->shell : c->container ? c->container->shell : NULL;
    if (shell && c->bytes < ENOUGH) {
        fake_shell_go(shell);
    }
}

static void on_turn(uv_timer_t *timer)
{
    struct fake_console *c = timer->data;
    if (!c->opened && !c->failed) {
        c->opened = true;
        if (c->base.sink->opened) {
            c->base.sink->opened(c->base.user);
        }
    }
    if (!c->over) {
        say_chunks(c);
    }
    if (!c->over && c->must_drain) {
        c->must_drain = false;
        if (c->base.sink->drained) {
            c->base.sink->drained(c->base.user);
        }
    }
    if (!c->over && c->n_chunks && !c->held) {
        uv_timer_start(&c->timer, on_turn, 1, 0); /* others first */
    } else if (!c->over && c->ended && !c->n_chunks) {
        const struct error why = c->why;
        retire(c);
        c->base.sink->closed(c->base.user, c->failed ? &why : NULL, c->exit_code);
    }
    if (!c->over) {
        let_write(c);
    }
}

static bool add_chunk(struct fake_console *c, enum console_stream stream, int64_t when, const char *data,
                      size_t len)
{
    if (len) {
        c->chunks = mem_grow(c->chunks, &c->room, c->n_chunks + 1, sizeof *c->chunks);
        c->chunks[c->n_chunks++] = (struct fake_chunk){when, stream, mem_string_n(data, len), len};
        c->bytes += len;
        speak(c);
    }
    return c->bytes < ENOUGH;
}

static void console_end(struct fake_console *c, int exit_code, const struct error *why)
{
    fake_shell_free(c->shell);
    c->shell = NULL;
    c->ended = true;
    c->exit_code = exit_code;
    c->failed = why != NULL;
    if (why) {
        c->why = *why;
    }
    c->container = NULL;
    speak(c);
}

/* What the container's first process does. */

bool fake_consoles_output(struct fake_container *container, enum console_stream stream, const char *data,
                          size_t len)
{
    bool more = true;
    for (struct fake_console *c = container->engine->consoles; c; c = c->next) {
        bool hears = c->kind == CONSOLE_ATTACH || (c->kind == CONSOLE_LOGS && c->follow);
        if (c->container == container && hears && !c->ended) {
            int64_t when = c->kind == CONSOLE_LOGS ? container->log[container->log_len - 1].when : 0;
            more = add_chunk(c, stream, when, data, len) && more;
        }
    }
    return more;
}

void fake_consoles_ended(struct fake_container *container, int code)
{
    for (struct fake_console *c = container->engine->consoles; c; c = c->next) {
        if (c->container != container || c->ended) {
            continue;
        }
        if (c->kind == CONSOLE_EXEC) {
            fake_shell_signal(c->shell, SIGKILL);
        } else {
            console_end(c, c->kind == CONSOLE_ATTACH ? code : -1, NULL);
        }
    }
}

/* Their owners hear of it on the next turn. */
void fake_consoles_close(struct fake *f)
{
    struct error why;
    fake_cancelled(&why);
    for (struct fake_console *c = f->consoles; c; c = c->next) {
        chunks_free(c);
        c->n_chunks = c->said = c->room = 0;
        console_end(c, -1, &why);
    }
}

/* What the owner does. */

static struct fake_shell *listener(struct fake_console *c)
{
    return c->kind == CONSOLE_EXEC                     ? c->shell
           : c->kind == CONSOLE_ATTACH && c->container ? c->container->shell
                                                       : NULL;
}

static void fake_write(struct console *base, const char *data, size_t len)
{
    struct fake_console *c = (struct fake_console *)base;
    if (listener(c)) {
        fake_shell_input(listener(c), data, len);
    }
    c->must_drain = true;
    speak(c);
}

static void fake_end_input(struct console *base)
{
    struct fake_console *c = (struct fake_console *)base;
    if (listener(c)) {
        fake_shell_end_input(listener(c));
    }
}

static void fake_hold(struct console *base, bool hold)
{
    struct fake_console *c = (struct fake_console *)base;
    c->held = hold;
    speak(c);
}

static void fake_resize(struct console *base, int rows, int cols)
{
    struct fake_console *c = (struct fake_console *)base;
    if (listener(c)) {
        fake_shell_resize(listener(c), rows, cols);
    }
}

static void fake_signal(struct console *base, int number)
{
    struct fake_console *c = (struct fake_console *)base;
    if (listener(c)) {
        fake_shell_signal(listener(c), number);
    }
}

static void fake_detach(struct console *base)
{
    retire((struct fake_console *)base);
}

static const struct console_type type = {
    .write = fake_write,
    .end_input = fake_end_input,
    .hold = fake_hold,
    .resize = fake_resize,
    .signal = fake_signal,
    .close = fake_detach,
};

/* Opening. */

static bool on_exec_output(void *user, enum console_stream stream, const char *data, size_t len)
{
    return add_chunk(user, stream, 0, data, len);
}

static void on_exec_ended(void *user, int code)
{
    console_end(user, code, NULL);
}

static int begin_exec(struct fake_console *c, const struct console_spec *spec, struct error *e)
{
    static const struct fake_shell_hooks hooks = {on_exec_output, on_exec_ended, fake_release};
    static const char *const best[] = {"sh", NULL};
    const char *const *argv = spec->argv && spec->argv[0] ? spec->argv : best;
    if (c->container->record.state != CONTAINER_RUNNING) {
        return error_set(e, ERROR_CONFLICT, 0, "cannot exec in %s: it does not run",
                         c->container->record.name);
    }
    if (!fake_shell_can(argv, false, e)) {
        return -1;
    }
    const struct fake_shell_spec shell = {.argv = argv,
                                          .env = spec->env,
                                          .terminal = spec->terminal,
                                          .input = spec->input,
                                          .rows = spec->rows,
                                          .cols = spec->cols};
    c->engine->holds++;
    c->shell = fake_shell_new(c->engine->base.loop, &shell, &hooks, c, c->engine);
    return 0;
}

static int begin_attach(struct fake_console *c, const struct console_spec *spec, struct error *e)
{
    struct fake_container *container = c->container;
    enum container_state state = container->record.state;
    if (state == CONTAINER_EXITED) {
        return error_set(e, ERROR_CONFLICT, 0, "cannot attach to %s: it does not run",
                         container->record.name);
    }
    size_t from = container->log_len, bytes = 0;
    while (spec->replay && from > 0 && bytes < LAST_SCREENFUL) {
        bytes += container->log[--from].len;
    }
    for (; from < container->log_len; from++) {
        add_chunk(c, container->log[from].stream, 0, container->log[from].data, container->log[from].len);
    }
    if (container->shell && fake_shell_pretends(container->shell)) {
        char banner[160];
        int len = snprintf(banner, sizeof banner, "This is %.64s; it repeats what you say.\n",
                           container->record.name);
        add_chunk(c, CONSOLE_OUT, 0, banner, (size_t)len);
    }
    c->replaying = spec->replay;
    c->replay_chunks = c->n_chunks;
    if (container->shell && spec->rows && spec->cols) {
        fake_shell_resize(container->shell, spec->rows, spec->cols);
    }
    return 0;
}

static bool in_time(const struct fake_chunk *chunk, const struct console_spec *spec)
{
    return (!spec->since || chunk->when >= spec->since) && (!spec->until || chunk->when <= spec->until);
}

static size_t count_lines(const struct fake_chunk *chunk)
{
    size_t lines = 0;
    for (size_t i = 0; i < chunk->len; i++) {
        lines += chunk->data[i] == '\n';
    }
    return lines;
}

/* Chunks of the log are whole lines, as they were printed: a tail is counted in chunks from the end. */
static int begin_logs(struct fake_console *c, const struct console_spec *spec)
{
    const struct fake_container *container = c->container;
    size_t from = container->log_len;
    int64_t left = spec->tail < 0 ? INT64_MAX : spec->tail;
    while (from > 0 && left > 0) {
        from--;
        left -= in_time(&container->log[from], spec) ? (int64_t)count_lines(&container->log[from]) : 0;
    }
    for (size_t i = from; i < container->log_len; i++) {
        const struct fake_chunk *chunk = &container->log[i];
        if (in_time(chunk, spec)) {
            add_chunk(c, chunk->stream, chunk->when, chunk->data, chunk->len);
        }
    }
    c->follow = spec->follow && container->shell;
    if (!c->follow) {
        console_end(c, -1, NULL);
    }
    return 0;
}

static int begin(struct fake_console *c, const char *key, const struct console_spec *spec, struct error *e)
{
    if (!c->container) {
        return fake_no_container(e, "open a console", key);
    }
    switch (spec->kind) {
    case CONSOLE_EXEC:
        return begin_exec(c, spec, e);
    case CONSOLE_ATTACH:
        return begin_attach(c, spec, e);
    default:
        return begin_logs(c, spec);
    }
}

struct console *fake_console(struct backend *b, const char *key, const struct console_spec *spec,
                             const struct console_sink *sink, void *user)
{
    struct fake *f = (struct fake *)b;
    struct error why;
    struct fake_console *c = mem_new(1, sizeof *c);
    c->base = (struct console){.type = &type, .sink = sink, .user = user};
    c->engine = f;
    c->kind = spec->kind;
    c->container = fake_find(f, key);
    c->next = f->consoles;
    f->consoles = c;
    fake_timer_init(f, &c->timer, c);
    if (begin(c, key, spec, &why) < 0) {
        console_end(c, -1, &why);
    }
    speak(c);
    return &c->base;
}
