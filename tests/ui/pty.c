#include "tests/ui/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/text.h"
#include "ui/keys.h"

struct pty {
    int master, slave; /* the slave stays open, so that its modes can be read after the program's end */
    pid_t pid;
    bool ended;
    int status;
    struct termios modes;
    VTerm *vt;
    VTermScreen *screen;
    int rows, cols;
    bool cursor_visible, alternate;
    int mouse;
    struct text raw, text;
};

static long long clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int on_property(VTermProp prop, VTermValue *val, void *user)
{
    struct pty *p = user;
    if (prop == VTERM_PROP_CURSORVISIBLE) {
        p->cursor_visible = val->boolean;
    } else if (prop == VTERM_PROP_ALTSCREEN) {
        p->alternate = val->boolean;
    } else if (prop == VTERM_PROP_MOUSE) {
        p->mouse = val->number;
    }
    return 1;
}

static void on_answer(const char *bytes, size_t len, void *user)
{
    pty_send(user, bytes, len);
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void apply_env(const char *const *env)
{
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (; env != NULL && *env != NULL; env++) {
        if (strchr(*env, '=') != NULL) {
            putenv(mem_string(*env));
        } else {
            unsetenv(*env);
        }
    }
}

static void become(struct pty *p, const char *const *argv, const char *const *env)
{
    close(p->master);
    if (login_tty(p->slave) != 0) {
        _exit(120);
    }
    apply_env(env);
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "cannot start %s: %s\n", argv[0], strerror(errno));
    _exit(121);
}

struct pty *pty_start(int rows, int cols, const char *const *argv, const char *const *env)
{
    struct pty *p = mem_new(1, sizeof *p);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    p->rows = rows;
    p->cols = cols;
    p->cursor_visible = true;
    assert_return_code(openpty(&p->master, &p->slave, NULL, NULL, &size), errno);
    fcntl(p->master, F_SETFD, FD_CLOEXEC);
    fcntl(p->slave, F_SETFD, FD_CLOEXEC);
    fcntl(p->master, F_SETFL, O_NONBLOCK);
    tcgetattr(p->slave, &p->modes);
    p->vt = vterm_new(rows, cols);
    vterm_set_utf8(p->vt, 1);
    vterm_output_set_callback(p->vt, on_answer, p);
    p->screen = vterm_obtain_screen(p->vt);
    vterm_screen_enable_altscreen(p->screen, 1);
    vterm_screen_set_callbacks(p->screen, &callbacks, p);
    vterm_screen_reset(p->screen, 1);
    p->pid = fork();
    assert_return_code(p->pid, errno);
    if (p->pid == 0) {
        become(p, argv, env);
    }
    return p;
}

static void close_terminal(struct pty *p)
{
    if (p->master >= 0) {
        close(p->master);
        close(p->slave);
        p->master = p->slave = -1;
    }
}

void pty_free(struct pty *p)
{
    if (p == NULL) {
        return;
    }
    if (!p->ended) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, &p->status, 0);
    }
    close_terminal(p);
    vterm_free(p->vt);
    text_done(&p->raw);
    text_done(&p->text);
    free(p);
}

/* Input */

