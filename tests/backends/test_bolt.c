/* containerd's databases: every key is found, whatever page it is on; what is damaged is not, and costs no
 * more than its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/hcs/bolt.h"
#include "core/memory.h"
#include "tests/backends/boltmaker.h"

enum { PAGE = 1024, MANY = 3000 };

static struct bolt *must_open(const unsigned char *file, size_t len)
{
    struct error e = {0};
    struct bolt *b = bolt_of(file, len, &e);
    if (!b) {
        fail_msg("%s", e.text);
    }
    return b;
}

static void assert_value(struct bolt_bucket in, const char *key, const char *value)
{
    struct bolt_bytes got = bolt_value(in, key);
    assert_non_null(got.data);
    assert_int_equal(got.len, strlen(value));
    assert_memory_equal(got.data, value, got.len);
}

static void count(void *user, const struct bolt_item *item)
{
    (void)item;
    ++*(size_t *)user;
}

static size_t items_of(struct bolt_bucket in)
{
    size_t n = 0;
    bolt_each(in, count, &n);
    return n;
}

/* A small one, a large one on branches of branches, one inside another, a value of many pages. */
static unsigned char *make_file(size_t page, size_t *len)
{
    struct boltmaker *m = boltmaker_new(page);
    char path[64], *large = mem_new(5 * page, 1);
    memset(large, 'x', 5 * page);
    boltmaker_text(m, "small|a", "1");
    boltmaker_text(m, "small|b", "");
    boltmaker_text(m, "outer|inner|innermost|key", "deep");
    boltmaker_put(m, "wide|large", large, 5 * page);
    boltmaker_text(m, "wide|after", "here");
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "many|key-%d", i);
        boltmaker_text(m, path, path + 5);
    }
    free(large);
    return boltmaker_take(m, len);
}

static void every_key_is_found(void **state)
{
    (void)state;
    static const size_t pages[] = {1024, 4096, 65536};
    for (size_t p = 0; p < sizeof pages / sizeof *pages; p++) {
        size_t len;
        unsigned char *file = make_file(pages[p], &len);
        struct bolt *b = must_open(file, len);
        struct bolt_bucket root = bolt_root(b), many = bolt_bucket(root, "many");
        assert_int_equal(items_of(root), 4);
        assert_int_equal(items_of(many), MANY);
        for (int i = 0; i < MANY; i++) {
            char key[32];
            snprintf(key, sizeof key, "key-%d", i);
            assert_value(many, key, key);
        }
        assert_null(bolt_value(many, "").data);
        assert_null(bolt_value(many, "key-").data);
        assert_null(bolt_value(many, "key-12345").data);
        assert_null(bolt_value(many, "z").data);
        assert_value(bolt_bucket(root, "small"), "a", "1");
        assert_value(bolt_bucket(root, "small"), "b", "");
        assert_value(bolt_bucket(bolt_bucket(bolt_bucket(root, "outer"), "inner"), "innermost"), "key",
                     "deep");
        assert_int_equal(bolt_value(bolt_bucket(root, "wide"), "large").len, 5 * pages[p]);
        assert_value(bolt_bucket(root, "wide"), "after", "here");
        assert_null(bolt_value(root, "small").data);
        assert_null(bolt_value(bolt_bucket(bolt_bucket(root, "small"), "a"), "a").data);
        assert_int_equal(items_of(bolt_bucket(root, "none")), 0);
        assert_false(bolt_damaged(b));
        bolt_close(b);
        free(file);
    }
}

static void the_keys_come_in_order(void *user, const struct bolt_item *item)
{
    char *last = user, key[64];
    assert_false(item->bucket);
    snprintf(key, sizeof key, "%.*s", (int)item->key.len, item->key.data);
    assert_true(strcmp(last, key) < 0);
    strcpy(last, key);
}

