/* A theme file is laid over the built-in theme, so that a file may say as little as it likes. Comments are
 * blanked before the text is parsed; lines keep their numbers for the sentences about what is wrong.
 */
#include "ui/theme.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "core/jsonc.h"
#include "core/memory.h"
#include "core/settings.h"
#include "core/text.h"

#ifdef _WIN32
#define SLASHES "/\\"
#else
#define SLASHES "/"
#endif

enum { FILE_LIMIT = 64 * 1024, PATH_LIMIT = 4096, N_NAMED = 8 };

#define RGB(value) (COLOR_RGB | (value))

static const char *const style_names[STYLE_COUNT] = {
    [STYLE_TEXT] = "text",
    [STYLE_QUIET] = "quiet",
    [STYLE_STRONG] = "strong",
    [STYLE_ACCENT] = "accent",
    [STYLE_WARNING] = "warning",
    [STYLE_ERROR] = "error",
    [STYLE_SELECTED] = "selected",
    [STYLE_SELECTED_QUIET] = "selected_quiet",
    [STYLE_MARKED] = "marked",
    [STYLE_PROCESS] = "process",
    [STYLE_VM] = "vm",
    [STYLE_WALL] = "wall",
    [STYLE_RUNNING] = "running",
    [STYLE_PAUSED] = "paused",
    [STYLE_STOPPED] = "stopped",
    [STYLE_TITLE] = "title",
    [STYLE_STATUS] = "status",
    [STYLE_MATCH] = "match",
    [STYLE_INPUT] = "input",
};

static const struct theme built_in = {
    .name = "dark",
    .looks =
        {
            [STYLE_TEXT] = {0},
            [STYLE_QUIET] = {.foreground = RGB(0x9a9a9a), .mono = ATTR_DIM},
            [STYLE_STRONG] = {.attributes = ATTR_BOLD, .mono = ATTR_BOLD},
            [STYLE_ACCENT] = {.foreground = RGB(0x87c0e0), .mono = ATTR_BOLD},
            [STYLE_WARNING] = {.foreground = RGB(0xe0b060), .mono = ATTR_BOLD},
            [STYLE_ERROR] = {RGB(0xf28b82), COLOR_DEFAULT, ATTR_BOLD, ATTR_BOLD | ATTR_UNDERLINE},
            [STYLE_SELECTED] = {RGB(0xffffff), RGB(0x2f5a7d), 0, ATTR_REVERSE},
            [STYLE_SELECTED_QUIET] = {RGB(0xe4e4e4), RGB(0x3a3a3a), 0, ATTR_REVERSE | ATTR_DIM},
            [STYLE_MARKED] = {RGB(0x87c0e0), COLOR_DEFAULT, ATTR_BOLD, ATTR_UNDERLINE},
            [STYLE_PROCESS] = {0},
            [STYLE_VM] = {RGB(0x87c0e0), COLOR_DEFAULT, ATTR_BOLD, ATTR_BOLD},
            [STYLE_WALL] = {.attributes = ATTR_BOLD, .mono = ATTR_BOLD},
            [STYLE_RUNNING] = {.foreground = RGB(0x9ccc9c)},
            [STYLE_PAUSED] = {.foreground = RGB(0xe0b060), .mono = ATTR_UNDERLINE},
            [STYLE_STOPPED] = {.foreground = RGB(0x9a9a9a), .mono = ATTR_DIM},
            [STYLE_TITLE] = {.attributes = ATTR_BOLD, .mono = ATTR_BOLD},
            [STYLE_STATUS] = {.foreground = RGB(0x9a9a9a)},
            [STYLE_MATCH] = {RGB(0x1c1c1c), RGB(0xe0b060), 0, ATTR_REVERSE | ATTR_UNDERLINE},
            [STYLE_INPUT] = {RGB(0xf0f0f0), RGB(0x303030), 0, ATTR_UNDERLINE},
        },
};

static const struct {
    const char *name;
    uint8_t bit;
} attribute_names[] = {
    {"bold", ATTR_BOLD},       {"italic", ATTR_ITALIC}, {"underline", ATTR_UNDERLINE}, {"blink", ATTR_BLINK},
    {"reverse", ATTR_REVERSE}, {"dim", ATTR_DIM},       {"strike", ATTR_STRIKE},
};

enum { N_ATTRIBUTES = sizeof attribute_names / sizeof attribute_names[0] };

void theme_default(struct theme *t)
{
    *t = built_in;
}

const char *style_name(enum style style)
{
    return style_names[style];
}

/* Parsing */

static bool parse_hex(const char *s, uint32_t *color)
{
    if (strlen(s) != 7 || strspn(s + 1, "0123456789abcdefABCDEF") != 6) {
        return false;
    }
    *color = RGB((uint32_t)strtoul(s + 1, NULL, 16));
    return true;
}

static bool parse_color_name(const char *s, uint32_t *color)
{
    static const char *const colors[N_NAMED] = {"black", "red",     "green", "yellow",
                                                "blue",  "magenta", "cyan",  "white"};
    if (strcasecmp(s, "default") == 0) {
        *color = COLOR_DEFAULT;
        return true;
    }
    for (uint32_t i = 0; i < N_NAMED; i++) {
        if (strcasecmp(s, colors[i]) == 0) {
            *color = COLOR_INDEX | i;
            return true;
        }
    }
    return false;
}

