#include "ui/launch_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "core/sizes.h"
#include "core/text.h"

/* A word as launch_split reads it again. */
static void add_word(struct text *t, const char *word)
{
    bool plain = *word && !strpbrk(word, " \t'\"\\");
    text_add(t, t->len ? " " : "");
    if (plain) {
        text_add(t, word);
        return;
    }
    text_add_char(t, '\'');
    for (; *word; word++) {
        text_add(t, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    }
    text_add_char(t, '\'');
}

static void fill_command(struct launch_form *f, char **words)
{
    struct text line = {0};
    for (size_t i = 0; words && words[i]; i++) {
        add_word(&line, words[i]);
    }
    line_edit_set(&f->command, text_of(&line));
    text_done(&line);
}

static void fill_limits(struct launch_form *f, const struct launch_spec *s)
{
    char number[32];
    if (s->memory) {
        bool whole = s->memory % (1 << 20) == 0;
        snprintf(number, sizeof number, "%llu%s", (unsigned long long)(whole ? s->memory >> 20 : s->memory),
                 whole ? "m" : "");
        line_edit_set(&f->memory, number);
    }
    if (s->cpus > 0) {
        snprintf(number, sizeof number, "%g", s->cpus);
        line_edit_set(&f->cpus, number);
    }
}

static void fill_folder(struct launch_form *f, const struct crossing *c)
{
    struct text line = {0};
    text_addf(&line, "%s:%s%s", c->outside, c->inside, c->read_only ? ":ro" : "");
    line_edit_set(&f->folders[f->n_folders++], text_of(&line));
    text_done(&line);
}

static void add_port(struct text *line, const struct port *p)
{
    text_add(line, line->len ? " " : "");
    port_outside(p, line);
    text_addf(line, ":%u%s", p->inside, p->protocol == PORT_UDP ? "/udp" : "");
}

static void add_device(struct text *line, const struct crossing *c)
{
    bool elsewhere = *c->inside && strcmp(c->inside, c->outside) != 0;
    text_addf(line, "%s%s%s%s%s", line->len ? " " : "", c->outside, elsewhere ? ":" : "",
              elsewhere ? c->inside : "", c->read_only ? ":r" : "");
}

/* Folders become lines, as many as there are, ports one and devices one; the rest keeps the other crossings.
 */
static void fill_crossings(struct launch_form *f)
{
    size_t kept = 0;
    struct launch_spec *s = &f->rest;
    struct text ports = {0}, devices = {0};
    struct port port;
    for (size_t i = 0; i < s->n_crossings; i++) {
        struct crossing *c = &s->crossings[i];
        bool folder = c->kind == CROSSING_FOLDER && f->n_folders < FORM_FOLDERS_MAX;
        if (folder) {
            fill_folder(f, c);
        } else if (port_of(c, &port)) {
            add_port(&ports, &port);
        } else if (c->kind == CROSSING_DEVICE) {
            add_device(&devices, c);
        } else {
            s->crossings[kept++] = *c;
            continue;
        }
        free((char *)c->outside);
        free((char *)c->inside);
    }
    s->n_crossings = kept;
    line_edit_set(&f->ports, text_of(&ports));
    line_edit_set(&f->devices, text_of(&devices));
    text_done(&ports);
    text_done(&devices);
}

static enum form_network network_of(const struct launch_spec *s)
{
    static const enum form_network of[] = {[LAUNCH_NETWORK_NONE] = NETWORK_NONE,
                                           [LAUNCH_NETWORK_NAT] = NETWORK_NAT,
                                           [LAUNCH_NETWORK_HOST] = NETWORK_HOST,
                                           [LAUNCH_NETWORK_OTHER] = NETWORK_KEPT};
    return s->network ? of[launch_network(s)] : NETWORK_DEFAULT;
}

void launch_form_init(struct launch_form *f, const struct launch_spec *start)
{
    memset(f, 0, sizeof *f);
    f->terminal = true;
    if (!start) {
        launch_spec_init(&f->rest);
        return;
    }
    launch_spec_copy(&f->rest, start);
    line_edit_set(&f->image, start->image);
    line_edit_set(&f->name, start->name);
    fill_command(f, start->command);
    fill_limits(f, start);
    fill_crossings(f);
    f->isolation = start->isolation;
    f->network = network_of(start);
    f->terminal = start->terminal;
    f->remove = start->remove;
}

void launch_form_done(struct launch_form *f)
{
    struct line_edit *lines[] = {&f->image, &f->command, &f->memory, &f->cpus,
                                 &f->name,  &f->ports,   &f->devices};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        line_edit_done(lines[i]);
    }
    for (size_t i = 0; i < FORM_FOLDERS_MAX; i++) {
        line_edit_done(&f->folders[i]);
    }
    launch_spec_done(&f->rest);
}

