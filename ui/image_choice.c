#include "ui/image_choice.h"

#include <string.h>

static void answered(void *user, struct answer *answer)
{
    struct image_choice *c = user;
    c->op = NULL;
    c->list = answer->images;
    answer->images = NULL;
    c->told(c->user);
}

void image_choice_done(struct image_choice *c)
{
    if (c->op) {
        op_cancel(c->op);
    }
    image_list_free(c->list);
    *c = (struct image_choice){0};
}

void image_choice_ask(struct image_choice *c, struct session *s, int engine, void (*told)(void *user),
                      void *user)
{
    image_choice_done(c);
    c->told = told;
    c->user = user;
    if (engine >= 0) {
        c->op = session_images(s, engine, answered, c);
    }
}

bool image_choice_asking(const struct image_choice *c)
{
    return c->op != NULL;
}

size_t image_choice_count(const struct image_choice *c)
{
    return c->list ? c->list->count : 0;
}

size_t image_choice_place(const struct image_choice *c, const char *name)
{
    size_t n = image_choice_count(c), i = 0;
    while (i < n && strcmp(c->list->rows[i].name, name) != 0) {
        i++;
    }
    return i;
}

const struct image *image_choice_at(const struct image_choice *c, size_t place)
{
    return place < image_choice_count(c) ? &c->list->rows[place] : NULL;
}

const struct image *image_choice_step(const struct image_choice *c, const char *name, int by)
{
    size_t n = image_choice_count(c), at = image_choice_place(c, name);
    if (n == 0) {
        return NULL;
    }
    return image_choice_at(c, at == n ? 0 : (at + n + (size_t)(by + (int)n)) % n);
}
