/* core/error.c asks libuv for the words of an errno. Here is no libuv, which has no static library in Debian,
 * and no need of it. */
#include <stdio.h>
#include <string.h>
#include <uv.h>

int uv_translate_sys_error(int number)
{
    return number > 0 ? -number : number;
}

char *uv_strerror_r(int number, char *out, size_t room)
{
    snprintf(out, room, "%s", strerror(-number));
    return out;
}
