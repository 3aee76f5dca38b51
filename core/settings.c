/* core/settings.c - the user's file.
 *
 * cJSON gives the values, but not where they stand. core/jsonc tells the line of each key in the order of the
 * text; the tree is walked in that order too, so the n-th key met is on the n-th line told. */
#include "core/settings.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/actions.h"
#include "core/jsonc.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/trust.h"

enum {
    LIMIT = 1 << 20,
    LONGEST_WORD = 64,
    MOST_ENGINES = 32,
    MOST_KEYS = 1000,
    MOST_RUNTIMES = 100,
    MOST_WARNINGS = 50
};

struct reader {
    const char *file; /* its name in sentences */
    bool optional;    /* it need not exist */
    struct settings *to;
    void (*warn)(void *user, const char *sentence);
    void *user;
    size_t warnings;
    int *lines; /* of each key, in the order of the text */
    size_t n_lines;
    size_t next; /* the key that is walked next */
    int line;    /* of the key that is being read */
};

void settings_init(struct settings *s)
{
    *s = (struct settings){
        .theme = mem_string("dark"),
        .sort = SORT_NAME,
        .mouse = true,
        .confirm = true,
        .detach_key = mem_string("Ctrl-]"),
        .refresh_seconds = 1,
        .log_lines = 10000,
        .scrollback = 5000,
    };
}

static void free_engines(struct settings *s)
{
    for (size_t i = 0; i < s->n_engines; i++) {
        free(s->engines[i].name);
        free(s->engines[i].address);
    }
    free(s->engines);
    s->engines = NULL;
    s->n_engines = 0;
}

static void free_keys(struct settings *s)
{
    for (size_t i = 0; i < s->n_keys; i++) {
        free(s->keys[i].key);
        free(s->keys[i].action);
    }
    free(s->keys);
    s->keys = NULL;
    s->n_keys = 0;
}

void settings_done(struct settings *s)
{
    free(s->theme);
    free(s->detach_key);
    free_engines(s);
    free_keys(s);
    runtimes_done(&s->runtimes);
    *s = (struct settings){0};
}

enum isolation settings_isolation(const struct settings *s, const char *engine, const char *address)
{
    enum isolation usual = ISOLATION_UNKNOWN;
    for (size_t i = s->n_engines; i-- > 0;) { /* the first one counts */
        const struct settings_engine *e = &s->engines[i];
        if (strcmp(e->name, engine) != 0 || e->isolation == ISOLATION_UNKNOWN) {
            continue;
        }
        if (address && e->address && strcmp(e->address, address) == 0) {
            return e->isolation;
        }
        usual = e->address ? usual : e->isolation;
    }
    return usual;
}

/* ---- sentences ---- */

static void complain(struct reader *r, const char *fmt, ...) ERROR_PRINTF(2, 3);

static void complain(struct reader *r, const char *fmt, ...)
{
    if (!r->warn || ++r->warnings > MOST_WARNINGS) {
        return;
    }
    struct text raw = {0}, clean = {0};
    va_list args;
    text_addf(&raw, "%s line %d: ", r->file, r->line);
    va_start(args, fmt);
    text_addv(&raw, fmt, args);
    va_end(args);
    text_add_clean(&clean, text_of(&raw), raw.len);
    r->warn(r->user, text_of(&clean));
    text_done(&raw);
    text_done(&clean);
}

/* A word of the file in quotes, cut to a length that fits into a sentence. */
static const char *quoted(const char *word, char out[LONGEST_WORD + 8])
{
    size_t len = strlen(word) > LONGEST_WORD ? text_fit(word, LONGEST_WORD / 4, NULL) : strlen(word);
    if (len > LONGEST_WORD) {
        len = 0; /* all marks without width */
    }
    snprintf(out, LONGEST_WORD + 8, "\"%.*s%s\"", (int)len, word, word[len] ? "..." : "");
    return out;
}

/* ---- values ---- */

static void read_bool(struct reader *r, const cJSON *item, bool *value)
{
    if (cJSON_IsBool(item)) {
        *value = cJSON_IsTrue(item);
    } else {
        complain(r, "%s must be true or false; it stays %s", item->string, *value ? "true" : "false");
    }
}

static void read_number(struct reader *r, const cJSON *item, double least, double most, double *value)
{
    if (cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most) {
        *value = item->valuedouble;
    } else {
        complain(r, "%s must be a number from %g to %.0f; it stays %g", item->string, least, most, *value);
    }
}

static void read_count(struct reader *r, const cJSON *item, double least, double most, size_t *value)
{
    double number = (double)*value;
    read_number(r, item, least, most, &number);
    *value = (size_t)number;
}

