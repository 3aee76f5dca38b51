/* A page is looked at through a struct page: the bytes that it may use, its own and those of the pages that
 * it overflows to. Every position is checked against them before it is followed.
 *
 * The copy is one of a moment without the lock, which a running containerd keeps: a transaction writes only
 * to pages that the last two do not need, and the meta page last. So if the newest meta page after copying is
 * the one from before, nothing of what it leads to was written over meanwhile; else the file is copied again.
 */
#include "backends/hcs/bolt.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"

enum {
    PAGE_HEADER = 16,
    ELEMENT = 16, /* of a branch and of a leaf */
    BUCKET_HEADER = 16,
    META_SIZE = 64,
    BRANCH = 0x01,
    LEAF = 0x02,
    META = 0x04,
    LEAF_BUCKET = 0x01,
    SMALLEST_PAGE = 1024,
    LARGEST_PAGE = 1 << 24,
    DEEPEST = 32, /* a branch holds at least two: more levels than any file has */
    ATTEMPTS = 8
};

struct meta {
    uint32_t page_size;
    uint64_t root, end, transaction; /* pages from `end` on were never used */
};

struct bolt {
    unsigned char *data;
    size_t len;
    struct meta meta;
    uint64_t patience; /* pages and items that may still be looked at */
    bool damaged;
};

struct page {
    const unsigned char *data;
    size_t len, count;
    unsigned flags;
};

static uint64_t number(const unsigned char *at, size_t bytes)
{
    uint64_t n = 0;
    while (bytes-- > 0) {
        n = n << 8 | at[bytes];
    }
    return n;
}

/* Meta pages. */

