#include "tests/backends/pretender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

struct guest {
    struct pretender *pretender;
    struct guest *next;
    uv_pipe_t pipe;
    struct text heard;
    size_t ignored; /* bytes of a body that follow */
    bool stays, closing;
};

struct pretender {
    uv_pipe_t door;
    const struct rule *rules;
    struct guest *guests;
    struct text asked; /* the first lines of all requests */
    size_t sent, cut;  /* cut: 0 never */
    bool cutting;
    char room[65536];
};

struct sending {
    uv_write_t write;
    char *text;
};

static void guest_closed(uv_handle_t *handle)
{
    struct guest *g = handle->data, **at = &g->pretender->guests;
    while (*at != g) {
        at = &(*at)->next;
    }
    *at = g->next;
    text_done(&g->heard);
    free(g);
}

static void close_guest(struct guest *g)
{
    if (!g->closing) {
        g->closing = true;
        uv_close((uv_handle_t *)&g->pipe, guest_closed);
    }
}

static void sent(uv_write_t *write, int status)
{
    struct sending *s = (struct sending *)write;
    (void)status;
    free(s->text);
    free(s);
}

static void send_text(struct guest *g, const char *text, size_t len)
{
    struct pretender *p = g->pretender;
    bool last = p->cutting && p->sent + len >= p->cut;
    if (g->closing) {
        return;
    }
    len = last ? p->cut - p->sent : len;
    uv_buf_t buf = uv_buf_init((char *)text, (unsigned)len);
    int now = len > 0 ? uv_try_write((uv_stream_t *)&g->pipe, &buf, 1) : 0;
    size_t done = now > 0 ? (size_t)now : 0;
    p->sent += len;
    if (done < len) {
        struct sending *s = mem_new(1, sizeof *s);
        s->text = mem_string_n(text + done, len - done);
        buf = uv_buf_init(s->text, (unsigned)(len - done));
        uv_write(&s->write, (uv_stream_t *)&g->pipe, &buf, 1, sent);
    }
    for (struct guest *each = p->guests; last && each; each = each->next) {
        close_guest(each);
    }
}

static void answer(struct guest *g, const char *request)
{
    static const struct rule unknown = {.status = "404 Not Found", .body = "{\"message\":\"no such thing\"}"};
    const struct rule *rule = g->pretender->rules;
    struct text t = {0};
    while (rule->request && strncmp(rule->request, request, strlen(rule->request)) != 0) {
        rule++;
    }
    rule = rule->request ? rule : &unknown;
    const char *body = rule->body ? rule->body : "";
    text_addf(&t, "HTTP/1.1 %s\r\n%s", rule->status ? rule->status : "200 OK",
              rule->headers ? rule->headers : "");
    if (rule->stays) {
        text_addf(&t, "\r\n%s", body);
    } else {
        text_addf(&t, "Content-Length: %zu\r\n\r\n%s", strlen(body),
                  strncmp(request, "HEAD", 4) == 0 ? "" : body);
    }
    g->stays = rule->stays;
    if (rule->changes) {
        rule->changes->body = rule->into;
    }
    send_text(g, t.data, t.len);
    text_done(&t);
}

static size_t length_of(const char *request)
{
    const char *header = strstr(request, "Content-Length: ");
    return header ? strtoul(header + 16, NULL, 10) : 0;
}

/* One request after the other; bodies are not looked at. */
static void take_requests(struct guest *g)
{
    char *end;
    while (!g->closing && g->heard.len > 0 && (end = strstr(text_of(&g->heard), "\r\n\r\n"))) {
        size_t used = (size_t)(end - g->heard.data) + 4;
        *end = '\0';
        used += length_of(g->heard.data);
        char *request = mem_string(g->heard.data);
        request[strcspn(request, "\r")] = '\0';
        text_addf(&g->pretender->asked, "%s\n", request);
        struct text rest = {0};
        if (g->heard.len > used) {
            text_add_n(&rest, g->heard.data + used, g->heard.len - used);
        }
        text_done(&g->heard);
        g->heard = rest;
        answer(g, request);
        free(request);
    }
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct guest *g = handle->data;
    (void)wanted;
    *out = uv_buf_init(g->pretender->room, sizeof g->pretender->room);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct guest *g = stream->data;
    if (n < 0) {
        close_guest(g);
    } else if (n > 0) {
        text_add_n(&g->heard, got->base, (size_t)n);
        take_requests(g);
    }
}

static void on_guest(uv_stream_t *door, int status)
{
    struct pretender *p = door->data;
    struct guest *g = mem_new(1, sizeof *g);
    (void)status;
    g->pretender = p;
    g->next = p->guests;
    p->guests = g;
    uv_pipe_init(door->loop, &g->pipe, 0);
    g->pipe.data = g;
    if (uv_accept(door, (uv_stream_t *)&g->pipe) != 0 || (p->cutting && p->sent >= p->cut)) {
        close_guest(g);
    } else {
        uv_read_start((uv_stream_t *)&g->pipe, give_room, on_bytes);
    }
}

struct pretender *pretender_new(uv_loop_t *loop, const char *path, const struct rule *rules)
{
    struct pretender *p = mem_new(1, sizeof *p);
    p->rules = rules;
    uv_pipe_init(loop, &p->door, 0);
    p->door.data = p;
    uv_pipe_bind(&p->door, path);
    uv_listen((uv_stream_t *)&p->door, 64, on_guest);
    return p;
}

static void door_closed(uv_handle_t *handle)
{
    struct pretender *p = handle->data;
    text_done(&p->asked);
    free(p);
}

/* The guests' close callbacks come first: they were closed first. */
void pretender_free(struct pretender *p)
{
    for (struct guest *g = p->guests; g; g = g->next) {
        close_guest(g);
    }
    while (p->guests) {
        uv_run(p->door.loop, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&p->door, door_closed);
}

void pretender_cut(struct pretender *p, size_t bytes)
{
    p->cutting = true;
    p->cut = bytes;
    p->sent = 0;
}

void pretender_say(struct pretender *p, const char *text)
{
    for (struct guest *g = p->guests; g; g = g->next) {
        if (g->stays) {
            send_text(g, text, strlen(text));
        }
    }
}

int pretender_count(const struct pretender *p, const char *request)
{
    int n = 0;
    for (const char *line = text_of(&p->asked); *line; line += strcspn(line, "\n") + 1) {
        n += strncmp(line, request, strlen(request)) == 0;
    }
    return n;
}

size_t pretender_sent(const struct pretender *p)
{
    return p->sent;
}
