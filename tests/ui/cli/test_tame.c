/* What a terminal gets of a process that thinks that it has none. Each case also comes byte by byte. */
#include "core/text.h"
#include "tests/core/test.h"
#include "ui/cli/tame.h"

static const struct {
    const char *in, *out;
} cases[] = {
    {"plain\ttext\r\nand \303\266\n", "plain\ttext\r\nand \303\266\n"},
    {"\033[1;31mred\033[0m", "\033[1;31mred\033[0m"},
    {"\033[38:2::1:2:3mrgb\033[m", "\033[38:2::1:2:3mrgb\033[m"},
    {"a\033[2Jb\033[?1049hc\033[6nd\033[>ce", "abcde"},
    {"a\033]52;c;aGVsbG8=\007b\033]0;title\033\\c", "abc"},
    {"a\033Pq#1\033\\b\033_x\033\\c\033^y\033\\d\033Xz\033\\e", "abcde"},
    {"a\033cb\033(0c\033#8d", "abcd"},
    {"a\007b\016c\177d", "abcd"},
    {"a\302\233"
     "2Jb\302\240c\302\302\240d",
     "a2Jb\302\240c\357\277\275\302\240d"},
    /* Bytes that are no UTF-8, among them what a terminal of 8 bits takes for ESC [ and ESC ]. */
    {"a\233"
     "2Jb\235"
     "0;t\007c",
     "a\357\277\275"
     "2Jb\357\277\275"
     "0;tc"},
    {"a\300\233"
     "2Jb\340\200\233m",
     "a\357\277\275\357\277\275"
     "2Jb\357\277\275\357\277\275\357\277\275m"},
    {"a\344\270\255\360\237\230\200b", "a\344\270\255\360\237\230\200b"},
    {"a\344\270\033[1mb\360\237\n", "a\357\277\275\033[1mb\357\277\275\n"},
    {"a\033\303\251b\033[3\303\251mc", "a\303\251b\303\251mc"},
    {"a\033]0;\303\251\233\007b\033P\303\033\\c", "abc"},
    {"a\033]0;t\033\303\251b", "a\303\251b"},
    {"cut\303", "cut\357\277\275"},
    {"cut\360\237\230", "cut\357\277\275"},
    {"a\033]never\030b\033[1\032c", "abc"},
    {"a\033\033[31mb\033[3\033[1mc", "a\033[31mb\033[1mc"},
    {"\033[11111111111111111111111111111111111111111111111111111111111111111111111111mx", "x"},
    {"\033[?25mx\033[1 my", "xy"},
};

static void what_passes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].in); piece++) {
            struct tame *t = tame_new();
            struct text out = {0};
            size_t len = strlen(cases[i].in);
            for (size_t at = 0; at < len; at += piece) {
                tame_feed(t, cases[i].in + at, at + piece < len ? piece : len - at, &out);
            }
            tame_end(t, &out);
            assert_string_equal(text_of(&out), cases[i].out);
            text_done(&out);
            tame_free(t);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
