/* What of the API is text: versions, keys, names of runtimes, words of refusal, paths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/times.h"

int api_version(const char *text)
{
    int major, minor;
    return sscanf(text, "%d.%d", &major, &minor) == 2 && major == 1 && minor >= 0 && minor < 1000 ? minor
                                                                                                  : -1;
}

int64_t api_date(const char *text)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char month[4], iso[32];
    int day, year, hour, minute, second;
    int64_t ms;
    if (sscanf(text, "%*3s, %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day, month, &year, &hour, &minute,
               &second) != 6) {
        return -1;
    }
    const char *at = strstr(MONTHS, month);
    if (!at || strlen(month) != 3 || (at - MONTHS) % 3 != 0) {
        return -1;
    }
    snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, (int)(at - MONTHS) / 3 + 1, day, hour,
             minute, second);
    return time_parse(iso, &ms) && ms >= 0 ? ms / 1000 : -1;
}

bool api_key_ok(const char *key)
{
    return strlen(key) == API_KEY - 1 && strspn(key, "0123456789abcdef") == API_KEY - 1;
}

void api_escape(struct text *t, const char *s)
{
    for (; *s; s++) {
        bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
                     strchr("-._~", *s);
        if (plain) {
            text_add_char(t, *s);
        } else {
            text_addf(t, "%%%02X", (unsigned char)*s);
        }
    }
}

/* Runtimes. */

const char *api_runtime(const cJSON *host)
{
    const char *name = json_string(host, "Runtime", "");
    return strcmp(name, "oci") == 0 ? "" : name;
}

