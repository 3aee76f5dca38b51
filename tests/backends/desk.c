#include "tests/backends/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/docker/docker.h"
#include "core/memory.h"

static void on_alarm(uv_timer_t *timer)
{
    ((struct desk *)timer->data)->late = true;
}

void desk_begin_waiting(struct desk *k, unsigned ms)
{
    k->late = false;
    uv_timer_start(&k->alarm, on_alarm, ms, 0);
}

void desk_turn_for(struct desk *k, unsigned ms)
{
    desk_begin_waiting(k, ms);
    while (!k->late) {
        uv_run(&k->loop, UV_RUN_ONCE);
    }
}

struct desk *desk_new(void)
{
    struct desk *k = mem_new(1, sizeof *k);
    uv_loop_init(&k->loop);
    uv_timer_init(&k->loop, &k->alarm);
    k->alarm.data = k;
    return k;
}

void desk_free(struct desk *k)
{
    uv_close((uv_handle_t *)&k->alarm, NULL);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&k->loop), 0); /* nothing is left behind */
    if (k->folder[0]) {
        unlink(k->address + strlen("unix://"));
        rmdir(k->folder);
    }
    free(k);
}

void desk_place(struct desk *k)
{
    snprintf(k->folder, sizeof k->folder, "/tmp/porthole-pretender-XXXXXX");
    assert_non_null(mkdtemp(k->folder));
    snprintf(k->address, sizeof k->address, "unix://%s/docker.sock", k->folder);
}

void desk_open(struct desk *k, const char *address)
{
    k->closed = false;
    k->model = model_new(NULL, NULL);
    k->session = session_new(&k->loop, k->model, NULL, NULL, true);
    session_add(k->session, &docker_backend, address);
}

static void on_closed(void *user)
{
    ((struct desk *)user)->closed = true;
}

void desk_close(struct desk *k)
{
    session_close(k->session, on_closed, k);
    DESK_UNTIL(k, k->closed);
    model_free(k->model);
    k->session = NULL;
}

const struct engine *desk_engine(const struct desk *k)
{
    return session_engine(k->session, 0);
}

const struct container *desk_listed(struct desk *k, const char *key)
{
    DESK_UNTIL(k, desk_engine(k)->listed);
    const struct container *c = model_find_key(k->model, key);
    assert_non_null(c);
    return c;
}

const struct container *desk_named(const struct desk *k, const char *name)
{
    const struct container *c;
    for (size_t cursor = 0; (c = model_next(k->model, &cursor));) {
        if (c->name && strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

void desk_answered(void *user, struct answer *answer)
{
    struct desk_answer *a = user;
    *a = (struct desk_answer){.done = true,
                              .why = answer->why,
                              .text = answer->text,
                              .remark = answer->remark,
                              .table = answer->processes,
                              .images = answer->images};
    answer->text = answer->remark = NULL;
    answer->processes = NULL;
    answer->images = NULL;
}

void desk_answer_done(struct desk_answer *a)
{
    free(a->text);
    free(a->remark);
    process_table_free(a->table);
    image_list_free(a->images);
    *a = (struct desk_answer){0};
}
