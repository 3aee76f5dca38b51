/* Images are unpacked by a program of its own, since archives are hostile: it says how far it is, line by
 * line, and ends with "done IMAGE" or "error KIND NATIVE sentence". Ended by SIGTERM it takes away what it
 * has begun.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/local/engine.h"
#include "backends/local/shared/images.h"

enum { LINE_LIMIT = 8192 };

/* Listing and removing, on a thread. */

struct imaging {
    struct job job;
    char *name;
    struct image_list *list;
    struct error why;
};

static void run_list(struct job *j)
{
    struct imaging *i = (struct imaging *)j;
    i->list = images_list(j->task.local->paths);
    if (!image_list_has(i->list, "busybox") && images_can_make_busybox()) {
        const struct image offer = {.name = "busybox", .id = "built in", .command = "sh", .os = "linux"};
        image_list_add(i->list, &offer);
        image_list_sort(i->list);
    }
}

static void run_remove(struct job *j)
{
    struct imaging *i = (struct imaging *)j;
    images_remove(j->task.local->paths, i->name, &i->why);
}

static void imaged(struct job *j)
{
    struct imaging *i = (struct imaging *)j;
    struct answer answer = {.why = i->why, .images = i->list};
    task_finish(&j->task, &answer);
    image_list_free(answer.images);
    free(i->name);
    job_end(j);
}

void local_images(struct backend *b, struct op *op)
{
    struct local *l = (struct local *)b;
    if (local_usable(l, op)) {
        struct imaging *i = mem_new(1, sizeof *i);
        job_start(&i->job, l, op, run_list, imaged);
    }
}

void local_image_remove(struct backend *b, struct op *op, const char *name)
{
    struct local *l = (struct local *)b;
    if (local_usable(l, op)) {
        struct imaging *i = mem_new(1, sizeof *i);
        i->name = mem_string(name);
        job_start(&i->job, l, op, run_remove, imaged);
    }
}

/* Importing. */

struct importing {
    struct task task;
    uv_process_t process;
    uv_pipe_t pipe;
    struct text line; /* what has come of the next one */
    char *name, *path;
    struct error why;
    char *image; /* the result; NULL: none (yet) */
    bool running, piping;
};

static void finish(struct importing *i)
{
    if (i->running || i->piping) {
        return;
    }
    if (!i->image && i->why.kind == ERROR_NONE) {
        error_set(&i->why, ERROR_OTHER, 0, "importing %s from %s ended without a word; is the disk full?",
                  i->name, i->path);
    }
    struct answer answer = {.why = i->why, .text = i->image};
    task_finish(&i->task, &answer);
    free(answer.text);
    free(i->name);
    free(i->path);
    text_done(&i->line);
    task_end(&i->task);
    free(i);
}

static void pipe_closed(uv_handle_t *handle)
{
    struct importing *i = handle->data;
    i->piping = false;
    finish(i);
}

static void process_closed(uv_handle_t *handle)
{
    struct importing *i = handle->data;
    i->running = false;
    finish(i);
}

static void on_end(uv_process_t *process, int64_t status, int number)
{
    (void)status;
    struct importing *i = process->data;
    if (number != 0 && i->why.kind == ERROR_NONE && !i->image) {
        error_set(&i->why, ERROR_OTHER, number, "importing %s from %s was ended by signal %d", i->name,
                  i->path, number);
    }
    uv_close((uv_handle_t *)process, process_closed);
}

static void on_line(struct importing *i, const char *line)
{
    uint64_t done, total;
    unsigned kind;
    int32_t native;
    int words = 0;
    if (sscanf(line, "progress %" SCNu64 " %" SCNu64 " %n", &done, &total, &words) == 2 && words > 0) {
        if (i->task.op) {
            op_progress(i->task.op, done, total, line + words);
        }
    } else if (sscanf(line, "error %u %" SCNd32 " %n", &kind, &native, &words) == 2 && words > 0) {
        bool known = kind > ERROR_NONE && kind <= ERROR_OTHER;
        error_set(&i->why, known ? (enum error_kind)kind : ERROR_OTHER, native, "%s", line + words);
    } else if (strncmp(line, "done ", 5) == 0 && !i->image) {
        i->image = mem_string(line + 5);
    }
}

static void on_block(struct importing *i, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        if (i->line.len + part <= LINE_LIMIT) {
            text_add_n(&i->line, bytes, part);
        }
        if (end) {
            on_line(i, text_of(&i->line));
            text_clear(&i->line);
            part++;
        }
        bytes += part;
        len -= part;
    }
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    (void)wanted;
    struct importing *i = handle->data;
    *out = uv_buf_init(i->task.local->read_room, READ_ROOM);
}

static void on_words(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct importing *i = stream->data;
    if (n > 0) {
        on_block(i, got->base, (size_t)n);
    } else if (n < 0 && !uv_is_closing((uv_handle_t *)stream)) {
        uv_close((uv_handle_t *)stream, pipe_closed);
    }
}

static void stop_importing(struct task *t)
{
    struct importing *i = (struct importing *)t;
    if (i->running) {
        uv_process_kill(&i->process, SIGTERM);
    }
}

static void run_import(struct importing *i)
{
    char *program = paths_helper("porthole-unpack"), *argv[] = {program, "import", i->name, i->path, NULL};
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&i->pipe},
        {.flags = UV_IGNORE}};
    const uv_process_options_t options = {
        .exit_cb = on_end, .file = program, .args = argv, .stdio_count = 3, .stdio = io};
    uv_loop_t *loop = i->task.local->backend.loop;
    uv_pipe_init(loop, &i->pipe, 0);
    i->pipe.data = i->process.data = i;
    i->running = i->piping = true;
    int failed = uv_spawn(loop, &i->process, &options);
    if (failed) {
        error_errno(&i->why, -failed, "cannot start %s", program);
        uv_close((uv_handle_t *)&i->process, process_closed);
        uv_close((uv_handle_t *)&i->pipe, pipe_closed);
    } else {
        uv_read_start((uv_stream_t *)&i->pipe, get_room, on_words);
    }
    free(program);
}

void local_image_import(struct backend *b, struct op *op, const char *name, const char *path)
{
    struct local *l = (struct local *)b;
    if (local_usable(l, op)) {
        struct importing *i = mem_new(1, sizeof *i);
        i->name = mem_string(name);
        i->path = mem_string(path);
        task_begin(&i->task, l, op, stop_importing);
        run_import(i);
    }
}