void pty_send(struct pty *p, const char *bytes, size_t len)
{
    long long end = clock_ms() + PTY_PATIENCE_MS;
    while (len > 0 && p->master >= 0 && clock_ms() < end) {
        ssize_t n = write(p->master, bytes, len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else {
            pty_read(p, 5);
        }
    }
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
    return (VTermKey)VTERM_KEY_FUNCTION(1 + (int)(code - KEY_CODE_F1));
}

static void type_key(struct pty *p, const struct key *k)
{
    int mod = (k->modifiers & KEY_SHIFT ? VTERM_MOD_SHIFT : 0) |
              (k->modifiers & KEY_ALT ? VTERM_MOD_ALT : 0) | (k->modifiers & KEY_CTRL ? VTERM_MOD_CTRL : 0);
    char bytes[5] = {'\033'};
    if (k->code >= KEY_BASE_) {
        vterm_keyboard_key(p->vt, special_key(k->code), (VTermModifier)mod);
        return;
    }
    size_t n = k->modifiers & KEY_ALT ? 1 : 0;
    if (k->modifiers & KEY_CTRL) {
        bytes[n++] = (char)(k->code & 0x1f);
    } else {
        n += text_encode(k->code, bytes + n);
    }
    pty_send(p, bytes, n);
}

void pty_type(struct pty *p, const char *keys)
{
    while (*keys != '\0') {
        const char *end = *keys == '<' ? strchr(keys, '>') : NULL;
        if (end == NULL) {
            size_t len = strcspn(keys + 1, "<") + 1;
            pty_send(p, keys, len);
            keys += len;
            continue;
        }
        char *name = mem_string_n(keys + 1, (size_t)(end - keys - 1));
        struct key k;
        if (strcmp(name, "lt") == 0) {
            pty_send(p, "<", 1);
        } else if (key_parse(name, &k)) {
            type_key(p, &k);
        } else {
            fail_msg("no key is called %s", name);
        }
        free(name);
        keys = end + 1;
    }
}

void pty_resize(struct pty *p, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    p->rows = rows;
    p->cols = cols;
    vterm_set_size(p->vt, rows, cols);
    ioctl(p->master, TIOCSWINSZ, &size);
}

void pty_hang_up(struct pty *p)
{
    close_terminal(p);
}

/* Output */

static bool read_some(struct pty *p)
{
    char bytes[16384];
    ssize_t n = p->master < 0 ? -1 : read(p->master, bytes, sizeof bytes);
    if (n <= 0) {
        return false;
    }
    text_add_n(&p->raw, bytes, (size_t)n);
    vterm_input_write(p->vt, bytes, (size_t)n);
    return true;
}

static bool wait_readable(struct pty *p, int ms)
{
    struct pollfd fd = {.fd = p->master, .events = POLLIN};
    return p->master >= 0 && poll(&fd, 1, ms < 0 ? 0 : ms) > 0 && (fd.revents & POLLIN) != 0;
}

void pty_read(struct pty *p, int ms)
{
    long long end = clock_ms() + ms;
    do {
        if (wait_readable(p, (int)(end - clock_ms()))) {
            read_some(p);
        }
    } while (clock_ms() < end);
}

bool pty_wait_quiet(struct pty *p, int quiet_ms, int ms)
{
    long long end = clock_ms() + ms;
    while (clock_ms() < end) {
        if (!wait_readable(p, quiet_ms)) {
            return true;
        }
        read_some(p);
    }
    return false;
}

static bool wait_until(struct pty *p, const char *text, bool there, int ms)
{
    long long end = clock_ms() + ms;
    for (;;) {
        while (wait_readable(p, 0) && read_some(p)) {
        }
        if ((strstr(pty_text(p), text) != NULL) == there) {
            return true;
        }
        if (clock_ms() >= end) {
            fprintf(stderr, "after %d ms the screen still %s: %s\n", ms, there ? "lacks" : "shows", text);
            pty_print(p);
            return false;
        }
        wait_readable(p, 10);
    }
}

bool pty_wait_for(struct pty *p, const char *text, int ms)
{
    return wait_until(p, text, true, ms);
}

bool pty_wait_gone(struct pty *p, const char *text, int ms)
{
    return wait_until(p, text, false, ms);
}

void pty_expect(struct pty *p, const char *text)
{
    if (!pty_wait_for(p, text, PTY_PATIENCE_MS)) {
        fail_msg("the screen lacks: %s", text);
    }
}

void pty_expect_gone(struct pty *p, const char *text)
{
    if (!pty_wait_gone(p, text, PTY_PATIENCE_MS)) {
        fail_msg("the screen still shows: %s", text);
    }
}

static void add_chars(struct text *t, const uint32_t *chars)
{
    char bytes[4];
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && chars[i] != 0; i++) {
        text_add_n(t, bytes, text_encode(chars[i], bytes));
    }
}

const char *pty_text(struct pty *p)
{
    text_clear(&p->text);
    for (int row = 0; row < p->rows; row++) {
        for (int col = 0; col < p->cols; col++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(p->screen, (VTermPos){row, col}, &cell);
            if (cell.chars[0] == 0) {
                text_add_char(&p->text, ' ');
            } else if (cell.chars[0] != (uint32_t)-1) {
                add_chars(&p->text, cell.chars);
            }
        }
        while (p->text.len > 0 && p->text.data[p->text.len - 1] == ' ') {
            p->text.data[--p->text.len] = '\0';
        }
        text_add_char(&p->text, '\n');
    }
    return text_of(&p->text);
}

void pty_print(struct pty *p)
{
    fprintf(stderr, "---- %d x %d ----\n%s-----------------\n", p->cols, p->rows, pty_text(p));
}

