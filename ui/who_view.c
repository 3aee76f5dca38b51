/* Who is that? One process of the host, and what it has to do with which container: one reading of the host's
 * table, then one sentence with the facts below it. */
#include <stdio.h>
#include <stdlib.h>

#include "core/hostmap.h"
#include "core/memory.h"
#include "core/op.h"
#include "core/sizes.h"
#include "core/text.h"
#include "core/whois.h"
#include "ui/app.h"
#include "ui/paragraph.h"
#include "ui/views.h"

enum { WIDTH = 84, HEIGHT = 13 };

struct who_view {
    struct view view;
    uint32_t asked; /* the number that was typed: a process, or a thread of `pid` */
    uint32_t pid;
    struct op *op;        /* while the host is being read */
    struct whois *search; /* while containers are being asked */
    struct host_table *host;
    struct who who;
    struct error why; /* of a reading that failed */
};

static void found(void *user, const struct who *who)
{
    struct who_view *w = user;
    w->search = NULL;
    w->who = *who;
    app_redraw(w->view.app, &w->view);
}

static void find(struct who_view *w)
{
    struct model *m = app_model(w->view.app);
    size_t n = 0;
    size_t cursor = 0;
    const struct container *c;
    const struct container **all = mem_new(model_count(m), sizeof(const struct container *));
    struct host_source *asked = app_host(w->view.app, 0);
    if (!host_table_find(w->host, w->pid) && asked && asked->process_of_thread) {
        uint32_t process = asked->process_of_thread(asked, w->pid);
        w->pid = process ? process : w->pid;
    }
    while ((c = model_next(m, &cursor))) {
        if (app_host(w->view.app, c->id) == asked) { /* pids of other machines mean nothing here */
            all[n++] = c;
        }
    }
    w->who = hostmap_who(w->pid, w->host, all, n);
    free(all);
    if (w->who.relation == RELATION_HOST) {
        w->search =
            whois_new(app_session(w->view.app), w->pid, w->host, app_host(w->view.app, 0), asked, found, w);
    }
}

static void told(void *user, struct answer *answer)
{
    struct who_view *w = user;
    w->op = NULL;
    w->why = answer->why;
    if (answer->host) {
        w->host = answer->host;
        answer->host = NULL;
        find(w);
    }
    app_redraw(w->view.app, &w->view);
}

static const char *name_of(const struct container *c)
{
    return c->name ? c->name : c->key;
}

static void sentence(const struct who_view *w, struct text *out)
{
    char remark[HOSTMAP_REMARK];
    const struct container *c = model_get(app_model(w->view.app), w->who.container);
    const char *of = c ? name_of(c) : "a container that is gone";
    if (w->asked != w->pid) {
        text_addf(out, "%u is a thread of process %u. ", w->asked, w->pid);
    }
    switch (w->who.relation) {
    case RELATION_NONE:
        text_addf(out, "The host has no process %u.", w->pid);
        break;
    case RELATION_HOST:
        text_addf(out, "Process %u belongs to no container: it is the host's own.", w->pid);
        break;
    case RELATION_UNLISTED:
        text_addf(out, "Process %u is in container %.12s, which no engine here knows: its cgroup says so.",
                  w->pid, w->who.unlisted);
        break;
    case RELATION_PROCESS:
        text_addf(out, "Process %u runs inside %s", w->pid, of);
        if (w->who.container_pid) {
            text_addf(out, ", where it is process %u", w->who.container_pid);
        }
        text_addf(out, ".%s", hostmap_who_remark(&w->who, remark, sizeof remark));
        break;
    case RELATION_WORKER:
        text_addf(out, "Process %u is the VM of %s: what runs inside cannot be seen from the host.", w->pid,
                  of);
        break;
    case RELATION_MEMORY:
        text_addf(out, "Process %u stands for the memory of %s's VM.", w->pid, of);
        break;
    case RELATION_KEEPER:
        text_addf(out, "Process %u keeps %s: it holds its console, log and exit code.", w->pid, of);
        break;
    case RELATION_NETWORK:
        text_addf(out, "Process %u moves the packets of %s: its way out, and its published ports.", w->pid,
                  of);
        break;
    }
}

