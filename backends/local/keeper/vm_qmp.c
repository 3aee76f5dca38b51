/* What we send is short and seldom: it goes straight into the socket, whose buffer is far larger; should it
 * ever be full, QEMU does not listen, and the deadline of whatever was wanted tells. */
#include "backends/local/keeper/vm_qmp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { READ_ROOM = 16 * 1024, LINE_LIMIT = 1024 * 1024 };

struct question {
    qmp_cb cb;
    void *user;
    struct question *next;
};

struct qmp {
    uv_pipe_t pipe;
    struct question *first, **last;
    struct text line;
    char room[READ_ROOM];
};

static void answer(struct qmp *q, const cJSON *o)
{
    struct question *asked = q->first;
    const cJSON *what = json_at(o, "return");
    struct error why;
    if (!asked || (!what && !json_at(o, "error"))) {
        return; /* a greeting, or an event */
    }
    q->first = asked->next;
    if (!q->first) {
        q->last = &q->first;
    }
    if (asked->cb) {
        error_set(&why, ERROR_OTHER, 0, "QEMU refused: %.300s",
                  json_string(o, "error.desc", "it gave no reason"));
        asked->cb(asked->user, what, what ? NULL : &why);
    }
    free(asked);
}

/* The callbacks may close us: `q` is looked at no more once its pipe is closing. */
static void take_lines(struct qmp *q)
{
    char *end;
    while (q->line.len > 0 && (end = memchr(q->line.data, '\n', q->line.len))) {
        size_t len = (size_t)(end - q->line.data);
        cJSON *o = json_parse(q->line.data, len, LINE_LIMIT, NULL);
        size_t left = q->line.len - len - 1;
        memmove(q->line.data, end + 1, left);
        q->line.len = left;
        answer(q, o);
        cJSON_Delete(o);
        if (uv_is_closing((uv_handle_t *)&q->pipe)) {
            return;
        }
    }
}

static void give_room(uv_handle_t *handle, size_t wish, uv_buf_t *out)
{
    (void)wish;
    struct qmp *q = handle->data;
    *out = uv_buf_init(q->room, READ_ROOM);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *part)
{
    struct qmp *q = stream->data;
    if (n < 0 || q->line.len > LINE_LIMIT) {
        uv_read_stop(stream); /* the end of the process tells the rest */
        return;
    }
    text_add_n(&q->line, part->base, (size_t)n);
    take_lines(q);
}

static void send_line(struct qmp *q, const char *text, size_t len, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct iovec part = {(void *)(uintptr_t)text, len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    uv_os_fd_t socket;
    if (fd >= 0) {
        message.msg_control = control.room;
        message.msg_controllen = sizeof control.room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    if (uv_fileno((uv_handle_t *)&q->pipe, &socket) == 0) {
        ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)n;
    }
}

static void ask(struct qmp *q, const char *command, cJSON *arguments, int fd, qmp_cb cb, void *user)
{
    struct question *asked = mem_new(1, sizeof *asked);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "execute", command);
    if (arguments) {
        cJSON_AddItemToObject(o, "arguments", arguments);
    }
    char *text = cJSON_PrintUnformatted(o);
    struct text line = {0};
    text_addf(&line, "%s\n", text);
    *asked = (struct question){.cb = cb, .user = user};
    *q->last = asked;
    q->last = &asked->next;
    send_line(q, line.data, line.len, fd);
    text_done(&line);
    cJSON_free(text);
    cJSON_Delete(o);
}

void qmp_ask(struct qmp *q, const char *command, cJSON *arguments, qmp_cb cb, void *user)
{
    ask(q, command, arguments, -1, cb, user);
}

void qmp_pass(struct qmp *q, const char *name, int fd)
{
    cJSON *arguments = cJSON_CreateObject();
    cJSON_AddStringToObject(arguments, "fdname", name);
    ask(q, "getfd", arguments, fd, NULL, NULL);
}

struct qmp *qmp_new(uv_loop_t *loop, int fd)
{
    struct qmp *q = mem_new(1, sizeof *q);
    q->last = &q->first;
    uv_pipe_init(loop, &q->pipe, 0);
    q->pipe.data = q;
    uv_pipe_open(&q->pipe, fd);
    uv_read_start((uv_stream_t *)&q->pipe, give_room, on_read);
    qmp_ask(q, "qmp_capabilities", NULL, NULL, NULL);
    return q;
}

static void on_closed(uv_handle_t *handle)
{
    struct qmp *q = handle->data;
    while (q->first) {
        struct question *next = q->first->next;
        free(q->first);
        q->first = next;
    }
    text_done(&q->line);
    free(q);
}

void qmp_close(struct qmp *q)
{
    uv_close((uv_handle_t *)&q->pipe, on_closed);
}

/* Saving and restoring. */

static void ignore_shared_memory(struct qmp *q)
{
    cJSON *o = cJSON_CreateObject(), *item = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(o, "capabilities"), item);
    cJSON_AddStringToObject(item, "capability", "x-ignore-shared");
    cJSON_AddTrueToObject(item, "state");
    qmp_ask(q, "migrate-set-capabilities", o, NULL, NULL);
}

static void pass_from_its_start(struct qmp *q, int fd)
{
    lseek(fd, 0, SEEK_SET); /* whoever used it last has left it at its end */
    qmp_pass(q, "machine", fd);
}

static cJSON *machine_uri(void)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "uri", "fd:machine");
    return o;
}

void qmp_save(struct qmp *q, int fd)
{
    ignore_shared_memory(q);
    pass_from_its_start(q, fd);
    qmp_ask(q, "migrate", machine_uri(), NULL, NULL);
}

void qmp_restore(struct qmp *q, int fd, qmp_cb cb, void *user)
{
    ignore_shared_memory(q);
    pass_from_its_start(q, fd);
    qmp_ask(q, "migrate-incoming", machine_uri(), cb, user);
}
