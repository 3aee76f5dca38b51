/* core/memory.c - the program's only way to memory.
 *
 * Nobody checks for NULL: when there is nothing left, the one hook puts the terminal right and the program
 * ends. The hook is the only mutable global of the program. */
#include "core/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*exhausted_hook)(void);

void mem_on_exhausted(void (*hook)(void))
{
    exhausted_hook = hook;
}

static _Noreturn void exhausted(void)
{
    void (*hook)(void) = exhausted_hook;
    exhausted_hook = NULL;
    if (hook) {
        hook();
    }
    fputs("porthole: out of memory. Close other programs, or show fewer containers.\n", stderr);
    abort();
}

/* Also never 0, so that an empty block is still a block. */
static size_t product(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        exhausted();
    }
    size_t bytes = count * size;
    return bytes ? bytes : 1;
}

void *mem_new(size_t count, size_t size)
{
    void *block = calloc(1, product(count, size));
    if (!block) {
        exhausted();
    }
    return block;
}

void *mem_resize(void *block, size_t count, size_t size)
{
    void *moved = realloc(block, product(count, size));
    if (!moved) {
        exhausted();
    }
    return moved;
}

void *mem_grow(void *block, size_t *room, size_t need, size_t size)
{
    if (block && need <= *room) {
        return block;
    }
    size_t wanted = *room > SIZE_MAX / 2 ? SIZE_MAX : *room * 2;
    if (wanted < 8) {
        wanted = 8;
    }
    if (wanted < need) {
        wanted = need;
    }
    block = mem_resize(block, wanted, size);
    *room = wanted;
    return block;
}

char *mem_string_n(const char *s, size_t len)
{
    if (!s) {
        return NULL;
    }
    if (len == SIZE_MAX) {
        exhausted();
    }
    char *copy = mem_resize(NULL, len + 1, 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *mem_string(const char *s)
{
    return s ? mem_string_n(s, strlen(s)) : NULL;
}

char **mem_strings(const char *const *strings)
{
    if (!strings) {
        return NULL;
    }
    size_t count = 0, bytes = 0;
    for (; strings[count]; count++) {
        bytes += strlen(strings[count]) + 1;
    }
    char **copy = mem_resize(NULL, (count + 1) * sizeof *copy + bytes, 1);
    char *at = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(strings[i]) + 1;
        copy[i] = memcpy(at, strings[i], len);
        at += len;
    }
    copy[count] = NULL;
    return copy;
}