static int fact(struct canvas *c, struct rect r, int row, const char *label, const char *value)
{
    if (!value || !*value || row >= r.row + r.rows) {
        return row;
    }
    canvas_text(c, row, r.col, 11, STYLE_QUIET, label);
    canvas_text(c, row, r.col + 12, r.cols - 12, STYLE_TEXT, value);
    return row + 1;
}

static void draw_facts(const struct who_view *w, struct canvas *c, struct rect r, int row)
{
    char text[SIZE_TEXT];
    char parent[96];
    const struct host_process *p = host_table_find(w->host, w->pid);
    if (!p) {
        return;
    }
    const struct host_process *above = host_table_find(w->host, p->parent);
    snprintf(parent, sizeof parent, "%u  %.60s", p->parent, above && above->name ? above->name : "");
    row = fact(c, r, row, "name", p->name);
    row = fact(c, r, row, "command", p->command);
    row = fact(c, r, row, "user", p->user);
    row = fact(c, r, row, "parent", p->parent ? parent : NULL);
    fact(c, r, row, "memory", p->memory ? size_print(text, p->memory) : NULL);
}

static void draw_body(const struct who_view *w, struct canvas *c, struct rect r)
{
    struct text words = {0};
    if (w->op) {
        canvas_text(c, r.row, r.col, r.cols, STYLE_QUIET, "Reading the host's processes …");
        return;
    }
    if (w->search) {
        canvas_text(c, r.row, r.col, r.cols, STYLE_QUIET, "Asking the containers …");
        return;
    }
    if (!w->host) {
        paragraph_draw(c, r, STYLE_ERROR, w->why.text);
        return;
    }
    sentence(w, &words);
    int row = r.row + paragraph_draw(c, r, STYLE_STRONG, text_of(&words)) + 1;
    draw_facts(w, c, r, row);
    if (w->host->missing && w->who.relation == RELATION_NONE) {
        struct rect below = {row, r.col, r.row + r.rows - row, r.cols};
        paragraph_draw(c, below, STYLE_QUIET, w->host->missing);
    }
    text_done(&words);
}

static void draw(struct view *v, struct canvas *c, struct rect r, bool focused, bool all)
{
    char title[32];
    struct who_view *w = (struct who_view *)v;
    int cols = r.cols < WIDTH ? r.cols : WIDTH;
    int rows = r.rows < HEIGHT ? r.rows : HEIGHT;
    struct rect box = {r.row + (r.rows - rows) / 3, r.col + (r.cols - cols) / 2, rows, cols};
    (void)focused;
    (void)all;
    snprintf(title, sizeof title, "Who is %u?", w->asked);
    canvas_fill(c, box, STYLE_TEXT);
    canvas_box(c, box, STYLE_QUIET, title);
    draw_body(w, c, (struct rect){box.row + 2, box.col + 3, rows - 3, cols - 6});
}

static bool key(struct view *v, const struct key *k)
{
    struct who_view *w = (struct who_view *)v;
    struct app *app = v->app;
    container_id id = w->who.container;
    if (k->code == 'q') {
        app_pop(app);
        return true;
    }
    if (k->code == KEY_CODE_ENTER && !w->op && !w->search) {
        app_pop(app); /* w is gone */
        if (id) {
            app_show_container(app, id);
        }
        return true;
    }
    return false;
}

static const char *const *keys(struct view *v)
{
    static const char *const words[] = {"Enter", "its host map", NULL};
    return ((struct who_view *)v)->who.container ? words : NULL;
}

static void show(struct view *v, container_id id, bool visible)
{
    (void)v;
    (void)id;
    (void)visible;
}

static void who_view_free(struct view *v)
{
    struct who_view *w = (struct who_view *)v;
    if (w->op) {
        op_cancel(w->op);
    }
    whois_cancel(w->search);
    host_table_free(w->host);
    free(w);
}

static const struct view_type type = {
    .title = "Who", .draw = draw, .key = key, .show = show, .keys = keys, .free = who_view_free};

struct view *who_view_new(struct app *a, uint32_t pid)
{
    struct who_view *w = mem_new(1, sizeof *w);
    struct host_source *host = app_host(a, 0);
    w->view = (struct view){&type, a};
    w->asked = w->pid = pid;
    if (host) {
        w->op = op_new(app_loop(a), told, w);
        host->read(host, w->op);
    } else {
        error_set(&w->why, ERROR_UNSUPPORTED, 0, "The host's processes cannot be read on this system.");
    }
    return &w->view;
}
