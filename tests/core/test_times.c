#include "core/times.h"

#include <time.h>

#include "tests/core/system.h"
#include "tests/core/test.h"

static void moments_are_printed_and_read(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } table[] = {
        {1, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951827696123, "2000-02-29T12:34:56.123Z"},
        {1795491840123, "2026-11-24T03:44:00.123Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"}, /* the day after 28 February: no leap year */
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-62135596800000, "0001-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[TIME_TEXT];
        int64_t ms;
        assert_string_equal(time_print(out, table[i].ms), table[i].text);
        assert_true(time_parse(out, &ms));
        assert_int_equal(ms, table[i].ms);
    }
    char out[TIME_TEXT];
    assert_string_equal(time_print(out, 0), "");
    assert_string_equal(time_print(out, INT64_MAX), "9999-12-31T23:59:59.999Z");
    assert_string_equal(time_print(out, INT64_MIN), "0001-01-01T00:00:00.000Z");
}

static void the_calendar_agrees_with_the_system(void **state)
{
    (void)state;
#ifdef _WIN32 /* its calendar goes from 1970 to 3000 */
    const int64_t first = 0, last = 376000;
#else
    const int64_t first = -200000, last = 2900000;
#endif
    for (int64_t day = first; day < last; day += 97) {
        time_t seconds = (time_t)(day * 86400 + 45296);
        struct tm utc;
        char expected[TIME_TEXT], out[TIME_TEXT];
        assert_non_null(gmtime_r(&seconds, &utc));
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
        assert_string_equal(time_print(out, (int64_t)seconds * 1000), expected);
    }
}

static void rfc_3339_with_offsets_and_decimals(void **state)
{
    (void)state;
    static const char *const same[] = {
        "2026-11-24T03:44:00.123Z",      "2026-11-24t03:44:00.123z",         "2026-11-24 03:44:00.123Z",
        "2026-11-24T05:14:00.123+01:30", "2026-11-23T22:44:00.123456-05:00", "2026-11-24T03:44:00.123999999Z",
    };
    for (size_t i = 0; i < COUNT(same); i++) {
        int64_t ms = 0;
        assert_true(time_parse(same[i], &ms));
        assert_int_equal(ms, 1795491840123);
    }
    int64_t ms;
    assert_true(time_parse("2026-11-24T03:44:00.1Z", &ms));
    assert_int_equal(ms % 1000, 100);
    assert_true(time_parse("2016-12-31T23:59:60Z", &ms)); /* a leap second */
}

static void other_words_are_no_moments(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        "now",
        "2026-11-24",
        "2026-11-24T03:44:00",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T03:60:00Z",
        "2026-11-24T03:44:61Z",
        "2026-11-24T03:44:00.Z",
        "2026-11-24T03:44:00Z ",
        "2026-11-24T03:44:00+1:00",
        "2026-11-24T03:44:00+24:00",
        "20261-11-24T03:44:00Z",
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        int64_t ms = 7;
        assert_false(time_parse(words[i], &ms));
        assert_int_equal(ms, 7);
    }
}

static void since_takes_moments_seconds_and_spans(void **state)
{
    (void)state;
    const int64_t now = 1795491840123;
    const struct {
        const char *text;
        int64_t ms;
    } table[] = {
        {"2026-11-24T03:44:00.123Z", now},
        {"1795491840", 1795491840000},
        {"1795491840.123", now},
        {"0", 0},
        {"10m", now - 600000},
        {"1h30m", now - 5400000},
        {"1.5h", now - 5400000},
        {"250ms", now - 250},
        {"90s", now - 90000},
        {"1h1m1s1ms", now - 3661001},
        {"2000us", now - 2},
        {"0s", now},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        int64_t ms = -7;
        assert_true(time_parse_since(table[i].text, now, &ms));
        assert_int_equal(ms, table[i].ms);
    }
    static const char *const words[] = {
        "", "m", "10x", "10m3", "-5m", "1e9", ".", ".m", "10 m", "ten", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(words); i++) {
        int64_t ms;
        assert_false(time_parse_since(words[i], now, &ms));
    }
}

static void spans_are_six_columns_at_most(void **state)
{
    (void)state;
    const int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
    const struct {
        int64_t ms;
        const char *text;
    } table[] = {
        {-5, "0 s"},
        {0, "0 s"},
        {7999, "7 s"},
        {59 * second, "59 s"},
        {minute, "1 min"},
        {59 * minute, "59 min"},
        {hour, "1 h"},
        {23 * hour, "23 h"},
        {day, "1 d"},
        {12 * day, "12 d"},
        {9999 * day, "9999 d"},
        {10000 * day, "27 y"},
        {INT64_MAX, "9999 y"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[TIME_TEXT];
        assert_string_equal(span_print(out, table[i].ms), table[i].text);
        assert_true(strlen(out) <= 6);
    }
}

static void the_clock_is_local(void **state)
{
    (void)state;
    char out[TIME_TEXT];
    setenv("TZ", "UTC-1:30", 1);
    tzset();
    assert_string_equal(time_print_clock(out, 1795491840123), "05:14:00");
    setenv("TZ", "UTC", 1);
    tzset();
    assert_string_equal(time_print_clock(out, 1795491840123), "03:44:00");
    assert_string_equal(time_print_clock(out, 0), "");
}

static void now_is_now(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = time_now();
    assert_in_range(now, before - 1000, before + 10000);
}

static void seconds_become_milliseconds(void **state)
{
    (void)state;
    assert_int_equal(time_of_seconds(5), 5000);
    assert_int_equal(time_of_seconds(0), 0);
    assert_int_equal(time_of_seconds(-5), 0);
    assert_int_equal(time_of_seconds(INT64_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_printed_and_read),
        cmocka_unit_test(the_calendar_agrees_with_the_system),
        cmocka_unit_test(rfc_3339_with_offsets_and_decimals),
        cmocka_unit_test(other_words_are_no_moments),
        cmocka_unit_test(since_takes_moments_seconds_and_spans),
        cmocka_unit_test(spans_are_six_columns_at_most),
        cmocka_unit_test(the_clock_is_local),
        cmocka_unit_test(now_is_now),
        cmocka_unit_test(seconds_become_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
