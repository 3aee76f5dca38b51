#include "backends/local/keeper/call_error.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "backends/json.h"
#include "core/text.h"

enum { LINE_LIMIT = 64 * 1024 };

/* The message of the last line that has one; the caller frees by text_done. */
static void last_message(const char *log, size_t len, struct text *out)
{
    const char *end = log + len;
    for (const char *line = log; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t room = (size_t)((stop ? stop : end) - line);
        cJSON *o = json_parse(line, room, LINE_LIMIT, NULL);
        const char *message = json_string(o, "msg", NULL);
        if (message && strcasecmp(json_string(o, "level", "error"), "warning") != 0) {
            text_clear(out);
            text_add_clean(out, message, strlen(message));
        }
        cJSON_Delete(o);
        line += room + 1;
    }
}

static bool says(const char *message, const char *const *phrases)
{
    for (; *phrases; phrases++) {
        if (text_contains(message, *phrases)) {
            return true;
        }
    }
    return false;
}

static const char *const about_command[] = {
    "exec: ", "exec user process", "executable file", "open executable", "execve", NULL};
static const char *const missing[] = {"not found", "no such file", NULL};
static const char *const unusable[] = {
    "permission denied", "is a directory", "exec format",     "not a directory",
    "invalid argument",  "text file busy", "too many levels", NULL};

void call_error(const char *log, size_t len, const char *command, const char *container, struct error *e)
{
    struct text message = {0}, shown = {0};
    last_message(log, len, &message);
    const char *words = text_of(&message);
    bool its_fault = command && says(words, about_command);
    text_add_clean(&shown, command ? command : "", command ? strnlen(command, 100) : 0);
    if (its_fault && says(words, missing)) {
        error_set(e, ERROR_NO_COMMAND, 0, "Cannot run \"%s\": there is no such command in container %s",
                  text_of(&shown), container);
    } else if (its_fault && says(words, unusable)) {
        error_set(e, ERROR_NOT_RUNNABLE, 0,
                  "Cannot run \"%s\" in container %s, it is there but cannot be executed: %s",
                  text_of(&shown), container, words);
    } else if (message.len > 0) {
        error_set(e, ERROR_OTHER, 0, "The OCI runtime failed on container %s: %s", container, words);
    } else {
        error_set(e, ERROR_OTHER, 0, "The OCI runtime failed on container %s and does not say why",
                  container);
    }
    text_done(&message);
    text_done(&shown);
}
