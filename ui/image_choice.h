/* ui/image_choice.h - the images of an engine, to choose one by its name. Knows no screen. */
#ifndef UI_IMAGE_CHOICE_H
#define UI_IMAGE_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/image.h"
#include "core/session.h"

struct image_choice { /* {0} knows none */
    struct op *op;    /* while they are being asked for */
    struct image_list *list;
    void (*told)(void *user);
    void *user;
};

/* Forgets what is known and asks an engine (-1: none); told hears when the answer is there. */
void image_choice_ask(struct image_choice *c, struct session *s, int engine, void (*told)(void *user),
                      void *user);
void image_choice_done(struct image_choice *c);

bool image_choice_asking(const struct image_choice *c);
size_t image_choice_count(const struct image_choice *c);
size_t image_choice_place(const struct image_choice *c,
                          const char *name); /* their number: it is none of them */
const struct image *image_choice_at(const struct image_choice *c, size_t place); /* NULL: there is none */

/* The one after, or before, `name`; the first when it is none of them; NULL: there are none. */
const struct image *image_choice_step(const struct image_choice *c, const char *name, int by);

#endif
