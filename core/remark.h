/* core/remark.h - the words for what an engine did otherwise than it was asked: a step that became a harsher
 * one. They are the same for every engine, and each says only what was read or done. Pure.
 */
#ifndef CORE_REMARK_H
#define CORE_REMARK_H

/* "web was killed: WHY". The caller frees. */
char *remark_killed(const char *name, const char *why);

/* "web was killed: it had not ended 10 s after it was asked to". The caller frees. */
char *remark_killed_late(const char *name, int seconds);

/* "web has ended with exit code 137, as what is killed does; the engine does not say why". The caller frees.
 */
char *remark_killed_perhaps(const char *name, int code);

/* Two sentences as one, of which either may be NULL; the caller frees. NULL: both are. */
char *remark_join(const char *first, const char *second);

#endif
