#include "core/launch.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "core/text.h"

void launch_spec_init(struct launch_spec *s)
{
    *s = (struct launch_spec){0};
}

void launch_spec_done(struct launch_spec *s)
{
    char *strings[] = {s->image,   s->image_id, s->name,    s->hostname, s->entrypoint,
                       s->workdir, s->user,     s->network, s->restart,  s->like};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        free(strings[i]);
    }
    free(s->command);
    free(s->env);
    free(s->labels);
    free(s->beyond);
    for (size_t i = 0; i < s->n_crossings; i++) {
        free((char *)s->crossings[i].outside);
        free((char *)s->crossings[i].inside);
    }
    free(s->crossings);
    launch_spec_init(s);
}

void launch_spec_copy(struct launch_spec *to, const struct launch_spec *from)
{
    *to = *from;
    to->image = mem_string(from->image);
    to->image_id = mem_string(from->image_id);
    to->name = mem_string(from->name);
    to->hostname = mem_string(from->hostname);
    to->entrypoint = mem_string(from->entrypoint);
    to->workdir = mem_string(from->workdir);
    to->user = mem_string(from->user);
    to->network = mem_string(from->network);
    to->restart = mem_string(from->restart);
    to->command = mem_strings((const char *const *)from->command);
    to->env = mem_strings((const char *const *)from->env);
    to->labels = mem_strings((const char *const *)from->labels);
    to->like = mem_string(from->like);
    to->beyond = mem_strings((const char *const *)from->beyond);
    to->crossings = from->n_crossings ? mem_new(from->n_crossings, sizeof *to->crossings) : NULL;
    for (size_t i = 0; i < from->n_crossings; i++) {
        to->crossings[i] = from->crossings[i];
        to->crossings[i].outside = mem_string(from->crossings[i].outside);
        to->crossings[i].inside = mem_string(from->crossings[i].inside);
    }
}

/* Sets "NAME=value" in a block, in the place of an older value of NAME (name_len bytes). */
static void set_entry(char ***to, const char *entry, size_t name_len)
{
    char **old = *to;
    size_t n = 0, place;
    while (old && old[n]) {
        n++;
    }
    const char **entries = mem_new(n + 2, sizeof *entries);
    for (size_t i = 0; i < n; i++) {
        entries[i] = old[i];
    }
    for (place = 0; place < n; place++) {
        if (strncmp(entries[place], entry, name_len) == 0 && entries[place][name_len] == '=') {
            break;
        }
    }
    entries[place] = entry;
    *to = mem_strings(entries);
    free(entries);
    free(old);
}

int launch_add_env(struct launch_spec *s, const char *word, struct error *e)
{
    size_t name_len = strcspn(word, "=");
    if (name_len == 0) {
        return error_set(e, ERROR_INVALID, 0, "\"%s\" is no environment variable: write NAME=value, or NAME",
                         word);
    }
    if (word[name_len] == '=') {
        set_entry(&s->env, word, name_len);
        return 0;
    }
    const char *value = getenv(word);
    if (value) {
        struct text entry = {0};
        text_addf(&entry, "%s=%s", word, value);
        set_entry(&s->env, entry.data, name_len);
        text_done(&entry);
    }
    return 0;
}

/* "C:\data": on every system, since the host that is meant may be another one. */
static bool has_drive(const char *s)
{
    bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
    return letter && s[1] == ':' && (s[2] == '\\' || s[2] == '/');
}

/* The next colon that separates parts. */
static const char *separator(const char *s)
{
    return strchr(has_drive(s) ? s + 2 : s, ':');
}

static bool is_absolute(const char *s)
{
    return *s == '/' || *s == '\\' || has_drive(s);
}

static enum crossing_kind kind_of(const char *outside)
{
    return strncmp(outside, "\\\\.\\pipe\\", 9) == 0 ? CROSSING_PIPE : CROSSING_FOLDER;
}

/* Takes the two ends over. */
static void add_crossing(struct launch_spec *s, enum crossing_kind kind, char *outside, char *inside,
                         bool read_only)
{
    s->crossings = mem_resize(s->crossings, s->n_crossings + 1, sizeof *s->crossings);
    s->crossings[s->n_crossings++] =
        (struct crossing){.kind = kind, .outside = outside, .inside = inside, .read_only = read_only};
}

static bool inside_taken(const struct launch_spec *s, const char *inside)
{
    for (size_t i = 0; i < s->n_crossings; i++) {
        enum crossing_kind kind = s->crossings[i].kind;
        if ((kind == CROSSING_FOLDER || kind == CROSSING_PIPE) &&
            strcmp(s->crossings[i].inside, inside) == 0) {
            return true;
        }
    }
    return false;
}

