#include <langinfo.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/memory.h"
#include "ui/tty.h"

struct tty_modes {
    struct termios termios;
};

bool tty_input(void)
{
    return isatty(STDIN_FILENO);
}

bool tty_output(void)
{
    return isatty(STDOUT_FILENO);
}

bool tty_size(int *rows, int *cols)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        return false;
    }
    *rows = size.ws_row;
    *cols = size.ws_col;
    return true;
}

bool tty_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

struct tty_modes *tty_save(void)
{
    struct tty_modes *modes = mem_new(1, sizeof *modes);
    tcgetattr(STDIN_FILENO, &modes->termios);
    return modes;
}

void tty_put_back(const struct tty_modes *modes)
{
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes->termios);
}

void tty_put_back_now(const struct tty_modes *modes)
{
    tcsetattr(STDOUT_FILENO, TCSANOW, &modes->termios);
}

int tty_backlog(void)
{
    int waiting = 0;
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (ioctl(STDOUT_FILENO, TIOCOUTQ, &waiting) != 0) {
        waiting = 0;
    }
    if (waiting <= 0 && poll(&output, 1, 0) == 0) {
        waiting = 1; /* stopped, or full */
    }
    return waiting;
}