/* A string of 1 to LONGEST_WORD bytes without control characters; else NULL, and a sentence. */
static const char *word_of(struct reader *r, const cJSON *item, const char *meaning)
{
    const char *word = cJSON_IsString(item) ? item->valuestring : "";
    size_t len = strlen(word);
    for (const char *s = word; s < word + len;) {
        uint32_t code;
        s += text_decode(s, word + len, &code);
        if (!text_is_safe(code)) {
            len = 0;
        }
    }
    if (len == 0 || len > LONGEST_WORD) {
        char out[LONGEST_WORD + 8];
        complain(r, "%s must be %s, in quotes", quoted(item->string, out), meaning);
        return NULL;
    }
    return word;
}

static void replace(char **to, const char *from)
{
    if (from) {
        free(*to);
        *to = mem_string(from);
    }
}

static void read_theme(struct reader *r, const cJSON *item)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *word = word_of(r, item, "the name of a theme");
    if (word && word[strspn(word, allowed)]) {
        char out[LONGEST_WORD + 8];
        complain(r, "%s is no theme's name: use letters, digits, - and _ only", quoted(word, out));
        return;
    }
    replace(&r->to->theme, word);
}

static void read_sort(struct reader *r, const cJSON *item)
{
    const char *word = word_of(r, item, "the name of a column");
    if (word && !sort_parse(word, &r->to->sort)) {
        struct text words = {0};
        for (int by = 0; by < SORT_COUNT; by++) {
            text_addf(&words, "%s%s", by ? ", " : "", sort_word(by));
        }
        char out[LONGEST_WORD + 8];
        complain(r, "cannot sort by %s; choose one of %s", quoted(word, out), text_of(&words));
        text_done(&words);
    }
}

static void read_descending(struct reader *r, const cJSON *item)
{
    read_bool(r, item, &r->to->sort_descending);
}

static void read_hide_stopped(struct reader *r, const cJSON *item)
{
    read_bool(r, item, &r->to->hide_stopped);
}

static void read_ascii(struct reader *r, const cJSON *item)
{
    read_bool(r, item, &r->to->ascii);
}

static void read_mouse(struct reader *r, const cJSON *item)
{
    read_bool(r, item, &r->to->mouse);
}

static void read_confirm(struct reader *r, const cJSON *item)
{
    read_bool(r, item, &r->to->confirm);
}

static void read_detach_key(struct reader *r, const cJSON *item)
{
    replace(&r->to->detach_key, word_of(r, item, "the name of a key"));
}

static void read_refresh(struct reader *r, const cJSON *item)
{
    read_number(r, item, 0.2, 3600, &r->to->refresh_seconds);
}

static void read_log_lines(struct reader *r, const cJSON *item)
{
    read_count(r, item, 100, 1000000, &r->to->log_lines);
}

static void read_scrollback(struct reader *r, const cJSON *item)
{
    read_count(r, item, 0, 100000, &r->to->scrollback);
}

/* ---- objects ---- */

/* How many keys stand inside of it? */
static size_t count_keys(const cJSON *item)
{
    size_t n = 0;
    for (const cJSON *child = item->child; child; child = child->next) {
        n += (cJSON_IsObject(item) ? 1 : 0) + count_keys(child);
    }
    return n;
}

/* Steps to the next key of the walk: from here on sentences name its line. */
static void step(struct reader *r)
{
    r->line = r->next < r->n_lines ? r->lines[r->next] : r->line;
    r->next++;
}

static void read_engine_member(struct reader *r, const cJSON *item, struct settings_engine *engine)
{
    char out[LONGEST_WORD + 8];
    if (strcmp(item->string, "name") == 0) {
        replace(&engine->name, word_of(r, item, "the name of an engine"));
    } else if (strcmp(item->string, "address") == 0) {
        if (cJSON_IsString(item) && item->valuestring[0] && strlen(item->valuestring) <= 4096) {
            replace(&engine->address, item->valuestring);
        } else if (!cJSON_IsNull(item)) {
            complain(r, "address must be an address in quotes, or null for the engine's own");
        }
    } else if (strcmp(item->string, "isolation") == 0) {
        const char *word = word_of(r, item, "default, process or hyperv");
        if (word && !isolation_parse(word, &engine->isolation)) {
            complain(r, "%s is no isolation: choose default, process or hyperv", quoted(word, out));
        }
    } else {
        complain(r, "unknown key %s; an engine has name, address, isolation", quoted(item->string, out));
    }
}

static void read_engine(struct reader *r, const cJSON *item)
{
    struct settings_engine engine = {0};
    for (const cJSON *member = item->child; cJSON_IsObject(item) && member; member = member->next) {
        step(r);
        size_t behind = r->next + count_keys(member);
        read_engine_member(r, member, &engine);
        r->next = behind;
    }
    struct settings *s = r->to;
    if (!engine.name || s->n_engines == MOST_ENGINES) {
        complain(r, engine.name ? "too many engines; this one is left out"
                                : "an engine without a name is left out");
        free(engine.name);
        free(engine.address);
        return;
    }
    s->engines = mem_resize(s->engines, s->n_engines + 1, sizeof *s->engines);
    s->engines[s->n_engines++] = engine;
}

