#include "backends/hcs/pipe.h"

#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"

struct pipe {
    uv_pipe_t stream;
    const struct pipe_sink *sink;
    void *user;
    uv_shutdown_t shutdown;
    bool ended, closing;
};

struct written {
    uv_write_t request;
    char data[];
};

static void on_useless_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct pipe *pipe_open(struct uv_loop_s *loop, void *handle, const struct pipe_sink *sink, void *user)
{
    int fd = _open_osfhandle((intptr_t)handle, O_BINARY);
    if (fd < 0) {
        CloseHandle(handle);
        return NULL;
    }
    struct pipe *p = mem_new(1, sizeof *p);
    uv_pipe_init(loop, &p->stream, 0);
    if (uv_pipe_open(&p->stream, fd) != 0) {
        _close(fd);
        p->stream.data = p;
        uv_close((uv_handle_t *)&p->stream, on_useless_closed);
        return NULL;
    }
    p->stream.data = p;
    p->sink = sink;
    p->user = user;
    return p;
}

static void end(struct pipe *p)
{
    if (!p->ended && !p->closing) {
        p->ended = true;
        p->sink->ended(p->user);
    }
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(mem_new(1, suggested), (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct pipe *p = stream->data;
    if (n > 0 && !p->closing) {
        p->sink->bytes(p->user, buf->base, (size_t)n);
    } else if (n < 0) {
        uv_read_stop(stream);
        end(p);
    }
    free(buf->base);
}

void pipe_read(struct pipe *p, bool on)
{
    if (p->ended || p->closing) {
        return;
    }
    if (!on) {
        uv_read_stop((uv_stream_t *)&p->stream);
    } else if (uv_read_start((uv_stream_t *)&p->stream, give_buffer, on_read) != 0 &&
               !uv_is_active((uv_handle_t *)&p->stream)) {
        end(p);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct pipe *p = request->handle->data;
    free(request);
    if (status < 0) {
        end(p);
    } else if (!p->closing && p->sink->drained &&
               uv_stream_get_write_queue_size((uv_stream_t *)&p->stream) == 0) {
        p->sink->drained(p->user);
    }
}

void pipe_write(struct pipe *p, const char *data, size_t len)
{
    if (p->ended || p->closing) {
        return;
    }
    struct written *w = mem_new(1, sizeof *w + len);
    memcpy(w->data, data, len);
    uv_buf_t buf = uv_buf_init(w->data, (unsigned)len);
    if (uv_write(&w->request, (uv_stream_t *)&p->stream, &buf, 1, on_written) != 0) {
        free(w);
        end(p);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct pipe *p = handle->data;
    p->sink->closed(p->user);
    free(p);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    struct pipe *p = request->handle->data;
    (void)status;
    if (!uv_is_closing((uv_handle_t *)&p->stream)) {
        uv_close((uv_handle_t *)&p->stream, on_closed);
    }
}

void pipe_close(struct pipe *p, bool gently)
{
    uv_stream_t *stream = (uv_stream_t *)&p->stream;
    bool first = !p->closing;
    p->closing = true;
    if (first && gently && !p->ended && uv_shutdown(&p->shutdown, stream, on_shutdown) == 0) {
        return;
    }
    if ((first || !gently) && !uv_is_closing((uv_handle_t *)stream)) {
        uv_close((uv_handle_t *)stream, on_closed);
    }
}
