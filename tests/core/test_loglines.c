#include "core/loglines.h"

#include <stdio.h>
#include <time.h>

#include "core/text.h"
#include "tests/core/test.h"

#define BAD "\xef\xbf\xbd"

static void add(struct loglines *l, const char *s)
{
    loglines_add(l, 0, 0, s, strlen(s));
}

/* All lines that are kept, joined by '|'. */
static void assert_lines(const struct loglines *l, const char *expected)
{
    struct text all = {0};
    for (uint64_t n = loglines_first(l); n < loglines_end(l); n++) {
        struct logline line;
        assert_true(loglines_get(l, n, &line));
        assert_int_equal(strlen(line.text), line.len);
        text_addf(&all, "%s%s", n > loglines_first(l) ? "|" : "", line.text);
    }
    assert_string_equal(text_of(&all), expected);
    text_done(&all);
}

/* The text must give these lines, whole and cut into two at every place, and byte by byte. */
static void assert_parsed(const char *bytes, const char *expected)
{
    size_t len = strlen(bytes);
    for (size_t cut = 0; cut <= len; cut++) {
        struct loglines *l = loglines_new(100, 100000);
        loglines_add(l, 0, 0, bytes, cut);
        loglines_add(l, 0, 0, bytes + cut, len - cut);
        assert_lines(l, expected);
        loglines_free(l);
    }
    struct loglines *l = loglines_new(100, 100000);
    for (size_t i = 0; i < len; i++) {
        loglines_add(l, 0, 0, bytes + i, 1);
    }
    assert_lines(l, expected);
    loglines_free(l);
}

static void lines_are_cut_at_newlines(void **state)
{
    (void)state;
    assert_parsed("", "");
    assert_parsed("one\ntwo\n\nfour", "one|two||four");
    assert_parsed("one\r\ntwo\r\n", "one|two");
    assert_parsed("\n\n", "|");
    assert_parsed("a rather long line of plain text, more than eight bytes\n",
                  "a rather long line of plain text, "
                  "more than eight bytes");
}

static void an_unfinished_line_counts(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(10, 1000);
    assert_int_equal(loglines_end(l), 0);
    add(l, "hal");
    assert_int_equal(loglines_end(l), 1);
    add(l, "f");
    assert_lines(l, "half");
    add(l, "\n");
    assert_int_equal(loglines_end(l), 1);
    add(l, "x");
    assert_lines(l, "half|x");
    loglines_free(l);
}

static void escape_sequences_are_taken_out(void **state)
{
    (void)state;
    assert_parsed("\x1b[1;31mred\x1b[0m plain", "red plain");
    assert_parsed("\x1b]0;a title\x07shown", "shown");
    assert_parsed("\x1b]52;c;aGFsbG8=\x1b\\shown", "shown");
    assert_parsed("\x1bPq#0;2;0;0;0\x1b\\shown", "shown");
    assert_parsed("\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\shown", "shown");
    assert_parsed("\x1b(Bcharset\x1b=keypad\x1b"
                  "7save",
                  "charsetkeypadsave");
    assert_parsed("\xc2\x9b"
                  "31mred\xc2\x9d"
                  "0;t\x07"
                  "end",
                  "redend");
    assert_parsed("\x1b[31\x18"
                  "cancelled",
                  "cancelled");
    assert_parsed("\x1b\x1b[31mtwice", "twice");
    assert_parsed("\x1b]0;t\x1b[31mred", "red");
}

static void a_broken_sequence_does_not_swallow_the_log(void **state)
{
    (void)state;
    assert_parsed("\x1b[31\nnext", "|next");
    assert_parsed("\x1b]0;no end\nnext", "|next");
    struct loglines *l = loglines_new(10, 100000);
    add(l, "\x1b]0;");
    for (int i = 0; i < 10000; i++) {
        add(l, "x");
    }
    struct logline line;
    assert_true(loglines_get(l, 0, &line));
    assert_true(line.len > 0);
    loglines_free(l);
}

