#include "core/console.h"

#include "tests/core/test.h"

struct fake {
    struct console base;
    char heard[256];
};

static void hear(struct console *c, const char *word)
{
    strcat(((struct fake *)c)->heard, word);
}

static void fake_write(struct console *c, const char *data, size_t len)
{
    strncat(((struct fake *)c)->heard, data, len);
}

static void fake_end_input(struct console *c)
{
    hear(c, "<end>");
}

static void fake_hold(struct console *c, bool hold)
{
    hear(c, hold ? "<hold>" : "<go>");
}

static void fake_resize(struct console *c, int rows, int cols)
{
    hear(c, rows == 24 && cols == 80 ? "<24x80>" : "<?>");
}

static void fake_signal(struct console *c, int number)
{
    hear(c, number == 15 ? "<15>" : "<?>");
}

static void fake_close(struct console *c)
{
    hear(c, "<close>");
}

static void the_engine_hears_the_owner(void **state)
{
    (void)state;
    static const struct console_type all = {fake_write,  fake_end_input, fake_hold,
                                            fake_resize, fake_signal,    fake_close};
    struct fake f = {.base.type = &all};
    console_write(&f.base, "abc", 2);
    console_write(&f.base, "abc", 0);
    console_hold(&f.base, true);
    console_hold(&f.base, false);
    console_resize(&f.base, 24, 80);
    console_resize(&f.base, 0, 80);
    console_resize(&f.base, 24, -1);
    console_signal(&f.base, 15);
    console_end_input(&f.base);
    console_close(&f.base);
    assert_string_equal(f.heard, "ab<hold><go><24x80><15><end><close>");
}

static void what_a_stream_cannot_do_is_silent(void **state)
{
    (void)state;
    static const struct console_type little = {.close = fake_close};
    struct fake f = {.base.type = &little};
    console_write(&f.base, "abc", 3);
    console_hold(&f.base, true);
    console_resize(&f.base, 24, 80);
    console_signal(&f.base, 15);
    console_end_input(&f.base);
    console_close(&f.base);
    assert_string_equal(f.heard, "<close>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_hears_the_owner),
        cmocka_unit_test(what_a_stream_cannot_do_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
