/* core/console.h - a stream of bytes to and from a process in a container. */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum console_kind {
    CONSOLE_LOGS,   /* what the container's first process has printed, and prints */
    CONSOLE_ATTACH, /* its console, live */
    CONSOLE_EXEC    /* one more process in it */
};

enum console_stream { CONSOLE_OUT, CONSOLE_ERR };

struct console_spec { /* borrowed for the call */
    enum console_kind kind;
    const char *const *argv;    /* NULL-ended; CONSOLE_EXEC only. NULL there: the container's best shell */
    const char *const *env;     /* NULL-ended, added to the container's; CONSOLE_EXEC only */
    const char *workdir, *user; /* NULL: the container's; CONSOLE_EXEC only */
    bool terminal;              /* CONSOLE_EXEC only; attach takes what the container has */
    bool input;                 /* will anything be written? */
    int rows, cols;             /* of the terminal; 0 unknown */
    int64_t tail;               /* CONSOLE_LOGS: so many old lines first; -1 all */
    int64_t since, until;       /* CONSOLE_LOGS: ms since 1970; 0 no bound */
    bool follow;                /* CONSOLE_LOGS: go on with what comes */
    bool stamps;                /* CONSOLE_LOGS: tell when each line was printed, if it costs something */
    bool replay;                /* CONSOLE_ATTACH: first the last screenful that was printed, then live() */
};

struct console_sink { /* what the owner hears, always from the loop, never from inside a call */
    /* It is open: from here on nothing is lost. May be NULL. */
    void (*opened)(void *user);
    /* when: CONSOLE_LOGS: the moment at which it was printed, ms since 1970; 0: it was not asked for
     * (stamps), or there is none */
    void (*bytes)(void *user, enum console_stream stream, int64_t when, const char *data, size_t len);
    /* The replay that the spec asked for has ended: all bytes until now were printed before, and whoever they
     * asked something has had his answer or has given up; the bytes that follow are printed now. Told once,
     * after opened(), also when there was nothing to replay, unless the stream ends before; never without
     * `replay`. An engine that cannot tell where its replay ends tells it late rather than early. May be
     * NULL. */
    void (*live)(void *user);
    /* All that was written has left. May be NULL. */
    void (*drained)(void *user);
    /* The stream has ended: exit_code of the process (-1: none, as for logs or when the connection was lost),
     * why: NULL when it went well. Nothing more is heard; the console is gone. */
    void (*closed)(void *user, const struct error *why, int exit_code);
};

struct console; /* an open one */

struct console_type { /* what a kind of stream can do; implemented by engines */
    void (*write)(struct console *, const char *data, size_t len);
    void (*end_input)(struct console *);
    void (*hold)(struct console *, bool hold);
    void (*resize)(struct console *, int rows, int cols);
    void (*signal)(struct console *, int number);
    void (*close)(struct console *);
};

struct console { /* engines embed it first */
    const struct console_type *type;
    const struct console_sink *sink;
    void *user;
};

/* For owners. */
void console_write(struct console *c, const char *data,
                   size_t len); /* copies; drained() tells when it left */
void console_end_input(struct console *c);
void console_hold(struct console *c, bool hold); /* stop reading, or go on: back-pressure up to the process */
void console_resize(struct console *c, int rows, int cols);
void console_signal(struct console *c, int number); /* to the process; what cannot is silent */
void console_close(
    struct console *c); /* detach: the process goes on; nothing more is heard, the console is gone */

#endif