static void control_characters_are_taken_out(void **state)
{
    (void)state;
    assert_parsed("a\x01\x02\x07\x08\x7f"
                  "b",
                  "ab");
    assert_parsed("a\xc2\x85"
                  "b",
                  "ab");
    assert_parsed("a\tb\t\tc", "a       b               c");
    assert_parsed("世界\tx", "世界      x");
    struct loglines *l = loglines_new(10, 1000);
    loglines_add(l, 0, 0, "a\0b", 3);
    assert_lines(l, "ab");
    loglines_free(l);
}

static void a_carriage_return_begins_the_line_anew(void **state)
{
    (void)state;
    assert_parsed("10 %\r20 %\r30 %\r\nend\n", "30 %|end");
    assert_parsed("all\r", "all");
    assert_parsed("\rx", "x");
}

static void characters_may_be_split_and_invalid(void **state)
{
    (void)state;
    assert_parsed("Grüße, 世界 😀\n", "Grüße, 世界 😀");
    assert_parsed("a\xff"
                  "b",
                  "a" BAD "b");
    assert_parsed("a\xe4\xb8\n", "a" BAD);
    assert_parsed("\xe4\xb8"
                  "abc",
                  BAD "abc");
    assert_parsed("\xe4\xe4\xb8\x96", BAD "世");
    assert_parsed("\xed\xa0\x80", BAD BAD BAD);
    assert_parsed("x\xe2\x80\xae"
                  "exe",
                  "x" BAD "exe");
    assert_parsed("\xf0\x9f\x98\x1b[0mx", BAD "x");
}

static void a_character_cut_by_the_end_is_shown(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(10, 1000);
    loglines_add(l, 0, 1, "out\xe4\xb8", 5);
    loglines_add(l, 1, 2, "err\xc3", 4);
    loglines_close(l);
    loglines_close(l);
    loglines_add(l, 1, 3, "\xa9\n", 2);
    assert_lines(l, "out|err" BAD "|" BAD "|" BAD);
    loglines_free(l);
}

static void streams_do_not_mix(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(10, 1000);
    struct logline line;
    loglines_add(l, 0, 5, "out", 3);
    loglines_add(l, 1, 6, "err\x1b[3", 6);
    loglines_add(l, 0, 7, "out2\n", 5);
    loglines_add(l, 1, 8, "1mmore\n", 7);
    assert_lines(l, "out|err|out2|more");
    loglines_get(l, 1, &line);
    assert_int_equal(line.stream, 1);
    assert_int_equal(line.when, 6);
    loglines_get(l, 2, &line);
    assert_int_equal(line.stream, 0);
    assert_int_equal(line.when, 7);
    loglines_free(l);
}

static void the_oldest_lines_fall_out(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(3, 100000);
    struct logline line;
    add(l, "1\n2\n3\n4\n5");
    assert_lines(l, "3|4|5");
    assert_int_equal(loglines_first(l), 2);
    assert_int_equal(loglines_end(l), 5);
    assert_false(loglines_get(l, 1, &line));
    assert_false(loglines_get(l, 5, &line));
    loglines_clear(l);
    assert_lines(l, "");
    assert_int_equal(loglines_first(l), 5); /* numbers only grow */
    add(l, "6");
    assert_lines(l, "6");
    loglines_free(l);
}

/* Numbered lines of changing length through a small ring: what is kept is whole, and as much as can be. */
static void bytes_are_bounded(void **state)
{
    (void)state;
    for (size_t room = 64; room < 400; room += 7) {
        struct loglines *l = loglines_new(50, room);
        for (int i = 0; i < 2000; i++) {
            char bytes[100];
            int pad = i * 7 % 40;
            int len = snprintf(bytes, sizeof bytes, "%d:%.*s\n", i, pad,
                               "........................................");
            loglines_add(l, 0, 0, bytes, (size_t)len / 2);
            loglines_add(l, 0, 0, bytes + len / 2, (size_t)len - (size_t)len / 2);
            size_t kept = 0;
            for (uint64_t n = loglines_first(l); n < loglines_end(l); n++) {
                struct logline line;
                assert_true(loglines_get(l, n, &line));
                assert_int_equal(atoi(line.text), (int)n);
                assert_int_equal(strlen(strchr(line.text, ':') + 1), n * 7 % 40);
                kept += line.len;
            }
            assert_int_equal(loglines_end(l), i + 1);
            assert_true(kept <= room);
            assert_true(i < 20 || room < 200 || kept > room / 4);
        }
        loglines_free(l);
    }
}