static void a_walk_is_in_order(void **state)
{
    (void)state;
    size_t len;
    char last[64] = "";
    unsigned char *file = make_file(PAGE, &len);
    struct bolt *b = must_open(file, len);
    bolt_each(bolt_bucket(bolt_root(b), "many"), the_keys_come_in_order, last);
    assert_string_equal(last, "key-999");
    bolt_close(b);
    free(file);
}

/* Two states in one file, as a transaction leaves them: the newer page counts while it is whole. */
static void the_newer_meta_page_counts(void **state)
{
    (void)state;
    size_t len;
    struct boltmaker *m = boltmaker_new(PAGE);
    boltmaker_text(m, "old|key", "1");
    unsigned char *file = boltmaker_take(m, &len);
    uint64_t pages = len / PAGE, end = pages + 1;
    unsigned char *both = mem_new(len + PAGE, 1);
    memcpy(both, file, len);
    memcpy(both + len, file + (pages - 1) * PAGE, PAGE); /* the root again, with other words in it */
    both[len] = (unsigned char)pages;
    memcpy(memchr(both + len, 'o', PAGE), "new", 3);
    boltmaker_meta(both, PAGE, 0, pages - 1, end, 8);
    boltmaker_meta(both, PAGE, 1, pages, end, 9);
    static const struct {
        size_t broken; /* a byte of the file; 0: none */
        const char *found;
    } cases[] = {{0, "new"}, {PAGE + 20, "old"}, {20, "new"}, {PAGE + 16 + 60, "old"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        both[cases[i].broken] ^= cases[i].broken ? 1 : 0;
        struct bolt *b = must_open(both, len + PAGE);
        assert_value(bolt_bucket(bolt_root(b), cases[i].found), "key", "1");
        bolt_close(b);
        both[cases[i].broken] ^= cases[i].broken ? 1 : 0;
    }
    both[20] ^= 1;
    both[PAGE + 20] ^= 1;
    struct error e = {0};
    assert_null(bolt_of(both, len + PAGE, &e));
    assert_int_equal(e.kind, ERROR_INVALID);
    free(both);
    free(file);
}

struct tour {
    struct bolt_bucket in;
    int depth;
};

static void go_in(void *user, const struct bolt_item *item)
{
    struct tour *t = user, next = {bolt_item_bucket(t->in, item), t->depth + 1};
    volatile unsigned sum = 0;
    for (size_t i = 0; i < item->key.len; i++) {
        sum += (unsigned char)item->key.data[i];
    }
    for (size_t i = 0; i < item->value.len; i++) {
        sum += (unsigned char)item->value.data[i];
    }
    (void)sum;
    if (t->depth < 8) {
        bolt_each(next.in, go_in, &next);
    }
}

static void see_all(const unsigned char *file, size_t len)
{
    struct error e = {0};
    struct bolt *b = bolt_of(file, len, &e);
    if (b) {
        struct tour t = {bolt_root(b), 0};
        bolt_each(t.in, go_in, &t);
        bolt_value(bolt_bucket(bolt_bucket(t.in, "outer"), "inner"), "key");
        bolt_close(b);
    } else {
        assert_int_equal(e.kind, ERROR_INVALID);
    }
}

static unsigned char *make_small(size_t *len)
{
    struct boltmaker *m = boltmaker_new(PAGE);
    char path[64];
    boltmaker_text(m, "outer|inner|key", "value");
    for (int i = 0; i < 60; i++) {
        snprintf(path, sizeof path, "many|key-%d", i);
        boltmaker_text(m, path, path);
    }
    return boltmaker_take(m, len);
}

/* Under the sanitizers this is the proof that nothing is read which is not there. */
static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    size_t len;
    unsigned char *file = make_small(&len);
    for (size_t at = 2 * PAGE; at < len; at++) {
        static const unsigned char wrong[] = {0x01, 0x80, 0xff};
        for (size_t i = 0; i < sizeof wrong; i++) {
            file[at] ^= wrong[i];
            see_all(file, len);
            file[at] ^= wrong[i];
        }
    }
    for (size_t cut = 0; cut < len; cut += 7) {
        unsigned char *start = mem_new(cut + 1, 1);
        memcpy(start, file, cut);
        see_all(start, cut);
        free(start);
    }
    free(file);
}