bool pty_find(struct pty *p, const char *text, int *row, int *col)
{
    const char *screen = pty_text(p);
    const char *at = strstr(screen, text);
    if (at == NULL) {
        return false;
    }
    const char *line = screen;
    *row = 0;
    for (const char *s = screen; s < at; s++) {
        if (*s == '\n') {
            line = s + 1;
            ++*row;
        }
    }
    char *before = mem_string_n(line, (size_t)(at - line));
    *col = text_width(before);
    free(before);
    return true;
}

static unsigned rgb_of(struct pty *p, VTermColor color)
{
    vterm_screen_convert_color_to_rgb(p->screen, &color);
    return (unsigned)color.rgb.red << 16 | (unsigned)color.rgb.green << 8 | color.rgb.blue;
}

struct pty_cell pty_cell(struct pty *p, int row, int col)
{
    VTermScreenCell cell;
    struct text t = {0};
    vterm_screen_get_cell(p->screen, (VTermPos){row, col}, &cell);
    struct pty_cell result = {.bold = cell.attrs.bold};
    if (cell.chars[0] != (uint32_t)-1) {
        add_chars(&t, cell.chars);
    }
    snprintf(result.text, sizeof result.text, "%s", text_of(&t));
    text_done(&t);
    result.underline = cell.attrs.underline != 0;
    result.reverse = cell.attrs.reverse;
    result.italic = cell.attrs.italic;
    result.own_foreground = !VTERM_COLOR_IS_DEFAULT_FG(&cell.fg);
    result.own_background = !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
    result.foreground = rgb_of(p, cell.fg);
    result.background = rgb_of(p, cell.bg);
    return result;
}

bool pty_cursor(struct pty *p, int *row, int *col)
{
    VTermPos pos;
    vterm_state_get_cursorpos(vterm_obtain_state(p->vt), &pos);
    *row = pos.row;
    *col = pos.col;
    return p->cursor_visible;
}

size_t pty_bytes_written(struct pty *p)
{
    while (wait_readable(p, 0) && read_some(p)) {
    }
    return p->raw.len;
}

const char *pty_raw(struct pty *p, size_t *len)
{
    *len = pty_bytes_written(p);
    return text_of(&p->raw);
}

/* The program */

pid_t pty_pid(struct pty *p)
{
    return p->pid;
}

void pty_signal(struct pty *p, int number)
{
    kill(p->pid, number);
}

bool pty_wait_exit(struct pty *p, int ms, int *status)
{
    long long end = clock_ms() + ms;
    while (!p->ended && clock_ms() < end) {
        int found;
        if (waitpid(p->pid, &found, WNOHANG) == p->pid) {
            p->ended = true;
            p->status = found;
        } else {
            pty_read(p, 5);
        }
    }
    pty_bytes_written(p);
    *status = p->status;
    if (!p->ended) {
        fprintf(stderr, "after %d ms the program still runs\n", ms);
        pty_print(p);
    }
    return p->ended;
}

bool pty_stopped(struct pty *p, int ms)
{
    long long end = clock_ms() + ms;
    int status;
    while (clock_ms() < end) {
        if (waitpid(p->pid, &status, WNOHANG | WUNTRACED) == p->pid) {
            p->ended = !WIFSTOPPED(status);
            p->status = status;
            pty_bytes_written(p);
            return WIFSTOPPED(status);
        }
        pty_read(p, 5);
    }
    return false;
}

static bool same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

static const char *last_of(const char *s, size_t len, const char *what)
{
    const char *last = NULL;
    size_t size = strlen(what);
    for (const char *at = s; (at = memmem(at, len - (size_t)(at - s), what, size)) != NULL; at++) {
        last = at;
    }
    return last;
}

static bool complain(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "the terminal is not as it was: %s\n", what);
    }
    return good;
}

bool pty_restored(struct pty *p)
{
    struct termios modes;
    size_t len;
    const char *raw = pty_raw(p, &len);
    const char *paste_on = last_of(raw, len, "\033[?2004h"), *paste_off = last_of(raw, len, "\033[?2004l");
    tcgetattr(p->slave, &modes);
    bool good = complain(same_modes(&modes, &p->modes), "its modes");
    good = complain(!p->alternate, "the alternate screen is on") && good;
    good = complain(p->cursor_visible, "the cursor is hidden") && good;
    good = complain(p->mouse == VTERM_PROP_MOUSE_NONE, "mouse reports are on") && good;
    return complain(paste_on == NULL || (paste_off != NULL && paste_off > paste_on),
                    "bracketed paste is on") &&
           good;
}
