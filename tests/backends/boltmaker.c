#include "tests/backends/boltmaker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { HEADER = 16, ELEMENT = 16, BRANCH = 1, LEAF = 2, META = 4, FREELIST = 16, FIRST_PAGE = 3 };

struct node { /* a value or a bucket */
    char *key;
    unsigned char *value;
    size_t len;
    bool bucket;
    struct node *kids; /* in the order of their keys */
    size_t count, room;
};

struct element {
    const char *key;
    const unsigned char *value; /* of a leaf */
    size_t len;
    bool bucket;
    uint64_t page; /* of a branch */
};

struct boltmaker {
    size_t page_size;
    struct node root;
    struct text file;
};

static void put_number(unsigned char *at, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(n >> 8 * i);
    }
}

struct boltmaker *boltmaker_new(size_t page_size)
{
    struct boltmaker *m = mem_new(1, sizeof *m);
    m->page_size = page_size;
    m->root.bucket = true;
    return m;
}

static struct node *kid(struct node *in, const char *key, size_t len)
{
    size_t at = 0;
    char *name = mem_string_n(key, len);
    while (at < in->count && strcmp(in->kids[at].key, name) < 0) {
        at++;
    }
    if (at < in->count && strcmp(in->kids[at].key, name) == 0) {
        free(name);
        return &in->kids[at];
    }
    in->kids = mem_grow(in->kids, &in->room, in->count + 1, sizeof *in->kids);
    memmove(in->kids + at + 1, in->kids + at, (in->count - at) * sizeof *in->kids);
    in->count++;
    in->kids[at] = (struct node){.key = name};
    return &in->kids[at];
}

void boltmaker_put(struct boltmaker *m, const char *path, const void *value, size_t len)
{
    struct node *node = &m->root;
    for (size_t n; *path; path += n + (path[n] == '|')) {
        n = strcspn(path, "|");
        node->bucket = true;
        node = kid(node, path, n);
    }
    free(node->value);
    node->value = (unsigned char *)mem_string_n(value, len);
    node->len = len;
}

void boltmaker_text(struct boltmaker *m, const char *path, const char *value)
{
    boltmaker_put(m, path, value, strlen(value));
}

void boltmaker_number(struct boltmaker *m, const char *path, uint64_t value)
{
    unsigned char bytes[10];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7) {
        bytes[n++] = (unsigned char)(value | 0x80);
    }
    bytes[n++] = (unsigned char)value;
    boltmaker_put(m, path, bytes, n);
}

static size_t size_of(const struct element *list, size_t n)
{
    size_t size = HEADER;
    for (size_t i = 0; i < n; i++) {
        size += ELEMENT + strlen(list[i].key) + list[i].len;
    }
    return size;
}

/* Writes a page's bytes at `at`, where there is room for them. */
static void put_page(unsigned char *at, uint64_t id, int flags, const struct element *list, size_t n,
                     uint64_t overflow)
{
    size_t data = HEADER + n * ELEMENT;
    put_number(at, id, 8);
    put_number(at + 8, (uint64_t)flags, 2);
    put_number(at + 10, n, 2);
    put_number(at + 12, overflow, 4);
    for (size_t i = 0; i < n; i++) {
        unsigned char *element = at + HEADER + i * ELEMENT;
        size_t len = strlen(list[i].key), pos = data - (size_t)(element - at);
        if (flags == LEAF) {
            put_number(element, list[i].bucket, 4);
            put_number(element + 4, pos, 4);
            put_number(element + 8, len, 4);
            put_number(element + 12, list[i].len, 4);
        } else {
            put_number(element, pos, 4);
            put_number(element + 4, len, 4);
            put_number(element + 8, list[i].page, 8);
        }
        memcpy(at + data, list[i].key, len);
        if (list[i].len) {
            memcpy(at + data + len, list[i].value, list[i].len);
        }
        data += len + list[i].len;
    }
}

