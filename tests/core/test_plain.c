/* What is printed is safe, and is the same however the bytes were cut. */
#include "core/plain.h"

#include <string.h>

#include "core/text.h"
#include "tests/core/test.h"

static void add_text(void *user, const char *s, size_t len)
{
    text_add_n(user, s, len);
}

static void add_control(void *user, char c)
{
    text_add(user, c == '\n' ? "<n>" : c == '\r' ? "<r>" : "<t>");
}

static const struct plain_sink sink = {add_text, add_control};

/* In one piece, and byte by byte. */
static void is(const char *bytes, size_t len, const char *wanted)
{
    for (size_t piece = len; piece > 0; piece = piece == 1 ? 0 : 1) {
        struct plain p = {0};
        struct text out = {0};
        for (size_t at = 0; at < len; at += piece) {
            plain_feed(&p, &sink, &out, bytes + at, piece);
        }
        plain_end(&p, &sink, &out);
        assert_string_equal(text_of(&out), wanted);
        text_done(&out);
    }
}

static void what_drives_a_terminal_is_taken_out(void **state)
{
    (void)state;
    static const char hostile[] = "a\033[31mb\033]0;title\007c\033P1\033\\d\033(Be\b\007\177f\302\233"
                                  "5mg";
    is(hostile, sizeof hostile - 1, "abcdefg");
    static const char broken[] = "\033]0;never ended\nnext";
    is(broken, sizeof broken - 1, "<n>next");
}

static void characters_stay_whole(void **state)
{
    (void)state;
    static const char mixed[] = "caf\303\251 \377 \342\202\254\0\342\200\256\t\r\n";
    is(mixed, sizeof mixed - 1, "caf\303\251 \357\277\275 \342\202\254\357\277\275<t><r><n>");
}

static void broken_characters_are_told_once(void **state)
{
    (void)state;
    static const char cut[] = "a\342\202b\360\237\230";
    is(cut, sizeof cut - 1, "a\357\277\275b\357\277\275");
    static const char eight_bits[] = "a\233"
                                     "2Jb";
    is(eight_bits, sizeof eight_bits - 1,
       "a\357\277\275"
       "2Jb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_drives_a_terminal_is_taken_out),
        cmocka_unit_test(characters_stay_whole),
        cmocka_unit_test(broken_characters_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
