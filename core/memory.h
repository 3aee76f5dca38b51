/* core/memory.h - allocation that cannot fail: it restores the terminal, says so and aborts.
 *
 * Everything returned is the caller's and goes back with free(). Sizes that overflow count as exhausted.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>

/* Zeroed memory for count elements of size bytes; never NULL, also for 0 elements. */
void *mem_new(size_t count, size_t size);

/* Like realloc for count elements of size bytes; what is added is not zeroed; never NULL. */
void *mem_resize(void *block, size_t count, size_t size);

/* Makes room for at least `need` elements, at least doubling; *room is the number there is room for. */
void *mem_grow(void *block, size_t *room, size_t need, size_t size);

/* Copies; NULL stays NULL. */
char *mem_string(const char *s);
char *mem_string_n(const char *s, size_t len);

/* A NULL-ended array of strings in one block (one free() frees all of it); NULL stays NULL. */
char **mem_strings(const char *const *strings);

/* Called once, before the abort, when memory is exhausted: the hook that restores the terminal. */
void mem_on_exhausted(void (*hook)(void));

#endif
