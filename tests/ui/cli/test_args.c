#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/cli/args.h"
#include "ui/cli/stream.h"

enum { TTY, INPUT, NAME, MEMORY };

static const struct cli_option options[] = {{'t', "tty", NULL, ""},
                                            {'i', "interactive", NULL, ""},
                                            {0, "name", "NAME", ""},
                                            {'m', "memory", "SIZE", ""},
                                            {0, NULL, NULL, NULL}};

static struct args begin(char **argv)
{
    int argc = 0;
    while (argv[argc]) {
        argc++;
    }
    struct args a;
    args_init(&a, options, argc, argv);
    return a;
}

static void letters_cluster(void **state)
{
    (void)state;
    char *argv[] = {"-itm512m", "-m", "1g", "-m=2g", NULL};
    struct args a = begin(argv);
    assert_int_equal(args_next(&a), INPUT);
    assert_int_equal(args_next(&a), TTY);
    assert_int_equal(args_next(&a), MEMORY);
    assert_string_equal(a.value, "512m");
    assert_int_equal(args_next(&a), MEMORY);
    assert_string_equal(a.value, "1g");
    assert_int_equal(args_next(&a), MEMORY);
    assert_string_equal(a.value, "2g");
    assert_int_equal(args_next(&a), ARGS_END);
}

static void long_options(void **state)
{
    (void)state;
    char *argv[] = {"--name=web", "--name", "db", "--tty=false", "--tty", "--name=", NULL};
    struct args a = begin(argv);
    assert_int_equal(args_next(&a), NAME);
    assert_string_equal(a.value, "web");
    assert_int_equal(args_next(&a), NAME);
    assert_string_equal(a.value, "db");
    assert_int_equal(args_next(&a), TTY);
    assert_false(a.on);
    assert_int_equal(args_next(&a), TTY);
    assert_true(a.on);
    assert_int_equal(args_next(&a), NAME);
    assert_string_equal(a.value, "");
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        char *word;
        const char *says;
    } rows[] = {{"--names", "unknown option --names"},
                {"-x", "unknown option -x"},
                {"--name", "--name needs a value"},
                {"-m", "-m needs a value"},
                {"--tty=maybe", "--tty takes no value but true or false"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *argv[] = {rows[i].word, NULL};
        struct args a = begin(argv);
        assert_int_equal(args_next(&a), ARGS_WRONG);
        assert_string_equal(a.error, rows[i].says);
    }
}

static void words_and_the_rest(void **state)
{
    (void)state;
    char *argv[] = {"-t", "image", "-i", "--", "-i", NULL};
    struct args a = begin(argv);
    assert_int_equal(args_next(&a), TTY);
    assert_int_equal(args_next(&a), ARGS_WORD);
    assert_string_equal(a.value, "image");
    assert_string_equal(args_rest(&a)[0], "-i");
    assert_int_equal(args_next(&a), INPUT);
    assert_int_equal(args_next(&a), ARGS_WORD); /* after "--" */
    assert_string_equal(a.value, "-i");
    assert_int_equal(args_next(&a), ARGS_END);
}

static void detach_keys(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(stream_parse_keys("ctrl-p,ctrl-q", out, 4), 2);
    assert_memory_equal(out, "\x10\x11", 2);
    assert_int_equal(stream_parse_keys("ctrl-],x", out, 4), 2);
    assert_memory_equal(out, "\x1dx", 2);
    assert_int_equal(stream_parse_keys("ctrl-@,ctrl-[,ctrl-_", out, 4), 3);
    assert_memory_equal(out, "\0\x1b\x1f", 3);
    assert_int_equal(stream_parse_keys("ctrl-!", out, 4), -1);
    assert_int_equal(stream_parse_keys("word", out, 4), -1);
    assert_int_equal(stream_parse_keys("a,b,c,d,e", out, 4), -1);
    assert_int_equal(stream_parse_keys("", out, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters_cluster), cmocka_unit_test(long_options),
                                       cmocka_unit_test(what_is_wrong_is_said),
                                       cmocka_unit_test(words_and_the_rest), cmocka_unit_test(detach_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
