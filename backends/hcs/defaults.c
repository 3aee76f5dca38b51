#include "backends/hcs/defaults.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

static size_t count(char *const *words)
{
    size_t n = 0;
    while (words && words[n]) {
        n++;
    }
    return n;
}

/* Both after each other; NULL when there is nothing in them. */
static char **join(char *const *first, char *const *second)
{
    size_t n = count(first), m = count(second);
    const char **words = mem_new(n + m + 1, sizeof *words);
    for (size_t i = 0; i < n + m; i++) {
        words[i] = i < n ? first[i] : second[i - n];
    }
    char **block = n + m ? mem_strings(words) : NULL;
    free(words);
    return block;
}

char **defaults_command(const cJSON *image)
{
    char **entry = json_strings(image, "Entrypoint"), **command = json_strings(image, "Command");
    char **words = join(entry, command);
    free(entry);
    free(command);
    return words;
}

/* An image's entry point may have several words, a launch's has one: the others begin its command. */
static void fill_command(struct launch_spec *spec, const cJSON *image)
{
    char **entry = json_strings(image, "Entrypoint"), **command = json_strings(image, "Command");
    bool enters = count(entry) > 0;
    if (enters) {
        char **words = join(entry + 1, spec->command ? spec->command : command);
        free(spec->command);
        spec->entrypoint = mem_string(entry[0]);
        spec->command = words;
    } else if (!spec->command && count(command) > 0) {
        spec->command = command;
        command = NULL;
    }
    free(entry);
    free(command);
}

static bool same_name(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");
    if (n != strcspn(b, "=")) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char x = a[i] >= 'a' && a[i] <= 'z' ? (char)(a[i] - 'a' + 'A') : a[i];
        char y = b[i] >= 'a' && b[i] <= 'z' ? (char)(b[i] - 'a' + 'A') : b[i];
        if (x != y) {
            return false;
        }
    }
    return true;
}

static void fill_env(struct launch_spec *spec, const cJSON *image)
{
    char **env = json_strings(image, "Env");
    size_t kept = 0;
    for (size_t i = 0; env && env[i]; i++) {
        bool replaced = false;
        for (size_t k = 0; spec->env && spec->env[k]; k++) {
            replaced = replaced || same_name(env[i], spec->env[k]);
        }
        if (!replaced) {
            env[kept++] = env[i];
        }
    }
    if (kept > 0) {
        env[kept] = NULL;
        char **all = join(env, spec->env);
        free(spec->env);
        spec->env = all;
    }
    free(env);
}

static void fill_word(char **word, const cJSON *image, const char *name)
{
    const char *said = json_string(image, name, "");
    if (!*word && said[0]) {
        *word = mem_string(said);
    }
}

void defaults_fill(struct launch_spec *spec, const cJSON *image)
{
    if (!spec->entrypoint) {
        fill_command(spec, image);
    }
    fill_env(spec, image);
    fill_word(&spec->workdir, image, "WorkingDir");
    fill_word(&spec->user, image, "User");
}
