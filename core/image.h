/* core/image.h - an image as a list shows it. */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
    const char *name;    /* "busybox", "repo/name:tag" */
    const char *id;      /* the engine's */
    const char *command; /* what it runs by default, joined; NULL unknown */
    const char *os;      /* "linux", "windows 10.0.17763.1"; NULL unknown */
    uint64_t size;       /* bytes */
    int64_t created;     /* ms since 1970; 0 unknown */
};

struct image_list {
    struct image *rows;
    size_t count, room;
};

struct image_list *image_list_new(void);
void image_list_free(struct image_list *l);                       /* NULL is fine */
void image_list_add(struct image_list *l, const struct image *i); /* copies, strings included */
bool image_list_has(const struct image_list *l, const char *name);
void image_list_sort(struct image_list *l); /* by name */

#endif
