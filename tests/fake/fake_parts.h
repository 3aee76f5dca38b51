/* tests/fake/fake_parts.h - what the files of the fake engine share.
 *
 * fake.c holds the engine: life, what it tells, verbs, launches. fake_cast.c: the containers that are there
 * at first, and the process tables of all. fake_console.c: consoles and logs. fake_images.c: images.
 * fake_host.c: the host.
 */
#ifndef TESTS_FAKE_FAKE_PARTS_H
#define TESTS_FAKE_FAKE_PARTS_H

#include <uv.h>

#include "core/backend.h"
#include "core/host.h"
#include "core/image.h"
#include "tests/fake/fake.h"
#include "tests/fake/fake_shell.h"

enum { FAKE_PIDS_FROM = 20000, FAKE_PIDS = 100 }; /* each container has so many host pids to itself */

struct fake;
struct fake_console;
struct fake_job;

struct fake_chunk { /* a piece of the log */
    int64_t when;
    enum console_stream stream;
    char *data;
    size_t len;
};

struct fake_container {
    struct fake *engine;
    int number;
    struct container record; /* owned, as container_assign makes it */
    struct launch_spec spec;
    struct fake_shell *shell; /* its first process; NULL: it does not run */
    int extra;                /* processes besides the first, pretended */
    unsigned dirty;           /* fields to tell */
    bool killed;              /* the stop's time was over */
    bool gone;
    uv_timer_t timer; /* of a stop: time to kill */
    struct op *stopping;
    bool again; /* the stop is that of a restart */
    struct fake_chunk *log;
    size_t log_len, log_room, log_bytes;
};

struct fake_options {
    int containers, slow, stop, offline;
    unsigned seed;
    bool live, refuse, novm, lost;
};

struct fake {
    struct backend base;
    struct fake_options options;
    struct fake *next_open; /* list of all open ones, which the fake host looks at */
    struct fake_container **containers;
    size_t n_containers, containers_room;
    int last_number;
    struct image_list *images;
    uv_timer_t voice, sampler, fault; /* voice: tells what has changed */
    bool must_open, must_list, is_online, has_listed, closing;
    int holds; /* handles that must be closed before it is gone */
    struct op *close_op;
    char **sampled;
    size_t n_sampled;
    unsigned sampled_fields, ticks;
    struct fake_console *consoles;
    struct fake_job *jobs;
};

struct fake_container *fake_find(struct fake *f, const char *key);
struct fake_container *fake_add(struct fake *f, const struct launch_spec *spec);
void fake_change(struct fake_container *c, unsigned fields);
void fake_end_stop(struct fake_container *c, const struct error *why);
void fake_speak(struct fake *f);                                     /* soon */
void fake_timer_init(struct fake *f, uv_timer_t *timer, void *data); /* holds the engine until fake_release */
void fake_release(void *engine);
int fake_cancelled(struct error *e);
void fake_run(struct fake_container *c);
int fake_no_container(struct error *e, const char *what, const char *key);
bool fake_has_image(const struct fake *f, const char *name);
const struct fake *fake_open_ones(void);

/* fake_cast.c */
void fake_cast(struct fake *f);
void fake_usage(const struct fake *f, struct container *record, int number);
struct process_table *fake_table(const struct fake_container *c);
void fake_log(struct fake_container *c, enum console_stream stream, int64_t when, const char *data,
              size_t len);

/* fake_acts.c: questions about one container, and launches */
void fake_processes(struct backend *b, struct op *op, const char *key);
void fake_act(struct backend *b, struct op *op, const char *key, enum verb verb,
              const struct act_options *options);
void fake_rename(struct backend *b, struct op *op, const char *key, const char *name);
void fake_inspect(struct backend *b, struct op *op, const char *key);
void fake_launch(struct backend *b, struct op *op, const struct launch_spec *spec);
bool fake_spec_of(struct backend *b, const char *key, struct launch_spec *out);

/* fake_console.c */
struct console *fake_console(struct backend *b, const char *key, const struct console_spec *spec,
                             const struct console_sink *sink, void *user);
bool fake_consoles_output(struct fake_container *c, enum console_stream stream, const char *data, size_t len);
void fake_consoles_ended(struct fake_container *c, int code); /* its first process */
void fake_consoles_close(struct fake *f);

/* fake_images.c */
void fake_images(struct backend *b, struct op *op);
void fake_image_import(struct backend *b, struct op *op, const char *name, const char *path);
void fake_image_remove(struct backend *b, struct op *op, const char *name);
void fake_jobs_close(struct fake *f);

#endif
