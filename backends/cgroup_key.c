#include "backends/cgroup_key.h"

#include <string.h>

#include "core/memory.h"

enum { LONG_ID = 64, OWN_ID = 12 };

static size_t hex_digits(const char *s, size_t len)
{
    size_t n = 0;
    while (n < len && strchr("0123456789abcdef", s[n]) && s[n]) {
        n++;
    }
    return n;
}

static bool ends_with(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(s + len - n, end, n) == 0;
}

/* Is this component of a path the id of a container, or a scope named after one? Returns where the id starts.
 */
static const char *long_id(const char *s, size_t len)
{
    if (len > LONG_ID && ends_with(s, len, ".scope")) {
        len -= strlen(".scope");
    }
    if (len < LONG_ID || hex_digits(s + len - LONG_ID, LONG_ID) < LONG_ID) {
        return NULL;
    }
    size_t prefix = len - LONG_ID;
    if (prefix > 0 && (s[prefix - 1] != '-' || ends_with(s, prefix, "conmon-"))) {
        return NULL;
    }
    return s + prefix;
}

static bool is_component(const char *s, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(s, word, len) == 0;
}

struct path_keys { /* of one path, the outermost first; those deeper than CGROUP_NESTED push the outer ones
                      out */
    char key[CGROUP_NESTED][CGROUP_KEY];
    size_t count;
};

/* Engines that make a cgroup of the same name inside a container's are the same container still. */
static void take(struct path_keys *keys, const char *id, size_t len)
{
    char *last = keys->count > 0 ? keys->key[keys->count - 1] : NULL;
    if (last && strlen(last) == len && memcmp(last, id, len) == 0) {
        return;
    }
    if (keys->count == CGROUP_NESTED) {
        memmove(keys->key[0], keys->key[1], sizeof keys->key - sizeof keys->key[0]);
        keys->count--;
    }
    memcpy(keys->key[keys->count], id, len);
    keys->key[keys->count++][len] = '\0';
}

static void search_path(const char *path, size_t len, struct path_keys *keys)
{
    const char *end = path + len;
    bool ours = false;
    while (path < end) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t part = (size_t)((slash ? slash : end) - path);
        const char *id = long_id(path, part);
        if (id) {
            take(keys, id, LONG_ID);
        } else if (ours && part == OWN_ID && hex_digits(path, part) == OWN_ID) {
            take(keys, path, OWN_ID);
        }
        ours = is_component(path, part, "porthole");
        path += part + 1;
    }
}

size_t cgroup_keys(const char *text, char keys[CGROUP_NESTED][CGROUP_KEY])
{
    size_t count = 0;
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *colon = memchr(text, ':', len);
        const char *path = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) : NULL;
        struct path_keys found = {.count = 0};
        if (path) {
            search_path(path + 1, len - (size_t)(path + 1 - text), &found);
        }
        if (found.count > count) {
            count = found.count;
            for (size_t i = 0; i < count; i++) {
                memcpy(keys[i], found.key[count - 1 - i], CGROUP_KEY);
            }
        }
        text += len + (text[len] == '\n');
    }
    return count;
}

bool cgroup_key(const char *text, char key[CGROUP_KEY])
{
    char keys[CGROUP_NESTED][CGROUP_KEY];
    key[0] = '\0';
    if (cgroup_keys(text, keys) > 0) {
        memcpy(key, keys[0], CGROUP_KEY);
    }
    return key[0] != '\0';
}

char *cgroup_path_of(const char *text, const char *key)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        const char *colon = memchr(text, ':', len);
        const char *path = colon ? memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) : NULL;
        const char *found = path ? strstr(path, key) : NULL;
        if (found && found < text + len) {
            size_t end = strlen(key) + strcspn(found + strlen(key), "/\n");
            return mem_string_n(path + 1, (size_t)(found - path) - 1 + end);
        }
        text += len + (text[len] == '\n');
    }
    return NULL;
}