static uint64_t add_page(struct boltmaker *m, int flags, const struct element *list, size_t n)
{
    uint64_t id = m->file.len / m->page_size;
    size_t pages = (size_of(list, n) + m->page_size - 1) / m->page_size, len = pages * m->page_size;
    unsigned char *bytes = mem_new(len, 1);
    put_page(bytes, id, flags, list, n, pages - 1);
    text_add_n(&m->file, (const char *)bytes, len);
    free(bytes);
    return id;
}

/* Writes the elements as a tree; gives its first page. */
static uint64_t add_tree(struct boltmaker *m, int flags, const struct element *list, size_t n)
{
    struct element *above = mem_new(n + 1, sizeof *above);
    size_t pages = 0;
    for (size_t i = 0, taken; i < n || pages == 0; i += taken) {
        for (taken = n > 0; i + taken < n && size_of(list + i, taken + 1) <= m->page_size;) {
            taken++;
        }
        above[pages++] =
            (struct element){.key = n ? list[i].key : "", .page = add_page(m, flags, list + i, taken)};
    }
    uint64_t first = pages == 1 ? above[0].page : add_tree(m, BRANCH, above, pages);
    free(above);
    return first;
}

/* Turns the bucket into its value: a header, and a small one's page behind it. */
static void close_bucket(struct boltmaker *m, struct node *node)
{
    struct element *list = mem_new(node->count + 1, sizeof *list);
    bool simple = node != &m->root;
    for (size_t i = 0; i < node->count; i++) {
        struct node *k = &node->kids[i];
        if (k->bucket) {
            close_bucket(m, k);
        }
        list[i] = (struct element){k->key, k->value, k->len, k->bucket, 0};
        simple = simple && !k->bucket;
    }
    size_t size = size_of(list, node->count);
    bool inlined = simple && size <= m->page_size / 4;
    node->len = HEADER + (inlined ? size : 0);
    free(node->value);
    node->value = mem_new(node->len, 1);
    if (inlined) {
        put_page(node->value + HEADER, 0, LEAF, list, node->count, 0);
    } else {
        put_number(node->value, add_tree(m, LEAF, list, node->count), 8);
    }
    free(list);
}

static void node_done(struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        node_done(&node->kids[i]);
    }
    free(node->kids);
    free(node->key);
    free(node->value);
}

void boltmaker_meta(unsigned char *file, size_t page_size, int place, uint64_t root, uint64_t pages,
                    uint64_t transaction)
{
    unsigned char *page = file + (size_t)place * page_size, *meta = page + HEADER;
    uint64_t hash = UINT64_C(14695981039346656037);
    memset(page, 0, page_size);
    put_number(page, (uint64_t)place, 8);
    put_number(page + 8, META, 2);
    put_number(meta, 0xED0CDAED, 4);
    put_number(meta + 4, 2, 4);
    put_number(meta + 8, page_size, 4);
    put_number(meta + 16, root, 8);
    put_number(meta + 32, FIRST_PAGE - 1, 8);
    put_number(meta + 40, pages, 8);
    put_number(meta + 48, transaction, 8);
    for (size_t i = 0; i < 56; i++) {
        hash = (hash ^ meta[i]) * UINT64_C(1099511628211);
    }
    put_number(meta + 56, hash, 8);
}

unsigned char *boltmaker_take(struct boltmaker *m, size_t *len)
{
    uint64_t root = 0;
    unsigned char *start = mem_new(FIRST_PAGE, m->page_size);
    put_page(start + (size_t)2 * m->page_size, 2, FREELIST, NULL, 0, 0);
    text_add_n(&m->file, (const char *)start, FIRST_PAGE * m->page_size);
    free(start);
    close_bucket(m, &m->root);
    for (size_t i = 8; i-- > 0;) {
        root = root << 8 | m->root.value[i];
    }
    *len = m->file.len;
    unsigned char *file = (unsigned char *)text_take(&m->file);
    boltmaker_meta(file, m->page_size, 0, root, *len / m->page_size, 8);
    boltmaker_meta(file, m->page_size, 1, root, *len / m->page_size, 7);
    node_done(&m->root);
    free(m);
    return file;
}
