#include "backends/local/unpack/member.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { SHOWN = 120 };

const char *member_shown(struct text *t, const char *name)
{
    size_t len = strlen(name);
    if (len > SHOWN) {
        text_add(t, "...");
        name += len - SHOWN;
        len = SHOWN;
    }
    text_add_clean(t, name, len);
    return text_of(t);
}

static char *refuse(struct text *path, const char *name, const char *why, struct error *e)
{
    struct text shown = {0};
    error_set(e, ERROR_INVALID, 0, "The archive's member \"%s\" %s; the import is refused",
              member_shown(&shown, name), why);
    text_done(&shown);
    text_done(path);
    return NULL;
}

char *member_path(const char *name, struct error *e)
{
    struct text path = {0};
    for (const char *part = name; *part;) {
        size_t len = strcspn(part, "/");
        if (len == 2 && strncmp(part, "..", 2) == 0) {
            return refuse(&path, name, "leads out of its folder with \"..\"", e);
        }
        if (len > MEMBER_PART_LIMIT || path.len + len >= MEMBER_NAME_LIMIT) {
            return refuse(&path, name, "has too long a name", e);
        }
        if (len > 0 && !(len == 1 && *part == '.')) {
            if (path.len > 0) {
                text_add_char(&path, '/');
            }
            text_add_n(&path, part, len);
        }
        part += len + (part[len] == '/');
    }
    return path.len > 0 ? text_take(&path) : mem_string("");
}

const char *member_split(char *path, const char **base)
{
    char *slash = strrchr(path, '/');
    if (!slash) {
        *base = path;
        return "";
    }
    *slash = '\0';
    *base = slash + 1;
    return path;
}
