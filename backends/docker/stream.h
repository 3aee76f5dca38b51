/* backends/docker/stream.h - a console: attach, exec and logs, each a connection that becomes a stream of
 * bytes.
 *
 *     docker_console -> (what must be known first) -> the connection -> opened -> bytes ... -> (how did it
 * end?) -> closed
 *
 * stream.c has the life of it, and the bytes; stream_begin.c how each kind begins; stream_end.c how it ends:
 * the stream of an exec, or of a container, just stops, and the exit code is told elsewhere, by an event or
 * an inspect.
 */
#ifndef BACKENDS_DOCKER_STREAM_H
#define BACKENDS_DOCKER_STREAM_H

#include "backends/docker/engine.h"
#include "backends/docker/frames.h"
#include "backends/json.h"

enum { EXEC_ID = 64 + 1 };

struct stream {
    struct console console;
    struct docker *docker;
    struct stream *next, **at;
    enum console_kind kind;
    char key[API_KEY], exec_id[EXEC_ID];

    char **argv, **env; /* of an exec; argv NULL: the best shell */
    char *workdir, *user;
    bool tty, input, follow, replay;
    bool stamped;   /* logs, with the moment before each message */
    int rows, cols; /* wished for; 0 unknown */
    int64_t tail, since, until;

    struct call *step;   /* a question on the way; NULL none */
    struct call *sizing; /* a resize under way */
    int sent_rows, sent_cols;
    struct http_exchange *exchange; /* the stream of bytes */
    int status;
    struct text refusal; /* the engine's words, when it did not open */
    struct text system;  /* and those in the stream */

    bool connected; /* bytes go through */
    bool opened;    /* and the owner has heard so */
    bool held, replaying, wants_drained;
    bool end_of_input, input_ended; /* wished for; done */
    struct text early; /* input that waits: for the connection, or for a resize that came before it */
    struct frames frames;
    struct stamps stamps[2];
    struct text suspect; /* the first output of an exec: it may be a runtime's words why nothing was run */
    bool judged;

    bool over; /* no more bytes will come */
    bool has_code;
    int code, tries;
    uint32_t pid;        /* of an exec, as the engine's host numbers it; 0 unknown */
    int signal;          /* to be sent when it is known; 0 none */
    bool ending, closed; /* it will be told; the owner hears nothing any more */
    struct error why;
    uv_timer_t timer;
    void (*on_timer)(struct stream *);
};

/* stream.c */

void stream_end(struct stream *s, const struct error *why,
                int exit_code); /* closed() follows in the next turn */
void stream_later(struct stream *s, unsigned ms, void (*on_timer)(struct stream *));
void stream_opened(struct stream *s); /* tells the owner, once */
void stream_send(struct stream *s);   /* the input that waits, unless it must wait on */
void stream_resize(struct stream *s);
void stream_output(struct stream *s, const char *data, size_t len); /* bytes of the connection */
const char *stream_name(const struct stream *s);

/* A question of the stream's own; it is cancelled with it. path is taken over. */
void stream_ask(struct stream *s, struct call **slot, const char *method, char *path, const char *body,
                size_t limit, void (*then)(struct stream *, const struct reply *));

/* stream_begin.c */

void stream_begin(struct stream *s);

/* stream_end.c */

void stream_over(struct stream *s, const struct error *why); /* the connection has ended */

#endif