static bool is_missing(const struct api_engine *e, const char *name)
{
    for (char **each = e->missing; each && *each; each++) {
        if (strcmp(*each, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *api_runtime_for(const struct api_engine *e, enum isolation mode)
{
    if (e->default_runtime && runtimes_isolation(e->rules, e->default_runtime) == mode) {
        return e->default_runtime;
    }
    for (char **name = e->podman ? NULL : e->runtimes; name && *name; name++) {
        if (runtimes_isolation(e->rules, *name) == mode && !is_missing(e, *name)) {
            return *name;
        }
    }
    return NULL;
}

const char *api_title(const struct api_engine *e)
{
    return e->podman ? "Podman" : "docker";
}

/* The program of a runtime that isolates so and is listed only; NULL: no such runtime is listed at all. */
static const char *missing_program(const struct api_engine *e, enum isolation mode)
{
    for (size_t i = 0; e->runtimes && e->runtimes[i]; i++) {
        if (runtimes_isolation(e->rules, e->runtimes[i]) == mode && is_missing(e, e->runtimes[i])) {
            return e->programs[i];
        }
    }
    return NULL;
}

char *api_why_not(const struct api_engine *e, enum isolation mode)
{
    struct text t = {0};
    bool vm = mode == ISOLATION_VM;
    if (e->windows || api_runtime_for(e, mode) || (!vm && !e->runtimes)) {
        return NULL;
    }
    const char *missing = missing_program(e, mode);
    if (e->podman) {
        text_addf(&t,
                  "Podman takes no wish for a runtime on this socket, and its default one, %.64s, %s; change "
                  "\"runtime\" in its containers.conf",
                  e->default_runtime ? e->default_runtime : "not told",
                  vm ? "is not known to run VMs" : "is not known to share this kernel");
    } else if (missing) {
        text_addf(&t, "docker lists a runtime for it, but its program %.128s is not on this host: install it",
                  missing);
    } else {
        text_add(&t, vm ? "docker has no runtime for VMs here; Kata Containers would be one, or one that the "
                          "settings call so under \"runtimes\""
                        : "docker has no runtime that shares this kernel; runc would be one");
    }
    return text_take(&t);
}

/* The engine. */

static char *clean(const char *s)
{
    struct text t = {0};
    if (!s || !*s) {
        return NULL;
    }
    text_add_clean(&t, s, strlen(s));
    return text_take(&t);
}

/* A runtime of docker's is a program, or a shim of containerd's, which is found by its name: that of
 * "io.containerd.kata.v2" is "containerd-shim-kata-v2" (containerd's documentation of its runtime v2). */
static void add_program(struct text *t, const cJSON *runtime)
{
    static const char SHIM[] = "io.containerd.";
    const char *path = json_string(runtime, "path", ""), *type = json_string(runtime, "runtimeType", "");
    const char *name = *type ? type : runtime->string;
    if (*path || *type == '/') {
        text_add(t, *path ? path : type);
    } else if (strncmp(name, SHIM, sizeof SHIM - 1) == 0) {
        text_add(t, "containerd-shim-");
        for (const char *c = name + sizeof SHIM - 1; *c; c++) {
            text_add_char(t, *c == '.' ? '-' : *c);
        }
    }
}

static char **programs_of(const cJSON *object)
{
    const cJSON *item = NULL;
    size_t n = 0, count = (size_t)cJSON_GetArraySize(object);
    struct text *paths = mem_new(count + 1, sizeof *paths);
    const char **list = mem_new(count + 1, sizeof *list);
    cJSON_ArrayForEach(item, object)
    {
        if (item->string) {
            add_program(&paths[n], item);
            list[n] = text_of(&paths[n]);
            n++;
        }
    }
    char **programs = mem_strings(list);
    for (size_t i = 0; i < n; i++) {
        text_done(&paths[i]);
    }
    free(paths);
    free(list);
    return programs;
}

static char **names_of(const cJSON *object)
{
    const cJSON *item = NULL;
    size_t n = 0;
    const char **list = mem_new((size_t)cJSON_GetArraySize(object) + 1, sizeof *list);
    cJSON_ArrayForEach(item, object)
    {
        if (item->string) {
            list[n++] = item->string;
        }
    }
    char **names = mem_strings(list);
    free(list);
    return names;
}

void api_engine_read(struct api_engine *e, const cJSON *info, const struct runtimes *rules)
{
    *e = (struct api_engine){.rules = rules};
    const cJSON *runtimes = json_at(info, "Runtimes");
    e->windows = strcmp(json_string(info, "OSType", ""), "windows") == 0;
    e->version = clean(json_string(info, "ServerVersion", NULL));
    e->system = clean(json_string(info, "OperatingSystem", NULL));
    e->name = clean(json_string(info, "Name", NULL));
    e->default_runtime = mem_string(json_string(info, "DefaultRuntime", NULL));
    e->runtimes = cJSON_IsObject(runtimes) ? names_of(runtimes) : NULL;
    e->programs = cJSON_IsObject(runtimes) ? programs_of(runtimes) : NULL;
    if (!e->windows || !isolation_parse(json_string(info, "Isolation", ""), &e->isolation)) {
        e->isolation = ISOLATION_UNKNOWN;
    }
    if (!e->windows) {
        e->isolation = e->default_runtime ? runtimes_isolation(rules, e->default_runtime) : ISOLATION_PROCESS;
    }
}

void api_engine_done(struct api_engine *e)
{
    free(e->version);
    free(e->system);
    free(e->name);
    free(e->default_runtime);
    free(e->runtimes);
    free(e->programs);
    free(e->missing);
    *e = (struct api_engine){0};
}

/* Refusals. */

static enum error_kind kind_of_status(int status)
{
    switch (status) {
    case 400:
        return ERROR_INVALID;
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 409:
        return ERROR_CONFLICT;
    case 501:
        return ERROR_UNSUPPORTED;
    default:
        return ERROR_OTHER;
    }
}

enum error_kind api_start_kind(const char *words, enum error_kind otherwise)
{
    static const struct {
        const char *words;
        enum error_kind kind;
    } known[] = {
        {"executable file not found", ERROR_NO_COMMAND},
        {"no such file or directory", ERROR_NO_COMMAND},
        {"The system cannot find the file", ERROR_NO_COMMAND},
        {"The system cannot find the path", ERROR_NO_COMMAND},
        {"permission denied", ERROR_NOT_RUNNABLE},
        {"is a directory", ERROR_NOT_RUNNABLE},
        {"exec format error", ERROR_NOT_RUNNABLE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(words, known[i].words)) {
            return known[i].kind;
        }
    }
    return otherwise;
}

/* Some refusals have a status that does not tell them apart. */
static enum error_kind kind_of_words(const char *words, enum error_kind otherwise)
{
    static const struct {
        const char *words;
        enum error_kind kind;
    } known[] = {{"is not paused", ERROR_CONFLICT},
                 {"already paused", ERROR_CONFLICT},
                 {"is not running", ERROR_CONFLICT},
                 {"nvalid signal", ERROR_INVALID},
                 {"No such image", ERROR_NOT_FOUND},
                 {"no such image", ERROR_NOT_FOUND},
                 {"No such container", ERROR_NOT_FOUND},
                 {"pull access denied", ERROR_NOT_FOUND},
                 /* Podman, which says 500 to much */
                 {"no such container", ERROR_NOT_FOUND},
                 {"container state improper", ERROR_CONFLICT},
                 {"is already in use", ERROR_CONFLICT}};
    if (strstr(words, "OCI runtime") || strstr(words, "hcs")) {
        return api_start_kind(words, otherwise);
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(words, known[i].words)) {
            return known[i].kind;
        }
    }
    return otherwise;
}

void api_error(struct error *e, int status, const char *body, size_t len)
{
    cJSON *json = json_parse(body, len, API_ONE_LIMIT, NULL);
    const char *message = json_string(json, "message", NULL);
    struct text words = {0};
    if (message) {
        text_add_clean(&words, message, strlen(message));
    } else {
        text_add_clean(&words, body, len < 300 ? len : 300);
    }
    while (words.len > 0 && words.data[words.len - 1] == ' ') {
        words.data[--words.len] = '\0';
    }
    error_set(e, kind_of_words(text_of(&words), kind_of_status(status)), status, "%s",
              words.len ? words.data : "the engine refused it without a word");
    text_done(&words);
    cJSON_Delete(json);
}

/* Events. */

bool api_event(struct api_event *ev, char action[32], const cJSON *json)
{
    const char *key = json_string(json, "Actor.ID", json_string(json, "id", ""));
    const char *podmans = json_string(json, "Actor.Attributes.containerExitCode", NULL);
    const char *code = json_string(json, "Actor.Attributes.exitCode", podmans);
    snprintf(action, 32, "%s", json_string(json, "Action", json_string(json, "status", "")));
    action[strcspn(action, ":")] = '\0';
    if (strcmp(json_string(json, "Type", "container"), "container") != 0 || !api_key_ok(key) || !*action) {
        return false;
    }
    ev->action = action;
    memcpy(ev->key, key, API_KEY);
    ev->exec_id = json_string(json, "Actor.Attributes.execID", NULL);
    ev->exit_code = code ? (int)strtol(code, NULL, 10) : -1;
    return true;
}