static uint64_t fnv1a(const unsigned char *at, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* The meta page whose header is at `at`, where there are PAGE_HEADER + META_SIZE bytes. */
static bool meta_read(const unsigned char *at, struct meta *out)
{
    const unsigned char *m = at + PAGE_HEADER;
    *out = (struct meta){.page_size = (uint32_t)number(m + 8, 4),
                         .root = number(m + 16, 8),
                         .end = number(m + 40, 8),
                         .transaction = number(m + 48, 8)};
    return number(at + 8, 2) == META && number(m, 4) == 0xED0CDAED && number(m + 4, 4) == 2 &&
           number(m + 56, 8) == fnv1a(m, 56) && out->page_size >= SMALLEST_PAGE &&
           out->page_size <= LARGEST_PAGE && !(out->page_size & (out->page_size - 1));
}

/* Where bytes come from: memory, or a file. Gives the number read. */
struct source {
    const unsigned char *data; /* NULL: the file */
    size_t len;
    uv_file file;
};

static size_t source_read(const struct source *s, void *to, size_t len, uint64_t at)
{
    size_t got = 0;
    if (s->data) {
        got = at >= s->len ? 0 : len < s->len - at ? len : s->len - (size_t)at;
        if (got > 0) {
            memcpy(to, s->data + at, got);
        }
        return got;
    }
    while (got < len) {
        size_t part = len - got < 1 << 20 ? len - got : 1 << 20;
        uv_buf_t buffer = uv_buf_init((char *)to + got, (unsigned)part);
        uv_fs_t request;
        int n = uv_fs_read(NULL, &request, s->file, &buffer, 1, (int64_t)(at + got), NULL);
        uv_fs_req_cleanup(&request);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    return got;
}

static bool meta_at(const struct source *s, uint64_t at, struct meta *out)
{
    unsigned char bytes[PAGE_HEADER + META_SIZE];
    return source_read(s, bytes, sizeof bytes, at) == sizeof bytes && meta_read(bytes, out);
}

/* The newest valid meta page. Where the second is, the first says; if that is broken, every size is tried. */
static bool meta_newest(const struct source *s, struct meta *out)
{
    struct meta second;
    bool first = meta_at(s, 0, out);
    for (uint32_t size = first ? out->page_size : SMALLEST_PAGE; size <= LARGEST_PAGE; size *= 2) {
        if (meta_at(s, size, &second) && second.page_size == size) {
            if (!first || second.transaction > out->transaction) {
                *out = second;
            }
            return true;
        }
        if (first) {
            break;
        }
    }
    return first;
}

/* Copying. */

static int copy_once(struct bolt *b, const struct source *s, size_t limit, struct error *e)
{
    if (!meta_newest(s, &b->meta)) {
        return error_set(e, ERROR_INVALID, 0, "no database of containerd's: it has no valid meta page");
    }
    if (b->meta.end < 3 || b->meta.end > limit / b->meta.page_size) {
        return error_set(e, ERROR_INVALID, 0,
                         "a database of %llu pages of %u bytes; at most %zu bytes are read",
                         (unsigned long long)b->meta.end, b->meta.page_size, limit);
    }
    /* Memory for as much as there is, not for as much as is said to be. */
    size_t wanted = (size_t)b->meta.end * b->meta.page_size, room = 0;
    b->len = 0;
    free(b->data);
    b->data = NULL;
    for (size_t got = 1; got > 0 && b->len < wanted; b->len += got) {
        size_t part = wanted - b->len < 1 << 20 ? wanted - b->len : 1 << 20;
        b->data = mem_grow(b->data, &room, b->len + part, 1);
        got = source_read(s, b->data + b->len, part, b->len);
    }
    return 0;
}

static struct bolt *copy(const struct source *s, size_t limit, struct error *e)
{
    struct bolt *b = mem_new(1, sizeof *b);
    for (int i = 0; i < ATTEMPTS; i++) {
        struct meta after;
        if (copy_once(b, s, limit, e) < 0) {
            bolt_close(b);
            return NULL;
        }
        if (meta_newest(s, &after) && after.transaction == b->meta.transaction) {
            break;
        }
    }
    b->patience = (uint64_t)b->len + (1 << 20);
    return b;
}

struct bolt *bolt_of(const void *data, size_t len, struct error *e)
{
    return copy(&(struct source){.data = data ? data : (const void *)"", .len = len}, SIZE_MAX, e);
}

struct bolt *bolt_read(int file, size_t limit, struct error *e)
{
    return copy(&(struct source){.file = file}, limit, e);
}

void bolt_close(struct bolt *b)
{
    if (b) {
        free(b->data);
        free(b);
    }
}

bool bolt_damaged(const struct bolt *b)
{
    return b->damaged;
}

/* Pages. */

static bool damaged(struct bolt *b)
{
    b->damaged = true;
    return false;
}

static bool spend(struct bolt *b)
{
    return b->patience > 0 ? b->patience-- > 0 : damaged(b);
}

/* Takes the page that the bytes begin with; false: its elements do not fit. */
static bool page_take(struct bolt *b, const unsigned char *data, size_t len, struct page *out)
{
    if (len < PAGE_HEADER) {
        return damaged(b);
    }
    *out = (struct page){data, len, (size_t)number(data + 10, 2), (unsigned)number(data + 8, 2)};
    bool known = out->flags == BRANCH || out->flags == LEAF;
    return (known && out->count <= (len - PAGE_HEADER) / ELEMENT) || damaged(b);
}

static bool page_get(struct bolt *b, uint64_t id, struct page *out)
{
    size_t size = b->meta.page_size, pages = b->len / size;
    if (id < 2 || id >= pages || !spend(b)) {
        return damaged(b);
    }
    const unsigned char *data = b->data + (size_t)id * size;
    uint64_t overflow = number(data + 12, 4);
    if (number(data, 8) != id || overflow >= pages - id) {
        return damaged(b);
    }
    return page_take(b, data, (size_t)(overflow + 1) * size, out);
}

static bool page_root(struct bolt_bucket in, struct page *out)
{
    if (!in.of) {
        return false;
    }
    if (in.root) {
        return page_get(in.of, in.root, out);
    }
    return spend(in.of) && page_take(in.of, (const unsigned char *)in.inlined.data, in.inlined.len, out) &&
           (out->flags == LEAF || damaged(in.of));
}

/* `len` bytes from `pos`, counted from the element, on. */
static bool part(struct bolt *b, const struct page *p, const unsigned char *element, uint64_t pos,
                 uint64_t len, struct bolt_bytes *out)
{
    size_t room = p->len - (size_t)(element - p->data);
    if (pos > room || len > room - pos) {
        return damaged(b);
    }
    *out = (struct bolt_bytes){(const char *)element + pos, (size_t)len};
    return true;
}

static bool branch_element(struct bolt *b, const struct page *p, size_t i, struct bolt_bytes *key,
                           uint64_t *id)
{
    const unsigned char *at = p->data + PAGE_HEADER + i * ELEMENT;
    *id = number(at + 8, 8);
    return part(b, p, at, number(at, 4), number(at + 4, 4), key);
}

static bool leaf_element(struct bolt *b, const struct page *p, size_t i, struct bolt_item *out)
{
    const unsigned char *at = p->data + PAGE_HEADER + i * ELEMENT;
    uint64_t pos = number(at + 4, 4), key = number(at + 8, 4), value = number(at + 12, 4);
    out->bucket = number(at, 4) & LEAF_BUCKET;
    return part(b, p, at, pos, key, &out->key) && part(b, p, at, pos + key, value, &out->value);
}

/* Buckets. */

struct bolt_bucket bolt_root(struct bolt *b)
{
    return (struct bolt_bucket){.of = b, .root = b->meta.root};
}

struct bolt_bucket bolt_item_bucket(struct bolt_bucket in, const struct bolt_item *item)
{
    struct bolt_bucket out = {.of = in.of};
    if (!item->bucket) {
        return (struct bolt_bucket){0};
    }
    if (item->value.len < BUCKET_HEADER) {
        in.of->damaged = true;
        return (struct bolt_bucket){0};
    }
    out.root = number((const unsigned char *)item->value.data, 8);
    if (out.root == 0) {
        out.inlined = (struct bolt_bytes){item->value.data + BUCKET_HEADER, item->value.len - BUCKET_HEADER};
    }
    return out;
}

static int compare(struct bolt_bytes a, struct bolt_bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Gives the number of keys on the page that are not after this one; -1: the page does not hold together. */
static long keys_up_to(struct bolt *b, const struct page *p, struct bolt_bytes key)
{
    size_t from = 0, to = p->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        struct bolt_item item;
        uint64_t id;
        if (p->flags == LEAF ? !leaf_element(b, p, middle, &item)
                             : !branch_element(b, p, middle, &item.key, &id)) {
            return -1;
        }
        if (compare(item.key, key) <= 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return (long)from;
}

static bool find(struct bolt_bucket in, const char *name, struct bolt_item *out)
{
    struct bolt_bytes key = {name, strlen(name)}, first;
    struct page page;
    bool ok = page_root(in, &page);
    for (int depth = 0; ok && depth < DEEPEST; depth++) {
        long n = keys_up_to(in.of, &page, key);
        if (n <= 0) {
            return false;
        }
        if (page.flags == LEAF) {
            return leaf_element(in.of, &page, (size_t)n - 1, out) && compare(out->key, key) == 0;
        }
        uint64_t id;
        ok = branch_element(in.of, &page, (size_t)n - 1, &first, &id) && page_get(in.of, id, &page);
    }
    return ok && damaged(in.of);
}

struct bolt_bucket bolt_bucket(struct bolt_bucket in, const char *key)
{
    struct bolt_item item;
    return find(in, key, &item) ? bolt_item_bucket(in, &item) : (struct bolt_bucket){0};
}

struct bolt_bytes bolt_value(struct bolt_bucket in, const char *key)
{
    struct bolt_item item;
    return find(in, key, &item) && !item.bucket ? item.value : (struct bolt_bytes){NULL, 0};
}

struct walk {
    struct bolt *of;
    void (*tell)(void *user, const struct bolt_item *item);
    void *user;
};

static void walk_page(const struct walk *w, const struct page *p, int depth)
{
    for (size_t i = 0; i < p->count && spend(w->of); i++) {
        struct bolt_item item;
        struct page below;
        uint64_t id;
        if (p->flags == LEAF) {
            if (leaf_element(w->of, p, i, &item)) {
                w->tell(w->user, &item);
            }
        } else if (depth == DEEPEST) {
            damaged(w->of);
        } else if (branch_element(w->of, p, i, &item.key, &id) && page_get(w->of, id, &below)) {
            walk_page(w, &below, depth + 1);
        }
    }
}

void bolt_each(struct bolt_bucket in, void (*tell)(void *user, const struct bolt_item *item), void *user)
{
    struct page page;
    if (page_root(in, &page)) {
        walk_page(&(struct walk){in.of, tell, user}, &page, 0);
    }
}
