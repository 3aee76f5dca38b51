/* A program dies of an exception that nobody handles, or of abort(). That the console is closed, or
 * Ctrl-Break pressed, is no death: it comes as a signal to the loop (wake_windows.c). */
#include "ui/restore.h"

#include <signal.h>
#include <stdbool.h>
#include <windows.h>

#include "ui/tty.h"

static struct {
    volatile LONG armed;
    const struct tty_modes *modes;
    LPTOP_LEVEL_EXCEPTION_FILTER before;
    void (*abort_before)(int);
} hook;

void restore_now(void)
{
    if (InterlockedExchange(&hook.armed, 0)) {
        tty_put_back_now(hook.modes);
    }
}

static LONG WINAPI on_exception(EXCEPTION_POINTERS *about)
{
    restore_now();
    return hook.before ? hook.before(about) : EXCEPTION_CONTINUE_SEARCH;
}

static void on_abort(int number)
{
    restore_now();
    signal(number, SIG_DFL);
    raise(number);
}

void restore_arm(const struct restore_bytes *reset, const struct tty_modes *modes)
{
    (void)reset; /* a console is put back by calls */
    restore_disarm();
    hook.modes = modes;
    hook.before = SetUnhandledExceptionFilter(on_exception);
    hook.abort_before = signal(SIGABRT, on_abort);
    hook.armed = 1;
}

void restore_disarm(void)
{
    if (InterlockedExchange(&hook.armed, 0)) {
        SetUnhandledExceptionFilter(hook.before);
        signal(SIGABRT, hook.abort_before);
    }
}
