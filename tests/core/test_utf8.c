/* UTF-8 that comes whole, in pieces, and broken. */
#include "core/text.h"
#include "core/utf8.h"
#include "tests/core/test.h"

static const struct {
    const char *in;
    const char *out; /* what is well-formed as it is, U+FFFD as ? */
} CASES[] = {
    {"a\303\251\344\270\255\360\237\230\200z", "a\303\251\344\270\255\360\237\230\200z"},
    {"\303", "?"},
    {"\303(", "?("},
    {"\344\270(", "?("},
    {"\360\237\230(", "?("},
    {"\360\237\303\251", "?\303\251"},
    {"\200\277", "??"},
    {"\300\257", "??"},           /* overlong, of two bytes */
    {"\340\200\257", "???"},      /* of three */
    {"\360\200\200\257", "????"}, /* of four */
    {"\355\240\200", "???"},      /* a surrogate */
    {"\364\220\200\200", "????"}, /* above U+10FFFF */
    {"\370\210\200\200\200", "?????"},
    {"\376\377", "??"},
    /* The example of the Unicode Standard, table 3-8. */
    {"\300\257\340\200\277\360\201\202A", "????????A"},
    {"\355\240\200\355\277\277\355\257A", "????????A"},
    {"\364\221\222\223\377A\200\277B", "?????A??B"},
    {"\341\200\342\360\221\222\361\277A", "????A"},
    {"\302\233\302\200", "\302\233\302\200"},
    {"\364\217\277\277\356\200\200\355\237\277", "\364\217\277\277\356\200\200\355\237\277"},
};

static void add(struct text *t, uint32_t code)
{
    char bytes[UTF8_LONGEST];
    if (code == UTF8_REPLACEMENT) {
        text_add_char(t, '?');
    } else {
        text_add_n(t, bytes, text_encode(code, bytes));
    }
}

static void add_piece(struct utf8_held *h, const char *s, size_t len, struct text *out)
{
    const char *end = s + len;
    while (s < end) {
        bool whole;
        uint32_t code;
        size_t left = (size_t)(end - s);
        s += h->n > 0 ? utf8_resume(h, s, left, &whole, &code) : utf8_begin(h, s, left, &whole, &code);
        if (whole) {
            add(out, code);
        }
    }
}

static void in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        size_t len = strlen(CASES[i].in);
        for (size_t piece = 1; piece <= len; piece++) {
            struct utf8_held h = {0};
            struct text out = {0};
            for (size_t at = 0; at < len; at += piece) {
                /* A block of exactly that size, so that a read beyond it is seen. */
                size_t n = at + piece < len ? piece : len - at;
                struct text block = {0};
                text_add_n(&block, CASES[i].in + at, n);
                add_piece(&h, block.data, n, &out);
                text_done(&block);
                assert_in_range(h.n, 0, UTF8_LONGEST - 1);
            }
            if (utf8_end(&h)) {
                add(&out, UTF8_REPLACEMENT);
            }
            assert_false(utf8_end(&h));
            assert_string_equal(text_of(&out), CASES[i].out);
            text_done(&out);
        }
    }
}

static void every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char bytes[UTF8_LONGEST];
        uint32_t decoded;
        if (code == 0xd800) {
            code = 0xe000;
        }
        size_t n = text_encode(code, bytes);
        assert_int_equal(utf8_decode(bytes, n, &decoded), n);
        assert_int_equal(decoded, code);
        for (size_t cut = 1; cut < n; cut++) {
            assert_int_equal(utf8_decode(bytes, cut, &decoded), 0);
        }
    }
}

static void an_unfinished_end(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t n;
    } cases[] = {{"", 0},
                 {"a", 0},
                 {"\303", 1},
                 {"a\303", 1},
                 {"a\303\251", 0},
                 {"\344\270", 2},
                 {"\344", 1},
                 {"\360\237\230", 3},
                 {"\360\237\230\200", 0},
                 {"a\251", 0},
                 {"\340\200", 0},
                 {"\377", 0},
                 {"\251\251\251\251", 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utf8_unfinished(cases[i].s, strlen(cases[i].s)), cases[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_pieces_of_any_size),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(an_unfinished_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
