/* Reading a keeper's log: bounds, growth, rotation, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/local/logfile.h"
#include "backends/local/shared/paths.h"
#include "core/memory.h"

struct folder {
    char path[64], young[80], old[80];
};

static int make_folder(void **state)
{
    struct folder *f = mem_new(1, sizeof *f);
    strcpy(f->path, "/tmp/porthole-logfile-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->young, sizeof f->young, "%s/log", f->path);
    snprintf(f->old, sizeof f->old, "%s/log.1", f->path);
    *state = f;
    return 0;
}

static int drop_folder(void **state)
{
    struct folder *f = *state;
    paths_remove_tree(f->path, NULL);
    free(f);
    return 0;
}

static void append(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put_header(unsigned char out[16], size_t len, int stream, int64_t when)
{
    memset(out, 0, 16);
    for (int i = 0; i < 4; i++) {
        out[i] = (unsigned char)(len >> (8 * i));
    }
    out[4] = (unsigned char)stream;
    for (int i = 0; i < 8; i++) {
        out[8 + i] = (unsigned char)((uint64_t)when >> (8 * i));
    }
}

static void record(const char *path, int stream, int64_t when, const char *words)
{
    unsigned char header[16];
    put_header(header, strlen(words), stream, when);
    append(path, header, sizeof header);
    append(path, words, strlen(words));
}

static struct logfile *open_log(const struct folder *f, int64_t tail, int64_t since, int64_t until)
{
    const struct logfile_query query = {.tail = tail, .since = since, .until = until};
    struct error why;
    struct logfile *log = logfile_open(f->path, &query, &why);
    assert_non_null(log);
    return log;
}

/* Everything that there is now; streams are told apart as "1" or "2" before each record. */
static char *drain(struct logfile *log, int *end, struct error *why)
{
    struct logfile_piece piece = {0};
    struct text all = {0};
    do {
        *end = logfile_read(log, &piece, why);
        for (size_t i = 0; i < piece.count; i++) {
            const struct logfile_record *r = &piece.records[i];
            text_addf(&all, "%d@%lld ", r->stream + 1, (long long)r->when);
            text_add_n(&all, text_of(&piece.bytes) + r->at, r->len);
        }
    } while (*end > 0);
    logfile_piece_done(&piece);
    return all.len > 0 ? text_take(&all) : mem_string("");
}

static void expect(struct logfile *log, const char *wanted)
{
    int end;
    struct error why;
    char *got = drain(log, &end, &why);
    assert_int_equal(end, 0);
    assert_string_equal(got, wanted);
    free(got);
}

static void expect_query(const struct folder *f, int64_t tail, int64_t since, int64_t until,
                         const char *wanted)
{
    struct logfile *log = open_log(f, tail, since, until);
    expect(log, wanted);
    logfile_close(log);
}

static void bounds_are_kept(void **state)
{
    const struct folder *f = *state;
    record(f->old, 0, 10, "a\nb\n");
    record(f->young, 1, 20, "c");
    record(f->young, 0, 30, "\nd\ne");
    expect_query(f, -1, 0, 0, "1@10 a\nb\n2@20 c1@30 \nd\ne");
    expect_query(f, 0, 0, 0, "");
    expect_query(f, 1, 0, 0, "1@30 e");
    expect_query(f, 2, 0, 0, "1@30 d\ne");
    expect_query(f, 3, 0, 0, "2@20 c1@30 \nd\ne");
    expect_query(f, 4, 0, 0, "1@10 b\n2@20 c1@30 \nd\ne");
    expect_query(f, 99, 0, 0, "1@10 a\nb\n2@20 c1@30 \nd\ne");
    expect_query(f, -1, 20, 0, "2@20 c1@30 \nd\ne");
    expect_query(f, -1, 0, 20, "1@10 a\nb\n2@20 c");
    expect_query(f, -1, 20, 20, "2@20 c");
    expect_query(f, 1, 0, 20, "2@20 c");
}

static void a_log_that_is_not_there_yet_is_empty(void **state)
{
    const struct folder *f = *state;
    struct logfile *log = open_log(f, 5, 0, 0);
    expect(log, "");
    record(f->young, 0, 1, "first\n");
    expect(log, "1@1 first\n");
    expect(log, "");
    logfile_close(log);
}

static void rotation_loses_nothing(void **state)
{
    const struct folder *f = *state;
    record(f->young, 0, 1, "one\n");
    struct logfile *log = open_log(f, -1, 0, 0);
    expect(log, "1@1 one\n");
    record(f->young, 0, 2, "two\n");
    assert_int_equal(rename(f->young, f->old), 0);
    expect(log, "1@2 two\n"); /* the new file has not come yet */
    record(f->young, 0, 3, "three\n");
    expect(log, "1@3 three\n");
    assert_int_equal(rename(f->young, f->old), 0);
    record(f->young, 0, 4, "four\n");
    expect(log, "1@4 four\n");
    logfile_close(log);
}