/* Is there anything wrong with the parts? The mode has its colon in front, or is NULL. */
static int check_volume(const struct launch_spec *s, const char *outside, const char *inside,
                        const char *mode, struct error *e)
{
    if (!is_absolute(outside) && !launch_name_ok(outside)) {
        return error_set(
            e, ERROR_INVALID, 0,
            "Volume: \"%s\" is neither an absolute path of the host nor the name of a volume; write "
            "OUTSIDE:INSIDE[:ro|:rw]",
            outside);
    }
    if (!is_absolute(inside)) {
        return error_set(
            e, ERROR_INVALID, 0,
            "Volume: \"%s\" is not an absolute path in the container; write OUTSIDE:INSIDE[:ro|:rw]", inside);
    }
    if (inside[strspn(inside, "/")] == '\0') {
        return error_set(e, ERROR_INVALID, 0,
                         "Volume: nothing can be put over the container's root \"%s\"; "
                         "name a folder in it",
                         inside);
    }
    if (mode && strcmp(mode, ":ro") != 0 && strcmp(mode, ":rw") != 0) {
        return error_set(e, ERROR_INVALID, 0,
                         "Volume: \"%s\" is no mode: write OUTSIDE:INSIDE:ro or OUTSIDE:INSIDE:rw", mode + 1);
    }
    if (inside_taken(s, inside)) {
        return error_set(e, ERROR_INVALID, 0, "Volume: \"%s\" is given twice; choose another place for one",
                         inside);
    }
    return 0;
}

int launch_add_volume(struct launch_spec *s, const char *word, struct error *e)
{
    const char *colon = separator(word);
    if (!colon) {
        return error_set(e, ERROR_INVALID, 0,
                         "\"%s\" is no volume: write OUTSIDE:INSIDE[:ro|:rw], both absolute", word);
    }
    const char *second = separator(colon + 1);
    size_t inside_len = second ? (size_t)(second - colon - 1) : strlen(colon + 1);
    char *outside = mem_string_n(word, (size_t)(colon - word)), *inside = mem_string_n(colon + 1, inside_len);
    if (check_volume(s, outside, inside, second, e) < 0) {
        free(outside);
        free(inside);
        return -1;
    }
    add_crossing(s, kind_of(outside), outside, inside, second && strcmp(second, ":ro") == 0);
    return 0;
}

/* Ports and networks. */

int launch_add_port(struct launch_spec *s, const char *word, struct error *e)
{
    struct port port, other;
    if (!port_parse(word, &port, e)) {
        return -1;
    }
    for (size_t i = 0; i < s->n_crossings; i++) {
        if (port_of(&s->crossings[i], &other) && port_collides(&port, &other)) {
            return error_set(e, ERROR_INVALID, 0,
                             "Port: %u of the host is given twice; choose another one for \"%s\"",
                             port.outside, word);
        }
    }
    struct text outside = {0}, inside = {0};
    port_outside(&port, &outside);
    port_inside(&port, &inside);
    add_crossing(s, CROSSING_PORT, text_take(&outside), text_take(&inside), false);
    return 0;
}

/* Labels, and when to start again. */

int launch_add_label(struct launch_spec *s, const char *word, struct error *e)
{
    struct text entry = {0};
    size_t key_len = strcspn(word, "=");
    if (key_len == 0) {
        return error_set(e, ERROR_INVALID, 0, "\"%s\" is no label: write KEY=VALUE, or KEY", word);
    }
    text_addf(&entry, "%s%s", word, word[key_len] ? "" : "=");
    set_entry(&s->labels, entry.data, key_len);
    text_done(&entry);
    return 0;
}

int launch_set_restart(struct launch_spec *s, const char *word, struct error *e)
{
    bool counted = strncmp(word, "on-failure:", 11) == 0 && word[11] && strlen(word) <= 11 + 6 &&
                   strspn(word + 11, "0123456789") == strlen(word + 11);
    bool none = strcmp(word, "no") == 0;
    if (!none && !counted && strcmp(word, "always") != 0 && strcmp(word, "unless-stopped") != 0 &&
        strcmp(word, "on-failure") != 0) {
        return error_set(e, ERROR_INVALID, 0,
                         "\"%s\" is no restart policy: write no, always, unless-stopped, on-failure, or "
                         "on-failure:TIMES",
                         word);
    }
    free(s->restart);
    s->restart = none ? NULL : mem_string(word);
    return 0;
}

