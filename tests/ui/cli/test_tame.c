/* What a terminal gets of a process that thinks that it has none, or that nobody is to answer. Each case also
 * comes byte by byte. */
#include "core/text.h"
#include "tests/core/test.h"
#include "ui/cli/tame.h"

struct passing {
    const char *in, *out;
};

static const struct passing lines[] = {
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

/* What asks, in all its forms, is left out whole; what draws passes as it came. */
static const struct passing screen[] = {
    {"plain\ttext\r\n\007\016\303\266\n", "plain\ttext\r\n\007\016\303\266\n"},
    {"\033[2J\033[1;5r\033[?1049h\033[3 q\033[!p\033[1\"q\033[31mx",
     "\033[2J\033[1;5r\033[?1049h\033[3 q\033[!p\033[1\"q\033[31mx"},
    {"\0337\033(0q\033)B\033#8\033M\033c\0338\033=", "\0337\033(0q\033)B\033#8\033M\033c\0338\033="},
    {"a\005b\033Zc\302\232d", "abcd"},
    {"a\033[cb\033[0cc\033[>cd\033[=0ce", "abcde"},
    {"a\033[5nb\033[6nc\033[?6nd\033[?996ne\033[>4nf", "abcde\033[>4nf"},
    {"a\033[?2026$pb\033[4$pc", "abc"},
    {"a\033[14tb\033[18tc\033[21td\033[>0te\033[xf", "abcdef"},
    {"a\033[1;1;1;1;2;2*yb\033[1$wc\033[?ud\033[>qe\033[>0qf\033[?4mg\033[?1;1;0Sh\033[2ii", "abcdefghi"},
    {"a\033[>1u\033[<u\033[=1;2u\033[>4;2mb", "a\033[>1u\033[<u\033[=1;2u\033[>4;2mb"},
    {"a\033]11;?\007b\033]4;1;?\033\\c\033]10;?\007d\033]52;c;?\007e\033]50;?\007f", "abcdef"},
    {"a\033]1337;ReportCellSize\007b\033]52;c;aGVsbG8=\007c\033]9;told\007d", "abcd"},
    {"\033]0;what? why?\007x\033]8;;http://h/?q\033\\y\033]8;;\007",
     "\033]0;what? why?\033\\x\033]8;;http://h/?q\033\\y\033]8;;\033\\"},
    {"\033]11;#102030\007\033]104\033\\", "\033]11;#102030\033\\\033]104\033\\"},
    {"a\033P$qm\033\\b\033P+q544e\033\\c\033_Gi=1,a=q;AAAA\033\\d\033^x\033\\e\033Xy\033\\f", "abcdef"},
    {"a\033Ptmux;\033\033[6n\033\\b", "ab"},
    {"a\302\2336nb\302\23311;3Hc\302\23511;?\302\234d", "ab\033[11;3Hc"},
    {"a\2336nb\303\233c\345\233\233d", "a6nb\303\233c\345\233\233d"},
    {"a\033[\0056nb\033[6\030c\033[6\033[5nd", "abcd"},
    {"\033[?1004h\033[?25;1004;2004hx\033[?2048h", "\033[?25;2004hx"},
    {"\033[99999999999999999999n\033[6:1n\033[ 6nx", "x"},
};

/* Where the bar stands, the replay ends. */
static const struct passing released[] = {
    {"a\033[6n|b\033[6nc", "ab\033[6nc"},
    {"a\033[|6nb", "a\033[6nb"},
    {"a\033|[6nb", "a\033[6nb"},
    {"a\033]11;|?\007b", "a\033]11;?\007b"},
    {"a\033P$q|m\033\\b\033[c", "ab\033[c"},
    {"a\302|\240b", "a\302\240b"},
    {"a\303|\266b", "a\303\266b"},
    {"\033[?1004;25h\033[?2048h|x", "\033[?25h\033[?1004h\033[?2048hx"},
    {"\033[?1004h\033[?1004l|x", "x"},
    {"\033[?02048;7h|x", "\033[?7h\033[?2048hx"},
    {"|\005\033Z\033[?2048h", "\005\033Z\033[?2048h"},
};

static void expect(enum tame_kind kind, const struct passing *c, size_t piece)
{
    struct tame *t = tame_new(kind);
    struct text out = {0};
    const char *at = c->in;
    while (*at) {
        size_t len = strcspn(at, "|");
        len = len < piece ? len : piece;
        tame_feed(t, at, len, &out);
        at += len;
        if (*at == '|') {
            tame_release(t, &out);
            at++;
        }
    }
    tame_end(t, &out);
    assert_string_equal(text_of(&out), c->out);
    text_done(&out);
    tame_free(t);
}

static void expect_all(enum tame_kind kind, const struct passing *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t piece = 1; piece <= strlen(cases[i].in); piece++) {
            expect(kind, &cases[i], piece);
        }
    }
}

static void lines_pass(void **state)
{
    (void)state;
    expect_all(TAME_LINES, lines, COUNT(lines));
}

static void what_asks_does_not_pass(void **state)
{
    (void)state;
    expect_all(TAME_SCREEN, screen, COUNT(screen));
}

static void all_passes_after_the_replay(void **state)
{
    (void)state;
    expect_all(TAME_SCREEN, released, COUNT(released));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_pass),
                                       cmocka_unit_test(what_asks_does_not_pass),
                                       cmocka_unit_test(all_passes_after_the_replay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