static bool parse_color(const cJSON *value, uint32_t *color)
{
    if (cJSON_IsNumber(value)) {
        double number = value->valuedouble;
        bool index = number >= 0 && number <= 255 && number == (double)(int)number;
        *color = index ? COLOR_INDEX | (uint32_t)number : *color;
        return index;
    }
    if (!cJSON_IsString(value)) {
        return false;
    }
    const char *s = value->valuestring;
    return s[0] == '#' ? parse_hex(s, color) : parse_color_name(s, color);
}

static uint8_t attribute_by_name(const char *name, size_t len)
{
    for (size_t i = 0; i < N_ATTRIBUTES; i++) {
        if (strlen(attribute_names[i].name) == len && strncmp(attribute_names[i].name, name, len) == 0) {
            return attribute_names[i].bit;
        }
    }
    return 0;
}

static bool parse_mono(const cJSON *value, uint8_t *attributes)
{
    uint8_t found = 0;
    if (!cJSON_IsString(value)) {
        return false;
    }
    for (const char *s = value->valuestring + strspn(value->valuestring, " "); *s != '\0';) {
        size_t len = strcspn(s, " ");
        uint8_t bit = attribute_by_name(s, len);
        if (bit == 0) {
            return false;
        }
        found |= bit;
        s += len + strspn(s + len, " ");
    }
    *attributes = found;
    return true;
}

static bool parse_property(struct look *look, const cJSON *value)
{
    if (strcmp(value->string, "fg") == 0) {
        return parse_color(value, &look->foreground);
    }
    if (strcmp(value->string, "bg") == 0) {
        return parse_color(value, &look->background);
    }
    if (strcmp(value->string, "mono") == 0) {
        return parse_mono(value, &look->mono);
    }
    uint8_t bit = attribute_by_name(value->string, strlen(value->string));
    if (bit == 0 || !cJSON_IsBool(value)) {
        return false;
    }
    look->attributes = (uint8_t)(cJSON_IsTrue(value) ? look->attributes | bit : look->attributes & ~bit);
    return true;
}

