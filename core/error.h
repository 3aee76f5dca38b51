/* core/error.h - an error is a value: a kind, a native code and one sentence.
 *
 * The sentence names what was tried, on what, and what to do next. Callers branch on the kind only; the
 * native code is shown, never branched on.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdbool.h>
#include <stdint.h>
#if defined(_WIN32)
/* Three of Windows' error numbers have names of ours. Read here once, they stay away when <windows.h> comes
 * later. */
#include <windef.h>
#include <winerror.h>
#undef ERROR_NOT_FOUND
#undef ERROR_CANCELLED
#undef ERROR_TIMEOUT
#endif

enum error_kind {
    ERROR_NONE,
    ERROR_NOT_FOUND,   /* no such container, image, file */
    ERROR_CONFLICT,    /* the wrong state for it, a name already taken */
    ERROR_DENIED,      /* rights are missing */
    ERROR_UNREACHABLE, /* the engine, or the container's keeper, does not answer */
    ERROR_UNSUPPORTED, /* cannot be done here; the sentence says why */
    ERROR_CANCELLED,
    ERROR_TIMEOUT,
    ERROR_PROTOCOL,     /* the other side speaks nonsense */
    ERROR_INVALID,      /* input that cannot be understood */
    ERROR_NOT_RUNNABLE, /* the command exists and cannot be invoked (exit code 126) */
    ERROR_NO_COMMAND,   /* the command does not exist in the container (exit code 127) */
    ERROR_OTHER
};

struct error {
    enum error_kind kind;
    int32_t native; /* errno, HTTP status or HRESULT; 0: none */
    bool already;   /* an ERROR_CONFLICT that is none for who only wants the outcome: it was so before */
    char text[400]; /* one line of UTF-8 without control characters */
};

#if defined(__MINGW32__) && !defined(__clang__)
#define ERROR_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#elif defined(__GNUC__)
#define ERROR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define ERROR_PRINTF(fmt, args)
#endif

/* Fills e (which may be NULL). Text that does not fit is cut at a character. Returns -1. */
int error_set(struct error *e, enum error_kind kind, int32_t native, const char *fmt, ...) ERROR_PRINTF(4, 5);

/* The same from errno: the kind is derived from it and ": <strerror>" is appended. Returns -1. */
int error_errno(struct error *e, int number, const char *fmt, ...) ERROR_PRINTF(3, 4);

/* Puts context in front: "<context>: <text so far>". Returns -1. */
int error_wrap(struct error *e, const char *fmt, ...) ERROR_PRINTF(2, 3);

/* The kind that an errno stands for. */
enum error_kind error_kind_of_errno(int number);

/* The exit code of a subcommand that failed with this kind for reasons of the engine: 125, 126 or 127. */
int error_exit_code(enum error_kind kind);

#endif