static void read_engines(struct reader *r, const cJSON *item)
{
    if (!cJSON_IsArray(item)) {
        complain(r, "engines must be a list: [{\"name\": \"local\"}]");
        return;
    }
    free_engines(r->to);
    for (const cJSON *engine = item->child; engine; engine = engine->next) {
        size_t behind = r->next + count_keys(engine);
        read_engine(r, engine);
        r->next = behind;
    }
}

/* The settings say it once for each key: the last word counts. */
static struct settings_key *key_of(struct settings *s, const char *key)
{
    for (size_t i = 0; i < s->n_keys; i++) {
        if (strcmp(s->keys[i].key, key) == 0) {
            return &s->keys[i];
        }
    }
    s->keys = mem_resize(s->keys, s->n_keys + 1, sizeof *s->keys);
    s->keys[s->n_keys] = (struct settings_key){.key = mem_string(key)};
    return &s->keys[s->n_keys++];
}

static void read_key(struct reader *r, const cJSON *item)
{
    char out[LONGEST_WORD + 8];
    const char *key = item->string, *action = word_of(r, item, "the name of an action");
    if (!action) {
        return;
    }
    if (strcmp(action, "none") != 0 && !action_by_name(action)) {
        complain(r, "no action is called %s; the help screen lists them", quoted(action, out));
    } else if (!*key || strlen(key) > LONGEST_WORD) {
        complain(r, "%s is no key; write it like \"Ctrl-X\", \"F5\" or \"a\"", quoted(key, out));
    } else if (r->to->n_keys == MOST_KEYS) {
        complain(r, "too many keys; %s is left out", quoted(key, out));
    } else {
        replace(&key_of(r->to, key)->action, action);
    }
}

static void read_keys(struct reader *r, const cJSON *item)
{
    if (!cJSON_IsObject(item)) {
        complain(r, "keys must be like {\"Ctrl-X\": \"stop\"}");
        return;
    }
    free_keys(r->to);
    for (const cJSON *key = item->child; key; key = key->next) {
        step(r);
        size_t behind = r->next + count_keys(key);
        read_key(r, key);
        r->next = behind;
    }
}

static void read_runtime(struct reader *r, const cJSON *item)
{
    char out[LONGEST_WORD + 8];
    const char *name = item->string, *word = word_of(r, item, "process or hyperv");
    enum isolation mode;
    if (!word) {
        return;
    }
    if (!isolation_parse(word, &mode) || mode == ISOLATION_UNKNOWN) {
        complain(r, "%s is nothing that a runtime isolates by: choose process or hyperv", quoted(word, out));
    } else if (!*name || strlen(name) > LONGEST_WORD) {
        complain(r, "%s is no runtime; write its name, or its beginning and *", quoted(name, out));
    } else if (r->to->runtimes.n_rules == MOST_RUNTIMES) {
        complain(r, "too many runtimes; %s is left out", quoted(name, out));
    } else {
        runtimes_put(&r->to->runtimes, name, mode);
    }
}

static void read_runtimes(struct reader *r, const cJSON *item)
{
    if (!cJSON_IsObject(item)) {
        complain(r, "runtimes must be like {\"kata*\": \"hyperv\"}");
        return;
    }
    runtimes_done(&r->to->runtimes);
    for (const cJSON *runtime = item->child; runtime; runtime = runtime->next) {
        step(r);
        size_t behind = r->next + count_keys(runtime);
        read_runtime(r, runtime);
        r->next = behind;
    }
}

static const struct member {
    const char *name;
    void (*read)(struct reader *r, const cJSON *item);
} members[] = {
    {"theme", read_theme},
    {"sort", read_sort},
    {"sort_descending", read_descending},
    {"hide_stopped", read_hide_stopped},
    {"ascii", read_ascii},
    {"mouse", read_mouse},
    {"confirm", read_confirm},
    {"detach_key", read_detach_key},
    {"refresh_seconds", read_refresh},
    {"log_lines", read_log_lines},
    {"scrollback", read_scrollback},
    {"engines", read_engines},
    {"runtimes", read_runtimes},
    {"keys", read_keys},
};

static const struct member *member_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (strcmp(members[i].name, name) == 0) {
            return &members[i];
        }
    }
    return NULL;
}

