#include "core/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/text.h"

/* Moves the sentence into e, cleaned, cut at a character where it does not fit. */
static void put_sentence(struct error *e, struct text *sentence)
{
    struct text clean = {0};
    text_add_clean(&clean, text_of(sentence), sentence->len);
    size_t len = clean.len;
    if (len >= sizeof e->text) {
        len = sizeof e->text - 1;
        while (len > 0 && ((unsigned char)clean.data[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    memcpy(e->text, text_of(&clean), len);
    e->text[len] = '\0';
    text_done(&clean);
    text_done(sentence);
}

int error_set(struct error *e, enum error_kind kind, int32_t native, const char *fmt, ...)
{
    if (!e) {
        return -1;
    }
    struct text sentence = {0};
    va_list args;
    va_start(args, fmt);
    text_addv(&sentence, fmt, args);
    va_end(args);
    put_sentence(e, &sentence);
    e->kind = kind;
    e->native = native;
    e->already = false;
    return -1;
}

int error_errno(struct error *e, int number, const char *fmt, ...)
{
    if (!e) {
        return -1;
    }
    struct text sentence = {0};
    va_list args;
    va_start(args, fmt);
    text_addv(&sentence, fmt, args);
    va_end(args);
    char words[128];
    text_addf(&sentence, ": %s", uv_strerror_r(uv_translate_sys_error(number), words, sizeof words));
    put_sentence(e, &sentence);
    e->kind = error_kind_of_errno(number);
    e->already = false;
    e->native = number;
    return -1;
}

int error_wrap(struct error *e, const char *fmt, ...)
{
    if (!e) {
        return -1;
    }
    struct text sentence = {0};
    va_list args;
    va_start(args, fmt);
    text_addv(&sentence, fmt, args);
    va_end(args);
    text_addf(&sentence, ": %s", e->text);
    put_sentence(e, &sentence);
    return -1;
}

enum error_kind error_kind_of_errno(int number)
{
    static const struct {
        int number;
        enum error_kind kind;
    } kinds[] = {
        {0, ERROR_NONE},
        {ENOENT, ERROR_NOT_FOUND},
        {ENOTDIR, ERROR_NOT_FOUND},
        {ESRCH, ERROR_NOT_FOUND},
        {EEXIST, ERROR_CONFLICT},
        {EBUSY, ERROR_CONFLICT},
        {ENOTEMPTY, ERROR_CONFLICT},
        {EACCES, ERROR_DENIED},
        {EPERM, ERROR_DENIED},
        {EROFS, ERROR_DENIED},
        {ECONNREFUSED, ERROR_UNREACHABLE},
        {ECONNRESET, ERROR_UNREACHABLE},
        {ECONNABORTED, ERROR_UNREACHABLE},
        {ENOTCONN, ERROR_UNREACHABLE},
        {EHOSTUNREACH, ERROR_UNREACHABLE},
        {ENETUNREACH, ERROR_UNREACHABLE},
        {EPIPE, ERROR_UNREACHABLE},
        {ENOSYS, ERROR_UNSUPPORTED},
        {EOPNOTSUPP, ERROR_UNSUPPORTED},
        {ENOTSUP, ERROR_UNSUPPORTED},
        {ECANCELED, ERROR_CANCELLED},
        {ETIMEDOUT, ERROR_TIMEOUT},
        {EPROTO, ERROR_PROTOCOL},
        {EINVAL, ERROR_INVALID},
        {ENAMETOOLONG, ERROR_INVALID},
        {EILSEQ, ERROR_INVALID},
        {ENOEXEC, ERROR_NOT_RUNNABLE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].number == number) {
            return kinds[i].kind;
        }
    }
    return ERROR_OTHER;
}

int error_exit_code(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NOT_RUNNABLE:
        return 126;
    case ERROR_NO_COMMAND:
        return 127;
    default:
        return 125;
    }
}
