#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "tests/fake/fake_parts.h"

enum { STEPS = 10 };

struct fake_job { /* an import */
    struct fake *engine;
    struct fake_job *next;
    struct op *op; /* NULL: answered */
    char *name;
    int done; /* of STEPS */
    uv_timer_t timer;
};

void fake_images(struct backend *b, struct op *op)
{
    const struct fake *f = (const struct fake *)b;
    struct image_list *copy = image_list_new();
    for (size_t i = 0; i < f->images->count; i++) {
        image_list_add(copy, &f->images->rows[i]);
    }
    op_finish(op, &(struct answer){.images = copy});
}

/* The images of the cast are there too, though no list shows them: as if they had been removed since. */
bool fake_has_image(const struct fake *f, const char *name)
{
    for (size_t i = 0; i < f->images->count; i++) {
        if (strcmp(f->images->rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void on_job_closed(uv_handle_t *handle)
{
    struct fake_job *job = handle->data;
    struct fake *f = job->engine;
    struct fake_job **link = &f->jobs;
    while (*link != job) {
        link = &(*link)->next;
    }
    *link = job->next;
    free(job->name);
    free(job);
    fake_release(f);
}

static void job_end(struct fake_job *job, const struct error *why)
{
    struct op *op = job->op;
    if (!op) {
        return;
    }
    job->op = NULL;
    uv_close((uv_handle_t *)&job->timer, on_job_closed);
    if (why) {
        op_fail(op, why);
    } else {
        op_finish(op, &(struct answer){.text = mem_string(job->name)});
    }
}

static void on_cancelled(void *data)
{
    struct error why;
    error_set(&why, ERROR_CANCELLED, 0, "the import was cancelled");
    job_end(data, &why);
}

static void on_step(uv_timer_t *timer)
{
    struct fake_job *job = timer->data;
    if (++job->done < STEPS) {
        op_progress(job->op, (uint64_t)job->done << 20, (uint64_t)STEPS << 20, "unpacking layers");
        return;
    }
    image_list_add(job->engine->images, &(struct image){.name = job->name,
                                                        .id = job->name,
                                                        .command = "sh",
                                                        .os = "linux",
                                                        .size = (uint64_t)STEPS << 20});
    job_end(job, NULL);
}

void fake_image_import(struct backend *b, struct op *op, const char *name, const char *path)
{
    struct fake *f = (struct fake *)b;
    struct error why;
    if (access(path, R_OK) < 0) {
        error_set(&why, ERROR_NOT_FOUND, 0, "cannot import %s: there is no file %.200s", name, path);
        op_fail(op, &why);
        return;
    }
    struct fake_job *job = mem_new(1, sizeof *job);
    *job = (struct fake_job){.engine = f, .next = f->jobs, .op = op, .name = mem_string(name)};
    f->jobs = job;
    fake_timer_init(f, &job->timer, job);
    op_on_cancel(op, on_cancelled, job);
    uv_timer_start(&job->timer, on_step, 0, (uint64_t)f->options.slow / STEPS + 1);
}

void fake_image_remove(struct backend *b, struct op *op, const char *name)
{
    struct fake *f = (struct fake *)b;
    struct error why;
    for (size_t i = 0; i < f->n_containers; i++) {
        if (!f->containers[i]->gone && strcmp(f->containers[i]->record.image, name) == 0) {
            error_set(&why, ERROR_CONFLICT, 0,
                      "cannot remove the image %s: %s was made from it; remove that first", name,
                      f->containers[i]->record.name);
            op_fail(op, &why);
            return;
        }
    }
    if (!fake_has_image(f, name)) {
        error_set(&why, ERROR_NOT_FOUND, 0, "cannot remove the image %.64s: there is none of that name",
                  name);
        op_fail(op, &why);
        return;
    }
    struct image_list *kept = image_list_new();
    for (size_t i = 0; i < f->images->count; i++) {
        if (strcmp(f->images->rows[i].name, name) != 0) {
            image_list_add(kept, &f->images->rows[i]);
        }
    }
    image_list_free(f->images);
    f->images = kept;
    op_succeed(op);
}

void fake_jobs_close(struct fake *f)
{
    struct error why;
    fake_cancelled(&why);
    for (struct fake_job *job = f->jobs; job; job = job->next) {
        job_end(job, &why);
    }
}
