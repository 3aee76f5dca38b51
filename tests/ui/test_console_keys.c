#include "tests/core/test.h"

#ifdef _WIN32
#include <windows.h>

#include "ui/console_keys.h"

static struct key typed(const INPUT_RECORD *records, size_t n)
{
    struct console_keys state = {0};
    struct typing *t = typing_new(true);
    struct key k = {0}, more;
    for (size_t i = 0; i < n; i++) {
        console_keys_feed(&state, t, &records[i], 100);
    }
    typing_idle(t);
    if (!typing_next(t, &k)) {
        k.code = KEY_NONE_;
    }
    assert_false(typing_next(t, &more));
    typing_free(t);
    return k;
}

static INPUT_RECORD press(WORD virtual_key, WCHAR character, DWORD state)
{
    return (INPUT_RECORD){.EventType = KEY_EVENT,
                          .Event.KeyEvent = {.bKeyDown = TRUE,
                                             .wRepeatCount = 1,
                                             .wVirtualKeyCode = virtual_key,
                                             .uChar.UnicodeChar = character,
                                             .dwControlKeyState = state}};
}

static void assert_key(INPUT_RECORD record, const char *name)
{
    char label[KEY_NAME];
    struct key k = typed(&record, 1);
    assert_string_equal(key_label(&k, label), name);
}

static void keys_have_their_names(void **state)
{
    (void)state;
    assert_key(press('A', L'a', 0), "a");
    assert_key(press('A', L'A', SHIFT_PRESSED), "A");
    assert_key(press('K', 0x0b, LEFT_CTRL_PRESSED), "Ctrl-K");
    assert_key(press('X', L'x', LEFT_ALT_PRESSED), "Alt-x");
    assert_key(press('Q', L'@', LEFT_CTRL_PRESSED | RIGHT_ALT_PRESSED), "@"); /* AltGr */
    assert_key(press(VK_RETURN, L'\r', 0), "Enter");
    assert_key(press(VK_TAB, L'\t', SHIFT_PRESSED), "Shift-Tab");
    assert_key(press(VK_ESCAPE, 27, 0), "Esc");
    assert_key(press(VK_NEXT, 0, ENHANCED_KEY), "Page Down");
    assert_key(press(VK_F10, 0, 0), "F10");
    assert_key(press(VK_UP, 0, LEFT_CTRL_PRESSED), "Ctrl-Up");
    assert_key(press(0xba, 0xe9, 0), "\xc3\xa9");
}

static void what_is_no_key_is_silent(void **state)
{
    (void)state;
    INPUT_RECORD up = press('A', L'a', 0), shift = press(VK_SHIFT, 0, SHIFT_PRESSED);
    INPUT_RECORD focus = {.EventType = FOCUS_EVENT};
    up.Event.KeyEvent.bKeyDown = FALSE;
    assert_int_equal(typed(&up, 1).code, KEY_NONE_);
    assert_int_equal(typed(&shift, 1).code, KEY_NONE_);
    assert_int_equal(typed(&focus, 1).code, KEY_NONE_);
}

static void characters_in_two_parts_are_one(void **state)
{
    (void)state;
    const INPUT_RECORD both[] = {press(0, 0xd83d, 0), press(0, 0xde00, 0)};
    assert_int_equal(typed(both, 2).code, 0x1f600);
    assert_int_equal(typed(both + 1, 1).code, KEY_NONE_); /* half of one */
    INPUT_RECORD composed = press(VK_MENU, 0xe4, 0);      /* Alt with the number pad, let go */
    composed.Event.KeyEvent.bKeyDown = FALSE;
    assert_int_equal(typed(&composed, 1).code, 0xe4);
}

static void the_mouse_counts_from_the_window(void **state)
{
    (void)state;
    INPUT_RECORD mouse = {
        .EventType = MOUSE_EVENT,
        .Event.MouseEvent = {.dwMousePosition = {7, 104}, .dwButtonState = FROM_LEFT_1ST_BUTTON_PRESSED}};
    struct key k = typed(&mouse, 1);
    assert_int_equal(k.code, KEY_CODE_MOUSE);
    assert_int_equal(k.mouse, MOUSE_PRESS);
    assert_int_equal(k.mouse_row, 4);
    assert_int_equal(k.mouse_col, 7);
    mouse.Event.MouseEvent.dwButtonState = (DWORD)-120 << 16;
    mouse.Event.MouseEvent.dwEventFlags = MOUSE_WHEELED;
    assert_int_equal(typed(&mouse, 1).mouse, MOUSE_WHEEL_DOWN);
    mouse.Event.MouseEvent.dwMousePosition.Y = 3; /* above the window */
    assert_int_equal(typed(&mouse, 1).code, KEY_NONE_);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_their_names),
        cmocka_unit_test(what_is_no_key_is_silent),
        cmocka_unit_test(characters_in_two_parts_are_one),
        cmocka_unit_test(the_mouse_counts_from_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 77; /* the Windows console only */
}

#endif