static void long_lines_are_cut(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(1000, 1 << 20);
    char block[1000];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 40; i++) {
        loglines_add(l, 0, 0, block, sizeof block);
    }
    struct logline line;
    assert_int_equal(loglines_end(l), 3);
    loglines_get(l, 0, &line);
    assert_int_equal(line.len, LOGLINES_LONGEST);
    loglines_get(l, 2, &line);
    assert_int_equal(line.len, 40000 - 2 * LOGLINES_LONGEST);
    loglines_clear(l);
    add(l, "y");
    for (int i = 0; i < LOGLINES_LONGEST; i++) {
        add(l, "é"); /* two bytes: one would be cut */
    }
    loglines_get(l, loglines_first(l), &line);
    assert_int_equal(line.len, LOGLINES_LONGEST - 1);
    loglines_free(l);
}

static void lines_are_found(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(4, 1000);
    uint64_t n = 99;
    add(l, "lost error\nError one\nfine\nanother ERROR\nend\n");
    assert_true(loglines_search(l, "error", 0, false, &n));
    assert_int_equal(n, 1);
    assert_true(loglines_search(l, "error", 2, false, &n));
    assert_int_equal(n, 3);
    assert_true(loglines_search(l, "error", UINT64_MAX, true, &n));
    assert_int_equal(n, 3);
    assert_true(loglines_search(l, "error", 3, true, &n));
    assert_int_equal(n, 3);
    assert_true(loglines_search(l, "error", 2, true, &n));
    assert_int_equal(n, 1);
    n = 99;
    assert_false(loglines_search(l, "error", 0, true, &n));
    assert_false(loglines_search(l, "error", 4, false, &n));
    assert_false(loglines_search(l, "lost", 0, false, &n));
    assert_int_equal(n, 99);
    loglines_free(l);
}

/* Much text, with colours, through a ring of 1 MB: the speed is printed, the bound is checked. */
static void a_flood_passes(void **state)
{
    (void)state;
    struct loglines *l = loglines_new(10000, 1 << 20);
    char block[4096];
    size_t used = 0;
    while (used < sizeof block - 100) {
        used += (size_t)snprintf(block + used, sizeof block - used,
                                 "\x1b[32mINFO\x1b[0m 12:00:00 GET /index.html 200 in %zu ms\n", used % 100);
    }
    const size_t total = 20u << 20;
    clock_t start = clock();
    for (size_t done = 0; done < total; done += used) {
        loglines_add(l, 0, 0, block, used);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    print_message("%.0f MB/s of coloured log lines\n", (double)total / 1e6 / (seconds > 0 ? seconds : 1e-6));
    assert_int_equal(loglines_end(l) - loglines_first(l), 10000);
    struct logline line;
    assert_true(loglines_get(l, loglines_end(l) - 1, &line));
    assert_memory_equal(line.text, "INFO 12:00:00 GET", 17);
    loglines_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_at_newlines),
        cmocka_unit_test(an_unfinished_line_counts),
        cmocka_unit_test(escape_sequences_are_taken_out),
        cmocka_unit_test(a_broken_sequence_does_not_swallow_the_log),
        cmocka_unit_test(control_characters_are_taken_out),
        cmocka_unit_test(a_carriage_return_begins_the_line_anew),
        cmocka_unit_test(characters_may_be_split_and_invalid),
        cmocka_unit_test(a_character_cut_by_the_end_is_shown),
        cmocka_unit_test(streams_do_not_mix),
        cmocka_unit_test(the_oldest_lines_fall_out),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(lines_are_found),
        cmocka_unit_test(a_flood_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
