#include "ui/restore.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "ui/tty.h"

/* What ends a program that does not listen to it. */
static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS,    SIGFPE,  SIGILL,  SIGSYS,
                            SIGTRAP, SIGALRM, SIGVTALRM, SIGUSR1, SIGUSR2, SIGXCPU};

enum { N_FATAL = sizeof fatal / sizeof fatal[0], STACK = 64 * 1024 };

static struct {
    volatile sig_atomic_t armed;
    struct restore_bytes reset;
    const struct tty_modes *modes;
    struct sigaction before[N_FATAL];
    void *stack;
} hook;

void restore_now(void)
{
    if (!hook.armed) {
        return;
    }
    hook.armed = 0;
    int saved = errno;
    size_t done = 0;
    while (done < hook.reset.len) {
        ssize_t n = write(STDOUT_FILENO, hook.reset.bytes + done, hook.reset.len - done);
        if (n < 0 && errno != EINTR) {
            break;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    tty_put_back_now(hook.modes);
    errno = saved;
}

/* Whoever handled the signal before us has it next. */
static void on_fatal(int number)
{
    restore_now();
    for (size_t i = 0; i < N_FATAL; i++) {
        if (fatal[i] == number) {
            sigaction(number, &hook.before[i], NULL);
        }
    }
    raise(number);
}

static void use_own_stack(void)
{
    stack_t stack = {.ss_size = STACK};
    stack_t before;
    if (hook.stack != NULL || (sigaltstack(NULL, &before) == 0 && !(before.ss_flags & SS_DISABLE))) {
        return;
    }
    hook.stack = stack.ss_sp = mem_new(STACK, 1);
    sigaltstack(&stack, NULL);
}

void restore_arm(const struct restore_bytes *reset, const struct tty_modes *modes)
{
    restore_disarm();
    hook.reset = *reset;
    hook.modes = modes;
    use_own_stack();
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_FATAL; i++) {
        sigaction(fatal[i], &action, &hook.before[i]);
    }
    hook.armed = 1;
}

void restore_disarm(void)
{
    if (!hook.armed) {
        return;
    }
    hook.armed = 0;
    for (size_t i = 0; i < N_FATAL; i++) {
        sigaction(fatal[i], &hook.before[i], NULL);
    }
    if (hook.stack != NULL) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        free(hook.stack);
        hook.stack = NULL;
    }
}
