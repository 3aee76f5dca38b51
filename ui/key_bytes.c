#include "ui/key_bytes.h"

/* The byte that terminals have always sent for Ctrl and a character; -1: there is none. */
static int control_byte(uint32_t code)
{
    bool letter = code >= 'a' && code <= 'z';
    bool symbol = code == '@' || (code >= '[' && code <= '_');
    return code == ' ' ? 0 : letter || symbol ? (int)(code & 0x1f) : -1;
}

size_t key_bytes(const struct key *k, char out[KEY_BYTES])
{
    size_t n = 0;
    int control = k->modifiers & KEY_CTRL ? control_byte(k->code) : -1;
    if (k->modifiers & KEY_ALT) {
        out[n++] = '\033';
    }
    if (control >= 0) {
        out[n++] = (char)control;
        return n;
    }
    return n + text_encode(k->code, out + n);
}

void key_bytes_paste(struct text *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        bool c1 =
            c == 0xc2 && i + 1 < len && (unsigned char)s[i + 1] >= 0x80 && (unsigned char)s[i + 1] < 0xa0;
        if (c1) {
            i++;
        } else if (c == '\n') {
            text_add_char(out, '\r');
        } else if ((c >= 0x20 && c != 0x7f) || c == '\t' || c == '\r') {
            text_add_char(out, (char)c);
        }
    }
}
