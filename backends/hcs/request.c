#include "backends/hcs/request.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

static char *print(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

/* Backslashes count only before a quote: there, and at the end of a quoted word, they are doubled. */
static void add_word(struct text *line, const char *word)
{
    size_t slashes = 0;
    if (word[0] && !word[strcspn(word, " \t\n\v\"")]) {
        text_add(line, word);
        return;
    }
    text_add_char(line, '"');
    for (const char *at = word;; at++) {
        if (*at == '\\') {
            slashes++;
            continue;
        }
        for (size_t n = *at == '"' ? 2 * slashes + 1 : *at ? slashes : 2 * slashes; n; n--) {
            text_add_char(line, '\\');
        }
        slashes = 0;
        if (!*at) {
            break;
        }
        text_add_char(line, *at);
    }
    text_add_char(line, '"');
}

char *request_command_line(const char *const *argv)
{
    struct text line = {0};
    for (size_t i = 0; argv[i]; i++) {
        text_add(&line, i ? " " : "");
        add_word(&line, argv[i]);
    }
    text_add(&line, "");
    return line.data ? text_take(&line) : mem_string("");
}

/* Values that are empty never reach the guest: they are left out here already. */
static void add_environment(cJSON *json, const char *const *env)
{
    cJSON *object = cJSON_AddObjectToObject(json, "Environment");
    for (size_t i = 0; env && env[i]; i++) {
        const char *equals = strchr(env[i], '=');
        if (equals && equals > env[i] && equals[1]) {
            char *name = mem_string_n(env[i], (size_t)(equals - env[i]));
            cJSON_DeleteItemFromObjectCaseSensitive(object, name);
            cJSON_AddStringToObject(object, name, equals + 1);
            free(name);
        }
    }
}

static void add_command(cJSON *json, const char *const *argv, bool linux_inside)
{
    static const char *const cmd[] = {"cmd.exe", NULL}, *const sh[] = {"sh", NULL};
    const char *const *words = argv ? argv : linux_inside ? sh : cmd;
    if (linux_inside) {
        cJSON *list = cJSON_AddArrayToObject(json, "CommandArgs");
        for (size_t i = 0; words[i]; i++) {
            cJSON_AddItemToArray(list, cJSON_CreateString(words[i]));
        }
        return;
    }
    char *line = request_command_line(words);
    cJSON_AddStringToObject(json, "CommandLine", line);
    free(line);
}

char *request_process(const struct console_spec *spec, bool linux_inside)
{
    cJSON *json = cJSON_CreateObject();
    add_command(json, spec->argv, linux_inside);
    if (spec->user) {
        cJSON_AddStringToObject(json, "User", spec->user);
    }
    cJSON_AddStringToObject(json, "WorkingDirectory",
                            spec->workdir  ? spec->workdir
                            : linux_inside ? "/"
                                           : "C:\\");
    add_environment(json, spec->env);
    cJSON_AddBoolToObject(json, "EmulateConsole", spec->terminal);
    cJSON_AddBoolToObject(json, "CreateStdInPipe", spec->input);
    cJSON_AddBoolToObject(json, "CreateStdOutPipe", true);
    cJSON_AddBoolToObject(json, "CreateStdErrPipe", !spec->terminal); /* with a console they are one stream */
    if (spec->terminal && spec->rows > 0 && spec->cols > 0) {
        cJSON *size = cJSON_AddArrayToObject(json, "ConsoleSize"); /* height first */
        cJSON_AddItemToArray(size, cJSON_CreateNumber(spec->rows));
        cJSON_AddItemToArray(size, cJSON_CreateNumber(spec->cols));
    }
    return print(json);
}

char *request_one_system(const char *id)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *ids = cJSON_AddArrayToObject(json, "Ids");
    cJSON_AddItemToArray(ids, cJSON_CreateString(id));
    return print(json);
}

char *request_console_size(int rows, int cols)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Operation", "ConsoleSize");
    cJSON *size = cJSON_AddObjectToObject(json, "ConsoleSize");
    cJSON_AddNumberToObject(size, "Height", rows);
    cJSON_AddNumberToObject(size, "Width", cols);
    return print(json);
}

char *request_close_input(void)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Operation", "CloseHandle");
    cJSON *handle = cJSON_AddObjectToObject(json, "CloseHandle");
    cJSON_AddStringToObject(handle, "Handle", "StdIn");
    return print(json);
}

char *request_signal(int number)
{
    static const struct {
        int number; /* as Linux counts signals */
        const char *word;
    } signals[] = {{1, "CtrlClose"}, {2, "CtrlC"}, {3, "CtrlBreak"}, {15, "CtrlShutdown"}};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        if (signals[i].number == number) {
            cJSON *json = cJSON_CreateObject();
            cJSON_AddStringToObject(json, "Signal", signals[i].word);
            return print(json);
        }
    }
    return NULL;
}
