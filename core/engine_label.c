#include "core/engine_label.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

static const char *behind(const char *address, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(address, prefix, len) == 0 ? address + len : NULL;
}

/* "[user@]host[:port][/path]" of an address that leads over a network; NULL: it does not. */
static const char *authority(const char *address)
{
    static const char *const schemes[] = {"tcp://", "ssh://", "https://", "http://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const char *rest = behind(address, schemes[i]);
        if (rest) {
            return rest;
        }
    }
    const char *port = strrchr(address, ':');
    bool bare = port && port > address && port[1] && port[1 + strspn(port + 1, "0123456789")] == '\0';
    return bare && !strpbrk(address, "/\\=") ? address : NULL;
}

static void add_host(struct text *t, const char *where)
{
    const char *at = strchr(where, '@');
    const char *host = at && at < where + strcspn(where, "/") ? at + 1 : where;
    const char *end = *host == '[' ? strchr(host, ']') : NULL;
    text_add_n(t, host, end ? (size_t)(end + 1 - host) : strcspn(host, ":/"));
}

static const char *last_part(const char *path)
{
    const char *last = path;
    for (const char *at = path; *at; at++) {
        last = (*at == '/' || *at == '\\') && at[1] ? at + 1 : last;
    }
    return last;
}

char *engine_label(const char *name, const char *address, int detail)
{
    struct text t = {0};
    const char *where = address ? authority(address) : NULL;
    const char *context = address ? behind(address, "context:") : NULL;
    text_add(&t, name);
    if (address && detail >= ENGINE_LABEL_WHOLE) {
        text_addf(&t, "=%s", address);
    } else if (context) {
        text_addf(&t, ":%s", context);
    } else if (where && detail == ENGINE_LABEL_SHORT) {
        text_add_char(&t, '@');
        add_host(&t, where);
    } else if (where) {
        text_add_char(&t, '@');
        text_add_n(&t, where, strcspn(where, "/"));
    } else if (address && detail >= ENGINE_LABEL_LONG) {
        text_addf(&t, "@%s", last_part(address));
    }
    return text_take(&t);
}
