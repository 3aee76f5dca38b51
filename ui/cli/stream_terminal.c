/* What our own standard streams are, and what is typed at the terminal among them. */
#include <string.h>
#include <uv.h>
#ifndef _WIN32
#include <termios.h>
#endif

#include "ui/cli/stream.h"

bool stream_is_terminal(int fd)
{
    return uv_guess_handle(fd) == UV_TTY;
}

void stream_size(int *rows, int *cols)
{
    *rows = *cols = 0;
    uv_loop_t loop;
    uv_tty_t tty;
    if (!stream_is_terminal(1) || uv_loop_init(&loop) != 0) {
        return;
    }
    if (uv_tty_init(&loop, &tty, 1, 0) == 0) {
        uv_tty_get_winsize(&tty, cols, rows);
        uv_close((uv_handle_t *)&tty, NULL);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

static int parse_key(const char *word, size_t len)
{
    if (len == 1) {
        return (unsigned char)word[0];
    }
    char c = len == 6 && strncmp(word, "ctrl-", 5) == 0 ? word[5] : 0;
    bool control = (c >= 'a' && c <= 'z') || c == '@' || (c >= '[' && c <= '_');
    return control ? c & 0x1f : -1;
}

int stream_parse_keys(const char *keys, char *out, int room)
{
    int n = 0;
    while (keys && *keys) {
        size_t len = strcspn(keys, ",");
        int byte = parse_key(keys, len);
        if (byte < 0 || n == room) {
            return -1;
        }
        out[n++] = (char)byte;
        keys += len;
        keys += *keys == ',';
    }
    return n;
}

#ifdef _WIN32
void stream_edit_until(char key)
{
    (void)key;
}

void stream_edit_as_before(void)
{
}
#else
static struct termios before;
static bool changed;

void stream_edit_until(char key)
{
    struct termios modes;
    if (tcgetattr(0, &before) == 0) {
        modes = before;
        modes.c_iflag &= ~(tcflag_t)IXON;
        modes.c_cc[VEOL] = (cc_t)key;
        changed = tcsetattr(0, TCSANOW, &modes) == 0;
    }
}

void stream_edit_as_before(void)
{
    if (changed) {
        changed = false;
        tcsetattr(0, TCSANOW, &before);
    }
}
#endif