/* Devices. */

static int wrong_device(const char *word, struct error *e)
{
    return error_set(
        e, ERROR_INVALID, 0,
        "Device: \"%s\" is none; write /dev/OUTSIDE[:/INSIDE][:r|:rwm], or class/GUID on Windows", word);
}

/* Either form of docker: class/GUID and class://GUID. */
static int add_device_class(struct launch_spec *s, const char *word, struct error *e)
{
    const char *guid = word[5] == ':' ? word + 8 : word + 6;
    struct text outside = {0};
    if (strlen(guid) != 36 || strspn(guid, "0123456789abcdefABCDEF-") != 36) {
        return wrong_device(word, e);
    }
    text_addf(&outside, "class/%s", guid);
    add_crossing(s, CROSSING_DEVICE, text_take(&outside), mem_string(""), false);
    return 0;
}

int launch_add_device(struct launch_spec *s, const char *word, struct error *e)
{
    if (strncmp(word, "class/", 6) == 0 || strncmp(word, "class://", 8) == 0) {
        return add_device_class(s, word, e);
    }
    size_t outside = strcspn(word, ":");
    const char *inside = word, *rest = word + outside, *mode = "";
    size_t inside_len = outside;
    if (rest[0] == ':' && rest[1] == '/') {
        inside = rest + 1;
        inside_len = strcspn(inside, ":");
        rest = inside + inside_len;
    }
    if (rest[0] == ':') {
        mode = rest + 1;
    }
    bool mode_ok = strcmp(mode, "r") == 0 || strcmp(mode, "rwm") == 0 || rest[0] == '\0';
    if (word[0] != '/' || outside < 2 || inside_len < 2 || !mode_ok) {
        return wrong_device(word, e);
    }
    add_crossing(s, CROSSING_DEVICE, mem_string_n(word, outside), mem_string_n(inside, inside_len),
                 strcmp(mode, "r") == 0);
    return 0;
}

enum launch_network launch_network(const struct launch_spec *s)
{
    static const struct {
        const char *word;
        enum launch_network network;
    } words[] = {{"none", LAUNCH_NETWORK_NONE},
                 {"nat", LAUNCH_NETWORK_NAT},
                 {"bridge", LAUNCH_NETWORK_NAT},
                 {"host", LAUNCH_NETWORK_HOST}};
    if (!s->network) {
        return port_any(s->crossings, s->n_crossings) ? LAUNCH_NETWORK_NAT : LAUNCH_NETWORK_NONE;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(s->network, words[i].word) == 0) {
            return words[i].network;
        }
    }
    return LAUNCH_NETWORK_OTHER;
}

/* Words. */

/* Reads one word into out. Returns where it ended, NULL when a quote or a backslash was left open. */
static const char *read_word(const char *s, struct text *out)
{
    char quote = 0;
    for (; *s && (quote || !strchr(" \t\r\n", *s)); s++) {
        bool escapes = *s == '\\' && quote != '\'';
        if (escapes && quote == '"' && (!s[1] || !strchr("\"\\$`", s[1]))) {
            escapes = false;
        }
        if (escapes) {
            if (!*++s) {
                return NULL;
            }
            text_add_char(out, *s);
        } else if (quote ? *s == quote : *s == '\'' || *s == '"') {
            quote = quote ? 0 : *s;
        } else {
            text_add_char(out, *s);
        }
    }
    return quote ? NULL : s;
}

/* A block of the n words that lie in `words`, each with its NUL. */
static char **block_of(const struct text *words, size_t n)
{
    const char **list = mem_new(n + 1, sizeof *list);
    const char *at = text_of(words);
    for (size_t i = 0; i < n; i++, at += strlen(at) + 1) {
        list[i] = at;
    }
    char **block = mem_strings(list);
    free(list);
    return block;
}

char **launch_split(const char *line, struct error *e)
{
    struct text words = {0};
    size_t n = 0;
    for (const char *s = line + strspn(line, " \t\r\n"); *s; s += strspn(s, " \t\r\n")) {
        s = read_word(s, &words);
        if (!s) {
            text_done(&words);
            error_set(e, ERROR_INVALID, 0,
                      "The command \"%s\" ends inside of a quote, or with a backslash: close it", line);
            return NULL;
        }
        text_add_char(&words, '\0');
        n++;
    }
    char **block = block_of(&words, n);
    text_done(&words);
    return block;
}

bool launch_name_ok(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t len = strlen(name);
    return len >= 1 && len <= 64 && strchr(letters, name[0]) && strspn(name, all) == len;
}
