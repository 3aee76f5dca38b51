/* Frames: whole, cut at every byte, and nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backends/local/shared/wire.h"
#include "core/memory.h"

/* Three frames in a row: empty, short, the longest. */
static unsigned char *three_frames(size_t *size)
{
    size_t sizes[3];
    unsigned char *payload = mem_new(WIRE_PAYLOAD, 1);
    memset(payload, 'x', WIRE_PAYLOAD);
    unsigned char *parts[3] = {wire_pack(WIRE_DONE, 0, NULL, 0, &sizes[0]),
                               wire_pack(WIRE_INPUT, 7, "hello", 5, &sizes[1]),
                               wire_pack(WIRE_OUTPUT, 0xabcd, payload, WIRE_PAYLOAD, &sizes[2])};
    *size = sizes[0] + sizes[1] + sizes[2];
    unsigned char *all = mem_new(*size, 1);
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        memcpy(all + at, parts[i], sizes[i]);
        at += sizes[i];
        free(parts[i]);
    }
    free(payload);
    return all;
}

struct seen {
    int count;
    size_t bytes;
};

static void take_all(struct wire *w, struct seen *seen)
{
    static const struct {
        enum wire_type type;
        uint16_t channel;
        size_t len;
    } expected[] = {{WIRE_DONE, 0, 0}, {WIRE_INPUT, 7, 5}, {WIRE_OUTPUT, 0xabcd, WIRE_PAYLOAD}};
    struct wire_frame frame;
    struct error e = {0};
    int got;
    while ((got = wire_next(w, &frame, &e)) > 0) {
        assert_true(seen->count < 3);
        assert_int_equal(frame.type, expected[seen->count].type);
        assert_int_equal(frame.channel, expected[seen->count].channel);
        assert_int_equal(frame.len, expected[seen->count].len);
        if (frame.len == 5) {
            assert_memory_equal(frame.payload, "hello", 5);
        } else if (frame.len > 0) {
            assert_int_equal(frame.payload[0], 'x');
            assert_int_equal(frame.payload[frame.len - 1], 'x');
        }
        seen->count++;
        seen->bytes += frame.len;
    }
    assert_int_equal(got, 0);
}

static void whole(void **state)
{
    (void)state;
    size_t size;
    unsigned char *all = three_frames(&size);
    struct wire *w = wire_new();
    struct seen seen = {0};
    wire_feed(w, all, size);
    take_all(w, &seen);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.bytes, 5 + WIRE_PAYLOAD);
    wire_free(w);
    free(all);
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    size_t size;
    unsigned char *all = three_frames(&size);
    size_t interesting = 3 * WIRE_HEADER + 5 + 10;
    for (size_t cut = 0; cut <= interesting; cut++) {
        struct wire *w = wire_new();
        struct seen seen = {0};
        wire_feed(w, all, cut);
        take_all(w, &seen);
        assert_true(seen.count < 3);
        wire_feed(w, all + cut, size - cut);
        take_all(w, &seen);
        assert_int_equal(seen.count, 3);
        wire_free(w);
    }
    free(all);
}

static void byte_by_byte(void **state)
{
    (void)state;
    size_t size;
    unsigned char *all = three_frames(&size);
    struct wire *w = wire_new();
    struct seen seen = {0};
    for (size_t i = 0; i < size; i++) {
        wire_feed(w, all + i, 1);
        take_all(w, &seen);
    }
    assert_int_equal(seen.count, 3);
    wire_free(w);
    free(all);
}

static void refused(const unsigned char *head, const char *word)
{
    struct wire *w = wire_new();
    struct wire_frame frame;
    struct error e = {0};
    wire_feed(w, head, WIRE_HEADER);
    assert_int_equal(wire_next(w, &frame, &e), -1);
    assert_int_equal(e.kind, ERROR_PROTOCOL);
    assert_non_null(strstr(e.text, word));
    unsigned char fine[WIRE_HEADER];
    wire_header(fine, WIRE_DONE, 0, 0);
    wire_feed(w, fine, sizeof fine);
    assert_int_equal(wire_next(w, &frame, &e), -1); /* it stays broken */
    wire_free(w);
}

static void nonsense(void **state)
{
    (void)state;
    unsigned char head[WIRE_HEADER];
    wire_header(head, WIRE_OUTPUT, 0, WIRE_PAYLOAD + 1);
    refused(head, "length");
    wire_header(head, WIRE_OUTPUT, 0, 0);
    head[3] = 0xff;
    refused(head, "length");
    wire_header(head, WIRE_OUTPUT, 0, 0);
    head[4] = WIRE_VERSION + 1;
    refused(head, "version");
    const unsigned char types[] = {
        0, WIRE_STATISTICS + 1, WIRE_OPENED - 1, WIRE_ROWS + 1, WIRE_HELLO - 1, WIRE_CLOCK + 1, 255};
    for (size_t i = 0; i < sizeof types; i++) {
        wire_header(head, WIRE_OUTPUT, 0, 0);
        head[5] = types[i];
        refused(head, "type");
    }
}

static void errors_travel(void **state)
{
    (void)state;
    struct error e = {0}, back = {0};
    error_set(&e, ERROR_NO_COMMAND, -2, "There is no command %s", "\xc3\xa4");
    size_t size;
    unsigned char *bytes = wire_pack_error(&e, &size);
    struct wire *w = wire_new();
    struct wire_frame frame;
    wire_feed(w, bytes, size);
    assert_int_equal(wire_next(w, &frame, NULL), 1);
    wire_unpack_error(&frame, &back);
    assert_int_equal(back.kind, ERROR_NO_COMMAND);
    assert_int_equal(back.native, -2);
    assert_string_equal(back.text, e.text);
    wire_free(w);
    free(bytes);
}

static void hostile_errors(void **state)
{
    (void)state;
    struct error e = {0};
    struct wire_frame frame = {.type = WIRE_ERROR, .payload = (const unsigned char *)"\1\0\0", .len = 3};
    wire_unpack_error(&frame, &e);
    assert_int_equal(e.kind, ERROR_PROTOCOL);
    frame.payload = (const unsigned char *)"\xff\1\0\0\0a\x1b]0;x\a\xff";
    frame.len = 13;
    wire_unpack_error(&frame, &e);
    assert_int_equal(e.kind, ERROR_OTHER);
    assert_null(strchr(e.text, '\x1b'));
    assert_null(strchr(e.text, '\a'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),    cmocka_unit_test(cut_at_every_byte), cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(nonsense), cmocka_unit_test(errors_travel),     cmocka_unit_test(hostile_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