static void put(unsigned char *at, uint64_t n, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(n >> 8 * i);
    }
}

/* Branches that lead back to themselves, 62 times each: without a limit this would not end. */
static void pages_that_refer_to_themselves_come_to_an_end(void **state)
{
    (void)state;
    enum { FILE_PAGES = 8, BRANCHES = 62 };
    unsigned char *file = mem_new(FILE_PAGES, PAGE);
    boltmaker_meta(file, PAGE, 0, 3, FILE_PAGES, 2);
    for (uint64_t id = 3; id < FILE_PAGES; id++) {
        unsigned char *page = file + id * PAGE;
        put(page, id, 8);
        put(page + 8, 1, 2);
        put(page + 10, BRANCHES, 2);
        for (uint64_t i = 0; i < BRANCHES; i++) {
            put(page + 16 + 16 * i + 8, 3 + (id + i) % (FILE_PAGES - 3), 8);
        }
    }
    struct bolt *b = must_open(file, FILE_PAGES * PAGE);
    assert_int_equal(items_of(bolt_root(b)), 0);
    assert_null(bolt_value(bolt_root(b), "key").data);
    assert_true(bolt_damaged(b));
    bolt_close(b);
    free(file);
}

static void a_bucket_that_is_in_itself_comes_to_an_end(void **state)
{
    (void)state;
    size_t len;
    struct boltmaker *m = boltmaker_new(PAGE);
    boltmaker_text(m, "bucket|a|b", "1");
    unsigned char *file = boltmaker_take(m, &len);
    uint64_t root = len / PAGE - 1;
    unsigned char *page = file + root * PAGE;
    put(page + 16 + 16 + strlen("bucket"), root, 8); /* its value begins with the page it is on */
    struct bolt *b = must_open(file, len);
    struct bolt_bucket in = bolt_root(b);
    for (int i = 0; i < 100; i++) {
        in = bolt_bucket(in, "bucket");
        assert_int_equal(items_of(in), 1);
    }
    bolt_close(b);
    free(file);
}

/* The last page says that it goes on, and its first key that it is there. */
static void no_page_goes_beyond_the_file(void **state)
{
    (void)state;
    size_t len;
    struct boltmaker *m = boltmaker_new(PAGE);
    boltmaker_text(m, "bucket|a|b", "1");
    unsigned char *file = boltmaker_take(m, &len), *root = file + len - PAGE;
    put(root + 12, 1, 4);
    put(root + 16 + 4, PAGE + 100, 4);
    struct bolt *b = must_open(file, len);
    assert_int_equal(items_of(bolt_root(b)), 0);
    assert_true(bolt_damaged(b));
    bolt_close(b);
    free(file);
}

static void what_is_no_database_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "SQLite format 3", "{\"Repositories\":{}}"};
    struct error e;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        e = (struct error){0};
        assert_null(bolt_of(texts[i], strlen(texts[i]), &e));
        assert_int_equal(e.kind, ERROR_INVALID);
    }
    assert_null(bolt_of(NULL, 0, &e));
    unsigned char *huge = mem_new(3, PAGE); /* says that it has more pages than there is memory */
    boltmaker_meta(huge, PAGE, 0, 3, UINT64_C(1) << 62, 2);
    e = (struct error){0};
    assert_null(bolt_of(huge, 3 * PAGE, &e));
    assert_non_null(strstr(e.text, "pages"));
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_found),
        cmocka_unit_test(a_walk_is_in_order),
        cmocka_unit_test(the_newer_meta_page_counts),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(pages_that_refer_to_themselves_come_to_an_end),
        cmocka_unit_test(a_bucket_that_is_in_itself_comes_to_an_end),
        cmocka_unit_test(no_page_goes_beyond_the_file),
        cmocka_unit_test(what_is_no_database_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