struct line_edit *launch_form_line(struct launch_form *f, enum form_field field)
{
    switch (field) {
    case FORM_IMAGE:
        return &f->image;
    case FORM_COMMAND:
        return &f->command;
    case FORM_MEMORY:
        return &f->memory;
    case FORM_CPUS:
        return &f->cpus;
    case FORM_NAME:
        return &f->name;
    case FORM_PORTS:
        return &f->ports;
    case FORM_DEVICES:
        return &f->devices;
    default:
        return field >= FORM_FOLDER && field < FORM_ADD ? &f->folders[field - FORM_FOLDER] : NULL;
    }
}

bool launch_form_has(const struct launch_form *f, enum form_field field)
{
    return field < FORM_FOLDER || field >= FORM_ADD || (size_t)(field - FORM_FOLDER) < f->n_folders;
}

enum form_field launch_form_step(const struct launch_form *f, enum form_field from, int by)
{
    int at = (int)from;
    do {
        at = (at + by + FORM_FIELDS) % FORM_FIELDS;
    } while (!launch_form_has(f, (enum form_field)at));
    return (enum form_field)at;
}

bool launch_form_add_folder(struct launch_form *f)
{
    if (f->n_folders == FORM_FOLDERS_MAX) {
        return false;
    }
    f->n_folders++;
    return true;
}

void launch_form_remove_folder(struct launch_form *f, size_t folder)
{
    line_edit_done(&f->folders[folder]);
    f->n_folders--;
    memmove(f->folders + folder, f->folders + folder + 1, (f->n_folders - folder) * sizeof *f->folders);
    f->folders[f->n_folders] = (struct line_edit){0};
}

const char *launch_form_network_word(const struct launch_form *f)
{
    static const char *const words[NETWORK_COUNT] = {"default", "none", "nat", "host"};
    return f->network == NETWORK_KEPT ? f->rest.network : words[f->network];
}

void launch_form_network_step(struct launch_form *f, int by)
{
    int n = network_of(&f->rest) == NETWORK_KEPT ? NETWORK_COUNT : NETWORK_KEPT;
    f->network = (enum form_network)(((int)f->network + n + by) % n);
}

/* From fields to the spec. */

static char *without_blanks(const char *s)
{
    char *out = mem_string(s);
    char *to = out;
    for (; *s; s++) {
        if (*s != ' ') {
            *to++ = *s;
        }
    }
    *to = '\0';
    return out;
}

static bool take_limits(const struct launch_form *f, struct launch_spec *s, struct error *why,
                        enum form_field *where)
{
    char *memory = without_blanks(line_edit_get(&f->memory));
    char *cpus = without_blanks(line_edit_get(&f->cpus));
    s->memory = 0;
    s->cpus = 0;
    bool memory_ok = !*memory || size_parse(memory, &s->memory);
    bool cpus_ok = !*cpus || cpus_parse(cpus, &s->cpus);
    free(memory);
    free(cpus);
    if (!memory_ok) {
        *where = FORM_MEMORY;
        error_set(why, ERROR_INVALID, 0, "Memory is a number and a unit, as in 512m or 1.5g.");
    } else if (!cpus_ok) {
        *where = FORM_CPUS;
        error_set(why, ERROR_INVALID, 0, "CPUs are a number of cores above 0, as in 0.5 or 2.");
    }
    return memory_ok && cpus_ok;
}

