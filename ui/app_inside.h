/* ui/app_inside.h - the interface from inside: only for app*.c. What views may use is in app.h. */
#ifndef UI_APP_INSIDE_H
#define UI_APP_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/app.h"
#include "ui/bindings.h"
#include "ui/canvas.h"
#include "ui/detail.h"
#include "ui/frame.h"
#include "ui/jobs.h"
#include "ui/layout.h"
#include "ui/prompt.h"
#include "ui/screen.h"
#include "ui/theme.h"
#include "ui/wake.h"

struct uv_timer_s;

enum part { /* what the next frame has to draw */
            PART_HEAD = 1u << 0,
            PART_LIST = 1u << 1,
            PART_TABS = 1u << 2,
            PART_DETAIL = 1u << 3,
            PART_STATUS = 1u << 4,
            PART_OVERLAY = 1u << 5,
            PART_ALL = 1u << 6,
            PART_DETAIL_ALL = 1u << 7 /* another container is shown there */
};

enum focus { FOCUS_LIST, FOCUS_DETAIL };

enum { OVERLAYS_MAX = 8, MESSAGE_ROOM = 512, MESSAGE_ROWS = 4 };

struct sampling {      /* what is asked of the engines */
    container_id *ids; /* those of the list */
    size_t n, room;
    unsigned fields;
    container_id watched; /* all of the usage of this one, too; 0 none */
};

enum taker_kind { TAKER_ACTIONS, TAKER_PROMPT, TAKER_VIEW, TAKER_CONSOLE };

struct taker {       /* of what is typed */
    const void *who; /* NULL: nobody, keys are actions */
    unsigned serial; /* which of his questions */
    enum taker_kind kind;
};

enum { IGNORE_ROOM = 512 };

struct ignore {         /* keys that were meant for somebody who has gone */
    struct taker taker; /* as the last key, or the last frame, left it */
    bool now;
    bool burst; /* what has been typed already is ignored */
    char words[IGNORE_ROOM];
    container_id selected, acted; /* under the cursor when the last key came; that we acted on last */
    struct uv_timer_s *pause;
};

struct awaited { /* a container that was launched and has not been seen yet */
    char *key;   /* NULL: none */
    bool console, map;
    container_id old;    /* that it is to take the place of; 0 none */
    enum isolation mode; /* and in which it was asked for */
};

struct app {
    struct app_parts parts;
    struct model *model;
    struct screen *screen;
    struct canvas *canvas;
    struct frame *frame;
    struct wake *wake;
    struct theme theme;
    struct bindings *bindings;
    struct model_watch *watch;
    struct uv_timer_s *ticker, *patience; /* patience: how long the first frame waits for the lists */

    struct view *list;
    struct detail *detail;
    struct view *overlays[OVERLAYS_MAX];
    size_t n_overlays;
    struct prompt *prompt;
    struct jobs *jobs;

    struct layout layout;
    unsigned dirty; /* enum part */
    enum focus focus;
    bool zoomed;
    bool ready; /* the first frame may be drawn */
    bool resized;
    bool ascii;
    char message[MESSAGE_ROOM];
    bool message_error;
    /* containers, for the header; those that are hidden as none are not counted */
    size_t total, running, restarting;
    struct op *image_op; /* names of images, for the empty screen */
    char *images;
    struct awaited awaited;
    struct sampling sampling;
    container_id renaming;      /* which one is being given a name */
    container_id before_filter; /* where the cursor was when the filter began to be typed */
    bool shells;                /* one was opened: quitting may end it */
    struct ignore ignore;

    bool quitting, suspended;
    int code; /* to exit with */
};

/* app.c */
void app_quit(struct app *a, int code);
void app_ready(struct app *a); /* draw the first frame now */

/* The cursor goes to that container; what hides its row is taken away, and said. False, and said: it has no
 * row, and the cursor stays. */
bool app_reveal(struct app *a, container_id id);

/* app_draw.c */
void app_draw(void *user);
void app_follow(struct app *a); /* the tab in front shows the selected container */
void app_dirty(struct app *a, unsigned parts);
void app_count(struct app *a);             /* containers, for the header */
struct rect app_body(const struct app *a); /* between header and bottom line */

/* app_hints.c */
struct status_line;
void app_hints(struct app *a, struct status_line *s);

/* app_input.c */
void app_wake(void *user, enum wake_event event, int signal);
struct view *app_focused(const struct app *a); /* the overlay on top, else the pane with the focus */
bool app_typing(const struct app *a);          /* keys belong to a program in a container */
void app_focus(struct app *a, enum focus focus);
void app_read_keys(struct app *a); /* those that wait */

/* app_ignore.c */
void app_ignore_look(struct app *a); /* has the taker of what is typed changed by itself? */
bool app_ignore_key(struct app *a, const struct key *k); /* true: it is to be ignored */
void app_ignore_settle(struct app *a); /* a key has been obeyed: what it did was asked for */
bool app_ignore_moved(struct app *a);  /* true, and said: the cursor is at another container by itself */

/* app_acts.c */
void app_rename(struct app *a, container_id id);
void app_act(struct app *a, const struct action *action, const container_id *ids,
             size_t n); /* asks first if need be */

/* app_launch.c */
void app_relaunch(struct app *a, container_id id);
void app_demo(struct app *a);
void app_import(struct app *a);
void app_await_changes(struct app *a); /* has what was launched been seen? */
void app_ask_images(struct app *a);

/* Rows at the bottom that what was said takes: 1, or up to MESSAGE_ROWS for a long sentence. */
int app_message_rows(const struct app *a);
void app_say_nothing(struct app *a); /* what was said has been read */

#endif
