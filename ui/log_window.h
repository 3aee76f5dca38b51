/* ui/log_window.h - which lines of a log are in a window, and drawing them: wrapped or moved sideways, with
 * or without the time, standard error marked. */
#ifndef UI_LOG_WINDOW_H
#define UI_LOG_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/loglines.h"
#include "ui/canvas.h"

struct log_window {
    bool follow; /* it shows the end, whatever comes */
    bool times, wrap;
    uint64_t line;  /* the first one shown, while it does not follow */
    int part;       /* the first row of that line that is shown, when it is wrapped */
    int skip;       /* columns moved to the left, when lines are not wrapped */
    int rows, cols; /* as last drawn */
};

/* Moves by rows (up is negative); the end of the log makes it follow again. */
void log_window_move(struct log_window *w, const struct loglines *l, long rows);
void log_window_home(struct log_window *w, const struct loglines *l);
void log_window_reveal(struct log_window *w, const struct loglines *l, uint64_t line); /* to the middle */
void log_window_turn_wrap(struct log_window *w);

/* needle NULL: nothing is marked. */
void log_window_draw(struct log_window *w, const struct loglines *l, const char *needle, struct canvas *c,
                     struct rect r);

#endif
