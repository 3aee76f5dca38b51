/* backends/local/unpack/member.h - names in an archive, made safe to use below a root. Pure. */
#ifndef BACKENDS_LOCAL_UNPACK_MEMBER_H
#define BACKENDS_LOCAL_UNPACK_MEMBER_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

enum { MEMBER_NAME_LIMIT = 2047, MEMBER_PART_LIMIT = 255, MEMBER_LINK_LIMIT = 4095 };

/* A member's path relative to the root: leading "/", "." and double slashes go. "" is the root itself. The
 * caller frees. NULL and e when a part is "..", or when it or the whole is too long. */
char *member_path(const char *name, struct error *e);

/* Splits in place at the last slash: the parent ("" for the root) and the last part. */
const char *member_split(char *path, const char **base);

/* Quotes for sentences: cleaned, cut to what a line can hold. Returns text_of(t). */
const char *member_shown(struct text *t, const char *name);

#endif
