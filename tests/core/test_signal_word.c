/* Signals as people spell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/signal_word.h"

static void names_with_and_without_sig_and_numbers(void **state)
{
    static const char *const words[] = {"KILL", "SIGKILL", "kill", "sigKill", "9"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_true(signal_word_is(words[i], "KILL", "9"));
    }
}

static void nothing_else(void **state)
{
    static const char *const words[] = {"", "SIG", "KIL", "KILLS", "SIGSIGKILL", "99", "09", "TERM", "15"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_false(signal_word_is(words[i], "KILL", "9"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_with_and_without_sig_and_numbers),
                                       cmocka_unit_test(nothing_else)};
    return cmocka_run_group_tests_name("signal_word", tests, NULL, NULL);
}
