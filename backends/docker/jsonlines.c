#include "backends/docker/jsonlines.h"

#include <string.h>

#include "backends/json.h"

void jsonlines_done(struct jsonlines *l)
{
    text_done(&l->rest);
}

static bool take_line(struct jsonlines *l, void (*object)(void *user, const cJSON *json), void *user,
                      struct error *e)
{
    const char *line = text_of(&l->rest);
    if (line[strspn(line, " \t\r\n")] == '\0' && strlen(line) == l->rest.len) {
        text_clear(&l->rest);
        return true;
    }
    cJSON *json = json_parse(line, l->rest.len, JSONLINES_LONGEST, e);
    text_clear(&l->rest);
    if (!json) {
        return false;
    }
    object(user, json);
    cJSON_Delete(json);
    return true;
}

bool jsonlines_feed(struct jsonlines *l, const char *data, size_t len, const bool *stop,
                    void (*object)(void *user, const cJSON *json), void *user, struct error *e)
{
    while (len > 0 && !(stop && *stop)) {
        const char *newline = memchr(data, '\n', len);
        size_t part = newline ? (size_t)(newline - data) + 1 : len;
        if (l->rest.len + part > JSONLINES_LONGEST) {
            error_set(e, ERROR_PROTOCOL, 0, "the engine sends a line of more than %d bytes",
                      JSONLINES_LONGEST);
            return false;
        }
        text_add_n(&l->rest, data, part);
        data += part;
        len -= part;
        if (newline && !take_line(l, object, user, e)) {
            return false;
        }
    }
    return true;
}
