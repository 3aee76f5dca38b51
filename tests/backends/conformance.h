/* tests/backends/conformance.h - what core/backend.h asks of every engine, as one suite that runs on any of
 * them.
 *
 * The commands that it launches are real ones (sh, sleep, cat, stty, head of the image), so that the same
 * suite runs on pretended and on real containers. Each test opens the engine anew and removes what it has
 * launched.
 */
#ifndef TESTS_BACKENDS_CONFORMANCE_H
#define TESTS_BACKENDS_CONFORMANCE_H

#include "core/backend.h"

enum ability { /* what an engine may lack here and now; tests of what it lacks are skipped */
               CAN_PAUSE = 1,
               CAN_MEASURE = 2, /* memory, not only the number of processes */
               CAN_SURVIVE = 4, /* containers live on when the engine is closed */
               CAN_ALL = 7,
               HAS_LATE_SIZE = 8,  /* no ability: a terminal has its size only from the first resize on */
               KEEPS_CONSOLES = 16 /* no ability: consoles stay attached while it restarts */
};

struct conformance_words { /* how the containers of an engine spell what the suite runs in them, and what they
                              answer */
    const char *streams;   /* prints "out " and $GREETING to one stream, "err" to the other; ends with 4 */
    const char *cat;       /* copies its input */
    const char *idle;      /* runs until it is stopped */
    const char *no_command, *not_runnable;
    const char *size; /* prints its size, waits for a line, prints its size and the line */
    const char *size_24x80, *size_31x97;
    const char *shell_line, *shell_answer; /* typed into the shell; only the answer has these words */
    const char *flood;                     /* prints 5000000 bytes */
    const char *line_end;
    int signalled, killed; /* exit codes of a process after TERM, and after its container's end */
};

struct conformance {
    const struct backend_type *type;
    const char *address;
    const char *image; /* has sh, sleep, cat, stty, head; NULL: what is launched does not stay when it ends,
                          and is not tested here */
    const char *given; /* then: the name of a container that runs */
    const struct conformance_words *words; /* NULL: those of a Unix */
    unsigned abilities;
    enum isolation isolation; /* to launch with; ISOLATION_UNKNOWN: the default */
};

/* Runs the suite; returns how many tests failed. name: for the report. */
int conformance_run(const char *name, const struct conformance *subject);

#endif
