#include "core/sizes.h"

#include <locale.h>
#include <math.h>

#include "tests/core/test.h"

static const uint64_t KB = 1024, MB = 1024 * 1024, GB = 1024 * 1024 * 1024;

static void sizes_have_three_digits_at_most(void **state)
{
    (void)state;
    const struct {
        uint64_t bytes;
        const char *text;
    } table[] = {
        {0, "0 B"},
        {1, "1 B"},
        {999, "999 B"},
        {1000, "1.0 KB"},
        {KB, "1.0 KB"},
        {1536, "1.5 KB"},
        {10 * KB - 1, "10 KB"},
        {999 * KB, "999 KB"},
        {1000 * KB, "1.0 MB"},
        {3879731, "3.7 MB"},
        {182 * MB, "182 MB"},
        {GB + GB / 5, "1.2 GB"},
        {1024 * GB, "1.0 TB"},
        {UINT64_MAX, "16 EB"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[SIZE_TEXT];
        assert_string_equal(size_print(out, table[i].bytes), table[i].text);
        assert_ptr_equal(size_print(out, table[i].bytes), out);
    }
}

static void sizes_are_read_as_docker_reads_them(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint64_t bytes;
    } table[] = {
        {"0", 0},
        {"512", 512},
        {"512b", 512},
        {"512B", 512},
        {"1k", KB},
        {"1kb", KB},
        {"1KiB", KB},
        {"512m", 512 * MB},
        {"1.5GiB", GB + GB / 2},
        {"0.5g", GB / 2},
        {".5g", GB / 2},
        {"2 GB", 2 * GB},
        {"1t", 1024 * GB},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        uint64_t bytes = 77;
        assert_true(size_parse(table[i].text, &bytes));
        assert_int_equal(bytes, table[i].bytes);
    }
}

static void other_words_are_no_sizes(void **state)
{
    (void)state;
    static const char *const words[] = {"",
                                        "m",
                                        "-1",
                                        "+1",
                                        "1x",
                                        "1mm",
                                        "1bb",
                                        "1ib",
                                        "1e3",
                                        "0x1",
                                        "1 ",
                                        " 1",
                                        "1  g",
                                        "1.2.3g",
                                        "1,5g",
                                        ".",
                                        "inf",
                                        "nan",
                                        "18446744073709551616",
                                        "99999999999999999t",
                                        "1gibi"};
    for (size_t i = 0; i < COUNT(words); i++) {
        uint64_t bytes = 77;
        assert_false(size_parse(words[i], &bytes));
        assert_int_equal(bytes, 77);
    }
}

static void cpu_is_percent_of_a_core(void **state)
{
    (void)state;
    static const struct {
        double cores;
        const char *text;
    } table[] = {
        {0, "0.0 %"},       {0.031, "3.1 %"},  {0.0004, "0.0 %"},    {0.145, "14.5 %"},
        {0.9994, "99.9 %"}, {0.9999, "100 %"}, {12, "1200 %"},       {-1, "0.0 %"},
        {NAN, "–"},         {INFINITY, "–"},   {1e300, "9999999 %"},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char out[SIZE_TEXT];
        assert_string_equal(cpu_print(out, table[i].cores), table[i].text);
    }
}

static void cpus_are_positive_decimals(void **state)
{
    (void)state;
    double cores = 0;
    assert_true(cpus_parse("1.5", &cores) && cores == 1.5);
    assert_true(cpus_parse(".25", &cores) && cores == 0.25);
    assert_true(cpus_parse("4", &cores) && cores == 4);
    static const char *const words[] = {"",    "0",    "0.0", "-1",  "1e3", "1,5",
                                        "two", "1.5 ", "nan", "inf", "0x2", "."};
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_false(cpus_parse(words[i], &cores));
    }
}

static void no_locale_changes_a_number(void **state)
{
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    for (size_t i = 0; i < COUNT(locales); i++) {
        setlocale(LC_ALL, locales[i]);
        char out[SIZE_TEXT];
        double cores;
        assert_string_equal(size_print(out, 1536), "1.5 KB");
        assert_string_equal(cpu_print(out, 0.031), "3.1 %");
        assert_true(cpus_parse("1.5", &cores) && cores == 1.5);
    }
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_have_three_digits_at_most),
        cmocka_unit_test(sizes_are_read_as_docker_reads_them),
        cmocka_unit_test(other_words_are_no_sizes),
        cmocka_unit_test(cpu_is_percent_of_a_core),
        cmocka_unit_test(cpus_are_positive_decimals),
        cmocka_unit_test(no_locale_changes_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
