/* backends/hcs/pipe.h - an overlapped pipe handle of Windows as a stream on the loop. */
#ifndef BACKENDS_HCS_PIPE_H
#define BACKENDS_HCS_PIPE_H

#include <stdbool.h>
#include <stddef.h>

struct pipe;
struct uv_loop_s;

struct pipe_sink {                                           /* from the loop */
    void (*bytes)(void *user, const char *data, size_t len); /* NULL: it is only written to */
    void (*drained)(void *user);                             /* NULL, or: all that was written has left */
    void (*ended)(void *user);  /* the other side has closed it, or it is broken; only pipe_close is left */
    void (*closed)(void *user); /* the answer to pipe_close: it is gone */
};

/* Takes the handle, also when it fails. NULL: it is no pipe that the loop could wait for. */
struct pipe *pipe_open(struct uv_loop_s *loop, void *handle, const struct pipe_sink *sink, void *user);
void pipe_read(struct pipe *p, bool on); /* begin to read, or stop; it does not read at first */
void pipe_write(struct pipe *p, const char *data, size_t len); /* copies */
/* gently: when the other side has read what was written; else at once. */
void pipe_close(struct pipe *p, bool gently);

#endif