static bool take_command(const struct launch_form *f, struct launch_spec *s, struct error *why)
{
    char **words = launch_split(line_edit_get(&f->command), why);
    if (!words) {
        return false;
    }
    free(s->command);
    s->command = words[0] ? words : NULL;
    if (!words[0]) {
        free(words);
    }
    return true;
}

static bool take_folders(const struct launch_form *f, struct launch_spec *s, struct error *why,
                         enum form_field *where)
{
    for (size_t i = 0; i < f->n_folders; i++) {
        const char *line = line_edit_get(&f->folders[i]);
        *where = (enum form_field)(FORM_FOLDER + (int)i);
        if (*line && launch_add_volume(s, line, why) < 0) {
            return false;
        }
    }
    return true;
}

/* Each word of a line. */
static bool take_words(const struct line_edit *from, struct launch_spec *s, struct error *why,
                       int (*add)(struct launch_spec *, const char *, struct error *))
{
    char *line = mem_string(line_edit_get(from)), *rest = line;
    bool ok = true;
    while (ok && *(rest += strspn(rest, " ,"))) {
        char *word = rest;
        rest += strcspn(rest, " ,");
        rest += *rest ? (*rest = '\0', 1) : 0;
        ok = add(s, word, why) == 0;
    }
    free(line);
    return ok;
}

static bool take_name(const struct launch_form *f, struct launch_spec *s, struct error *why)
{
    const char *name = line_edit_get(&f->name);
    free(s->name);
    s->name = *name ? mem_string(name) : NULL;
    if (*name && !launch_name_ok(name)) {
        error_set(why, ERROR_INVALID, 0,
                  "A name has letters, digits, _ . -, begins with a letter or digit, and is "
                  "at most 64 long.");
        return false;
    }
    return true;
}

static void take_choices(const struct launch_form *f, struct launch_spec *s)
{
    char *network = f->network == NETWORK_DEFAULT ? NULL : mem_string(launch_form_network_word(f));
    s->isolation = f->isolation;
    s->terminal = f->terminal;
    s->input = f->terminal || f->rest.input;
    s->remove = f->remove;
    s->hold = false;
    free(s->network);
    s->network = network;
}

static bool take_image(const struct launch_form *f, struct launch_spec *s, struct error *why)
{
    char *image = without_blanks(line_edit_get(&f->image));
    bool given = *image != '\0';
    if (!s->image || strcmp(image, s->image) != 0) {
        free(s->image_id);
        s->image_id = NULL;
    }
    free(s->image);
    s->image = image;
    if (!given) {
        error_set(why, ERROR_INVALID, 0, "An image is needed.");
    }
    return given;
}

bool launch_form_spec(const struct launch_form *f, struct launch_spec *out, struct error *why,
                      enum form_field *where)
{
    launch_spec_copy(out, &f->rest);
    take_choices(f, out);
    *where = FORM_IMAGE;
    bool ok = take_image(f, out, why);
    if (ok) {
        *where = FORM_COMMAND;
        ok = take_command(f, out, why);
    }
    ok = ok && take_limits(f, out, why, where);
    if (ok) {
        *where = FORM_NAME;
        ok = take_name(f, out, why);
    }
    if (ok) {
        *where = FORM_PORTS;
        ok = take_words(&f->ports, out, why, launch_add_port);
    }
    if (ok) {
        *where = FORM_DEVICES;
        ok = take_words(&f->devices, out, why, launch_add_device);
    }
    ok = ok && take_folders(f, out, why, where);
    if (!ok) {
        launch_spec_done(out);
    }
    return ok;
}
