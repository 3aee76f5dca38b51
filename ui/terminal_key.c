#include "ui/terminal_key.h"

static VTermModifier modifiers_of(const struct key *key)
{
    int mod = VTERM_MOD_NONE;
    mod |= key->modifiers & KEY_SHIFT ? VTERM_MOD_SHIFT : 0;
    mod |= key->modifiers & KEY_ALT ? VTERM_MOD_ALT : 0;
    mod |= key->modifiers & KEY_CTRL ? VTERM_MOD_CTRL : 0;
    return (VTermModifier)mod;
}

static VTermKey special_key(uint32_t code)
{
    static const struct {
        uint32_t code;
        VTermKey key;
    } table[] = {
        {KEY_CODE_UP, VTERM_KEY_UP},
        {KEY_CODE_DOWN, VTERM_KEY_DOWN},
        {KEY_CODE_LEFT, VTERM_KEY_LEFT},
        {KEY_CODE_RIGHT, VTERM_KEY_RIGHT},
        {KEY_CODE_HOME, VTERM_KEY_HOME},
        {KEY_CODE_END, VTERM_KEY_END},
        {KEY_CODE_PAGE_UP, VTERM_KEY_PAGEUP},
        {KEY_CODE_PAGE_DOWN, VTERM_KEY_PAGEDOWN},
        {KEY_CODE_INSERT, VTERM_KEY_INS},
        {KEY_CODE_DELETE, VTERM_KEY_DEL},
        {KEY_CODE_BACKSPACE, VTERM_KEY_BACKSPACE},
        {KEY_CODE_ENTER, VTERM_KEY_ENTER},
        {KEY_CODE_TAB, VTERM_KEY_TAB},
        {KEY_CODE_ESCAPE, VTERM_KEY_ESCAPE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == code) {
            return table[i].key;
        }
    }
    if (code >= KEY_CODE_F1 && code <= KEY_CODE_F12) {
        return (VTermKey)VTERM_KEY_FUNCTION(1 + (int)(code - KEY_CODE_F1));
    }
    return VTERM_KEY_NONE;
}

/* Enter, Backspace and Esc have no other form that programs understand but the one with Alt. */
void terminal_key_special(VTerm *vt, const struct key *key)
{
    int mod = (int)modifiers_of(key);
    bool plain =
        key->code == KEY_CODE_ENTER || key->code == KEY_CODE_BACKSPACE || key->code == KEY_CODE_ESCAPE;
    mod &= plain ? VTERM_MOD_ALT : VTERM_ALL_MODS_MASK;
    VTermKey special = special_key(key->code);
    if (special != VTERM_KEY_NONE) {
        vterm_keyboard_key(vt, special, (VTermModifier)mod);
    }
}

void terminal_key_mouse(VTerm *vt, const struct key *key)
{
    VTermModifier mod = modifiers_of(key);
    int wheel = key->mouse == MOUSE_WHEEL_UP ? 4 : key->mouse == MOUSE_WHEEL_DOWN ? 5 : 0;
    vterm_mouse_move(vt, key->mouse_row, key->mouse_col, mod);
    if (wheel != 0) {
        vterm_mouse_button(vt, wheel, true, mod);
    } else {
        vterm_mouse_button(vt, 1, key->mouse == MOUSE_PRESS, mod);
    }
}