static void a_reader_that_was_overtaken_goes_on(void **state)
{
    const struct folder *f = *state;
    record(f->young, 0, 1, "one\n");
    struct logfile *log = open_log(f, -1, 0, 0);
    expect(log, "1@1 one\n");
    for (int i = 2; i <= 4; i++) { /* three rotations while nobody looked */
        assert_int_equal(rename(f->young, f->old), 0);
        record(f->young, 0, i, "more\n");
    }
    expect(log, "1@3 more\n1@4 more\n");
    logfile_close(log);
}

static void half_a_record_waits_for_its_rest(void **state)
{
    const struct folder *f = *state;
    unsigned char header[16];
    put_header(header, 6, 0, 7);
    record(f->young, 0, 1, "one\n");
    append(f->young, header, 9);
    struct logfile *log = open_log(f, -1, 0, 0);
    expect(log, "1@1 one\n");
    append(f->young, header + 9, 7);
    append(f->young, "hal", 3);
    expect(log, "");
    append(f->young, "ves", 3);
    expect(log, "1@7 halves");
    logfile_close(log);
}

static void expect_damage(const struct folder *f, const char *before)
{
    int end;
    struct error why;
    struct logfile *log = open_log(f, -1, 0, 0);
    char *got = drain(log, &end, &why);
    assert_int_equal(end, -1);
    assert_int_equal(why.kind, ERROR_PROTOCOL);
    assert_non_null(strstr(why.text, f->path));
    assert_string_equal(got, before);
    free(got);
    logfile_close(log);
}

static void damage_is_said_in_a_sentence(void **state)
{
    const struct folder *f = *state;
    static const struct {
        int at;
        unsigned char byte;
    } wrong[] = {{3, 0x7f}, {2, 0x11}, {4, 2}, {5, 1}, {6, 1}, {7, 1}, {15, 0x80}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        unsigned char header[16];
        unlink(f->young);
        record(f->young, 0, 1, "good\n");
        put_header(header, 4, 0, 7);
        header[wrong[i].at] = wrong[i].byte;
        append(f->young, header, sizeof header);
        append(f->young, "lost", 4);
        expect_damage(f, "1@1 good\n");
        struct logfile *log = open_log(f, 1, 0, 0); /* what is good can still be counted */
        logfile_close(log);
    }
}

static void an_old_file_that_was_cut_is_damaged(void **state)
{
    const struct folder *f = *state;
    record(f->old, 0, 1, "one\n");
    record(f->old, 0, 2, "two\n");
    assert_int_equal(truncate(f->old, 16 + 4 + 16 + 2), 0);
    record(f->young, 0, 3, "three\n");
    expect_damage(f, "1@1 one\n");
}

static void a_link_is_not_followed(void **state)
{
    const struct folder *f = *state;
    const struct logfile_query query = {.tail = -1};
    struct error why = {0};
    assert_int_equal(symlink("/etc/passwd", f->young), 0);
    assert_null(logfile_open(f->path, &query, &why));
    assert_non_null(strstr(why.text, f->young));
    unlink(f->young);
    assert_int_equal(mkfifo(f->young, 0600), 0);
    assert_null(logfile_open(f->path, &query, &why)); /* and does not wait */
}

static void big_logs_come_in_pieces(void **state)
{
    const struct folder *f = *state;
    enum { LONG = 200000, TIMES = 12 };
    char *words = mem_new(LONG + 1, 1);
    memset(words, 'x', LONG);
    words[LONG - 1] = '\n';
    for (int i = 0; i < TIMES; i++) {
        record(f->young, 0, i + 1, words);
    }
    struct logfile *log = open_log(f, TIMES - 1, 0, 0);
    struct logfile_piece piece = {0};
    struct error why;
    size_t all = 0, most = 0;
    for (int more = 1; more > 0;) {
        more = logfile_read(log, &piece, &why);
        assert_int_not_equal(more, -1);
        all += piece.bytes.len;
        most = piece.bytes.len > most ? piece.bytes.len : most;
    }
    assert_int_equal(all, (size_t)(TIMES - 1) * LONG);
    assert_true(most < LOGFILE_PIECE + LONG);
    logfile_piece_done(&piece);
    logfile_close(log);
    free(words);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(bounds_are_kept),
        TEST(a_log_that_is_not_there_yet_is_empty),
        TEST(rotation_loses_nothing),
        TEST(a_reader_that_was_overtaken_goes_on),
        TEST(half_a_record_waits_for_its_rest),
        TEST(damage_is_said_in_a_sentence),
        TEST(an_old_file_that_was_cut_is_damaged),
        TEST(a_link_is_not_followed),
        TEST(big_logs_come_in_pieces),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