static int style_by_name(const char *name)
{
    for (int i = 0; i < STYLE_COUNT; i++) {
        if (strcmp(style_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* What a file says of a style replaces the built-in colours; only "mono" is kept when it is left out. */
static bool parse_style(struct theme *t, const cJSON *item, struct error *e)
{
    int style = style_by_name(item->string);
    if (style < 0) {
        error_set(e, ERROR_INVALID, 0, "\"%.40s\" is no style; \"text\", \"selected\" or \"match\" are",
                  item->string);
        return false;
    }
    if (!cJSON_IsObject(item)) {
        error_set(e, ERROR_INVALID, 0, "style \"%s\" must be an object such as {\"fg\": \"#87c0e0\"}",
                  style_names[style]);
        return false;
    }
    struct look look = {.mono = t->looks[style].mono};
    const cJSON *value;
    cJSON_ArrayForEach(value, item)
    {
        if (!parse_property(&look, value)) {
            error_set(e, ERROR_INVALID, 0,
                      "style \"%s\": \"%.40s\" is unknown or has a wrong value; use fg and bg with a colour, "
                      "an attribute with true or false, or mono with attributes",
                      style_names[style], value->string);
            return false;
        }
    }
    t->looks[style] = look;
    return true;
}

static bool parse_name(struct theme *t, const cJSON *name, struct error *e)
{
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0' ||
        strlen(name->valuestring) >= sizeof t->name) {
        error_set(e, ERROR_INVALID, 0, "\"name\" must be a text of 1 to %d bytes", (int)sizeof t->name - 1);
        return false;
    }
    struct text clean = {0};
    text_add_clean(&clean, name->valuestring, strlen(name->valuestring));
    snprintf(t->name, sizeof t->name, "%s", text_of(&clean));
    text_done(&clean);
    return true;
}

static bool read_theme(struct theme *t, const cJSON *root, struct error *e)
{
    if (!cJSON_IsObject(root)) {
        error_set(e, ERROR_INVALID, 0, "a theme must be an object with \"name\" and \"styles\"");
        return false;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, root)
    {
        if (strcmp(item->string, "name") == 0) {
            if (!parse_name(t, item, e)) {
                return false;
            }
        } else if (strcmp(item->string, "styles") != 0 || !cJSON_IsObject(item)) {
            error_set(e, ERROR_INVALID, 0,
                      "\"%.40s\" is not known in a theme, or no object; it has \"name\" and \"styles\"",
                      item->string);
            return false;
        } else {
            const cJSON *style;
            cJSON_ArrayForEach(style, item)
            {
                if (!parse_style(t, style, e)) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool theme_parse(struct theme *t, const char *text, struct error *e)
{
    char *copy = mem_string(text);
    jsonc_blank(copy);
    const char *end = copy;
    cJSON *root = cJSON_ParseWithOpts(copy, &end, 1);
    struct theme parsed = built_in;
    bool good = false;
    if (root == NULL) {
        error_set(e, ERROR_INVALID, 0, "line %d is not JSON", jsonc_line(copy, end));
    } else {
        good = read_theme(&parsed, root, e);
    }
    if (good) {
        *t = parsed;
    }
    cJSON_Delete(root);
    free(copy);
    return good;
}

/* Files */

/* The folders where themes are: the user's, then the installed one. False: there is no such folder. */
static bool user_folder(struct text *path)
{
    char *folder = settings_folder();
    if (folder != NULL) {
        text_addf(path, "%s/themes", folder);
    }
    free(folder);
    return path->len > 0;
}

static char *last_slash(char *path)
{
    char *found = NULL;
    for (char *at = path; *at != '\0'; at++) {
        found = strchr(SLASHES, *at) != NULL ? at : found;
    }
    return found;
}

static bool installed_folder(struct text *path)
{
    char program[PATH_LIMIT];
    size_t size = sizeof program;
    if (uv_exepath(program, &size) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        char *slash = last_slash(program);
        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
    }
    text_addf(path, "%s/share/porthole/themes", program);
    return true;
}

static bool (*const folders[])(struct text *path) = {user_folder, installed_folder};

enum { N_FOLDERS = sizeof folders / sizeof folders[0] };

static bool is_file(const char *path)
{
    uv_fs_t request;
    bool file = uv_fs_stat(NULL, &request, path, NULL) == 0 && (request.statbuf.st_mode & S_IFMT) == S_IFREG;
    uv_fs_req_cleanup(&request);
    return file;
}

static bool load_file(struct theme *t, const char *path, struct error *e)
{
    FILE *file = is_file(path) ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        error_set(e, ERROR_NOT_FOUND, 0, "theme %s cannot be opened; name a file that can be read", path);
        return false;
    }
    char *text = mem_new(FILE_LIMIT + 1, 1);
    size_t len = fread(text, 1, FILE_LIMIT + 1, file);
    fclose(file);
    bool good = false;
    if (len > FILE_LIMIT) {
        error_set(e, ERROR_INVALID, 0, "theme %s is longer than %d KB", path, FILE_LIMIT / 1024);
    } else if (theme_parse(t, text, e)) {
        good = true;
    } else {
        error_wrap(e, "theme %s", path);
    }
    free(text);
    return good;
}

static bool find_file(const char *name, struct text *path)
{
    for (size_t i = 0; i < N_FOLDERS; i++) {
        text_clear(path);
        if (folders[i](path)) {
            text_addf(path, "/%s.json", name);
            if (is_file(text_of(path))) {
                return true;
            }
        }
    }
    return false;
}

bool theme_load(struct theme *t, const char *name, struct error *e)
{
    if (strpbrk(name, SLASHES) != NULL) {
        return load_file(t, name, e);
    }
    struct text path = {0};
    bool good = true;
    if (find_file(name, &path)) {
        good = load_file(t, text_of(&path), e);
    } else if (strcmp(name, built_in.name) == 0) {
        theme_default(t);
    } else {
        text_clear(&path);
        bool user = user_folder(&path);
        error_set(e, ERROR_NOT_FOUND, 0,
                  "there is no theme \"%.60s\"; use \"dark\" or \"light\", or put %.60s.json into %s", name,
                  name, user ? text_of(&path) : "the themes folder");
        good = false;
    }
    text_done(&path);
    return good;
}

struct names {
    char **list;
    size_t n, room;
};

static void add_name(struct names *names, const char *name, size_t len)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strlen(names->list[i]) == len && memcmp(names->list[i], name, len) == 0) {
            return;
        }
    }
    names->list = mem_grow(names->list, &names->room, names->n + 2, sizeof *names->list);
    names->list[names->n++] = mem_string_n(name, len);
    names->list[names->n] = NULL;
}

static void scan_folder(struct names *names, const char *path)
{
    uv_fs_t request;
    uv_dirent_t entry;
    if (uv_fs_scandir(NULL, &request, path, 0, NULL) >= 0) {
        while (uv_fs_scandir_next(&request, &entry) == 0) {
            size_t len = strlen(entry.name);
            if (len > 5 && entry.name[0] != '.' && strcmp(entry.name + len - 5, ".json") == 0) {
                add_name(names, entry.name, len - 5);
            }
        }
    }
    uv_fs_req_cleanup(&request);
}

static int compare_names(const void *a, const void *b)
{
    return text_compare(*(char *const *)a, *(char *const *)b);
}

char **theme_names(void)
{
    struct names names = {0};
    add_name(&names, built_in.name, strlen(built_in.name));
    for (size_t i = 0; i < N_FOLDERS; i++) {
        struct text path = {0};
        if (folders[i](&path)) {
            scan_folder(&names, text_of(&path));
        }
        text_done(&path);
    }
    qsort(names.list, names.n, sizeof *names.list, compare_names);
    char **result = mem_strings((const char *const *)names.list);
    for (size_t i = 0; i < names.n; i++) {
        free(names.list[i]);
    }
    free(names.list);
    return result;
}