static void read_settings(struct reader *r, const cJSON *root)
{
    for (const cJSON *item = root->child; item; item = item->next) {
        step(r);
        size_t behind = r->next + count_keys(item);
        const struct member *member = member_by_name(item->string);
        if (member) {
            member->read(r, item);
        } else {
            char out[LONGEST_WORD + 8];
            complain(r, "unknown key %s; it is left out", quoted(item->string, out));
        }
        r->next = behind;
    }
    if (r->warn && r->warnings > MOST_WARNINGS) {
        r->warn(r->user, "The settings have more mistakes than are shown here");
    }
}

static bool parse(struct reader *r, const char *text, struct error *e)
{
    char *copy = mem_string(text);
    jsonc_blank(copy);
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithOpts(copy, &end, true);
    bool fine = cJSON_IsObject(root);
    if (!root) {
        error_set(e, ERROR_INVALID, 0,
                  "%s line %d: this is not JSON; look for a missing comma, quote or bracket", r->file,
                  jsonc_line(copy, end));
    } else if (!fine) {
        error_set(e, ERROR_INVALID, 0, "%s line 1: the settings must stand in braces: {\"theme\": \"dark\"}",
                  r->file);
    } else {
        r->lines = jsonc_key_lines(copy, &r->n_lines);
        read_settings(r, root);
    }
    cJSON_Delete(root);
    free(r->lines);
    free(copy);
    return fine;
}

bool settings_parse(struct settings *s, const char *text, void (*warn)(void *user, const char *sentence),
                    void *user, struct error *e)
{
    return parse(&(struct reader){.file = "settings.json", .to = s, .warn = warn, .user = user}, text, e);
}

/* ---- the file ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
#ifdef _WIN32
    const char *other = strrchr(path, '\\');
    slash = !slash || (other && other > slash) ? other : slash;
#endif
    return slash ? slash + 1 : path;
}

/* Reads the whole file; a NUL in it ends the text early, which is then no JSON. */
static bool read_file(FILE *file, const char *path, struct text *out, struct error *e)
{
    char block[4096];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0 && out->len <= LIMIT) {
        text_add_n(out, block, n);
    }
    if (ferror(file)) {
        error_errno(e, errno, "Cannot read the settings %s", path);
        return false;
    }
    if (out->len > LIMIT) {
        error_set(e, ERROR_INVALID, 0, "The settings %s are longer than 1 MB; this is hardly the right file",
                  path);
        return false;
    }
    return true;
}

/* Settings that nobody named are no reason not to start. */
static void leave_out(const struct reader *r, const struct error *why)
{
    struct text sentence = {0};
    text_addf(&sentence, "the settings are left out: %s", why->text);
    if (r->warn) {
        r->warn(r->user, text_of(&sentence));
    }
    text_done(&sentence);
}

static bool load(struct settings *s, const char *path, struct reader *r, struct error *e)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        if (r->optional && (errno == ENOENT || errno == ENOTDIR)) {
            return true;
        }
        struct error why;
        error_errno(&why, errno, "Cannot open the settings %s", path);
        if (r->optional && why.kind == ERROR_DENIED) { /* another user's, with that one's HOME */
            leave_out(r, &why);
            return true;
        }
        if (e) {
            *e = why;
        }
        return false;
    }
    struct text text = {0};
    struct error why;
    r->file = base_name(path);
    r->to = s;
    bool fine = true;
    if (r->optional && !trust_file(file, path, &why)) {
        leave_out(r, &why);
    } else {
        fine = read_file(file, path, &text, e) && parse(r, text_of(&text), e);
    }
    text_done(&text);
    fclose(file);
    return fine;
}

bool settings_load(struct settings *s, const char *path, void (*warn)(void *user, const char *sentence),
                   void *user, struct error *e)
{
    char *own = path ? NULL : settings_path();
    struct reader r = {.warn = warn, .user = user, .optional = !path};
    bool fine = !(path || own) || load(s, path ? path : own, &r, e);
    free(own);
    return fine;
}

char *settings_folder(void)
{
    struct text path = {0};
#ifdef _WIN32
    const char *base = getenv("APPDATA");
    if (!base || !*base) {
        return NULL;
    }
    text_addf(&path, "%s\\porthole", base);
#else
    const char *base = getenv("XDG_CONFIG_HOME");
    char home[4096];
    size_t room = sizeof home;
    if (base && *base == '/') {
        text_addf(&path, "%s/porthole", base);
    } else if (uv_os_homedir(home, &room) == 0) {
        text_addf(&path, "%s/.config/porthole", home);
    } else {
        return NULL;
    }
#endif
    return text_take(&path);
}

char *settings_path(void)
{
    char *folder = settings_folder();
    struct text path = {0};
    if (!folder) {
        return NULL;
    }
    text_addf(&path, "%s%csettings.json", folder, strchr(folder, '\\') ? '\\' : '/');
    free(folder);
    return text_take(&path);
}
