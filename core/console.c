/* core/console.c - the owner's side of a console. What a kind of stream cannot do, it leaves NULL: silence.
 */
#include "core/console.h"

void console_write(struct console *c, const char *data, size_t len)
{
    if (len > 0 && c->type->write) {
        c->type->write(c, data, len);
    }
}

void console_end_input(struct console *c)
{
    if (c->type->end_input) {
        c->type->end_input(c);
    }
}

void console_hold(struct console *c, bool hold)
{
    if (c->type->hold) {
        c->type->hold(c, hold);
    }
}

void console_resize(struct console *c, int rows, int cols)
{
    if (rows > 0 && cols > 0 && c->type->resize) {
        c->type->resize(c, rows, cols);
    }
}

void console_signal(struct console *c, int number)
{
    if (c->type->signal) {
        c->type->signal(c, number);
    }
}

void console_close(struct console *c)
{
    c->type->close(c);
}
