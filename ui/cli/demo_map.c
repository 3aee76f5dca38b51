#include "ui/cli/demo_map.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLS = 16, GAP = 4 };

static void pad(struct text *t, int columns)
{
    for (; columns > 0; columns--) {
        text_add_char(t, ' ');
    }
}

static void end_line(struct text *t)
{
    while (t->len > 0 && t->data[t->len - 1] == ' ') {
        t->data[--t->len] = '\0';
    }
    text_add_char(t, '\n');
}

/* A pid and a name, or as many blanks. */
static void add_side(struct text *t, uint32_t pid, const char *name)
{
    struct text clean = {0};
    char number[16] = "";
    if (pid) {
        snprintf(number, sizeof number, "%u", pid);
        text_add_clean(&clean, name ? name : "?", name ? strlen(name) : 1);
    }
    int used;
    size_t len = text_fit(text_of(&clean), NAME_COLS, &used);
    text_addf(t, "%7s  ", number);
    text_add_n(t, text_of(&clean), len);
    pad(t, NAME_COLS - used);
    text_done(&clean);
}

static void add_row(struct text *t, const struct hostmap *map, const struct hostmap_pair *pair)
{
    const struct process *in = pair->inside;
    const struct host_process *out = pair->outside;
    add_side(t, in ? in->pid : 0, in ? in->name : NULL);
    text_add(t, map->wall == WALL_VM ? "  ██  " : in && out ? "──┼── " : "  │   ");
    add_side(t, out ? out->pid : 0, out ? out->name : NULL);
    end_line(t);
}

/* Those that stand for the VM. A keeper is left out: it has a part in both halves, and in neither point. */
static void add_workers(struct text *t, const struct hostmap *map)
{
    for (size_t i = 0; i < map->n_workers; i++) {
        if (map->roles[i] == WORKER_VM || map->roles[i] == WORKER_MEMORY) {
            add_row(t, map, &(struct hostmap_pair){.outside = map->workers[i]});
        }
    }
}

/* "The host sees ping, as 24057." */
static void add_sentence(struct text *t, const struct container *c, const struct hostmap *map)
{
    size_t inside = 0;
    const struct hostmap_pair *seen = NULL;
    for (size_t i = 0; i < map->n_pairs; i++) {
        inside += map->pairs[i].inside != NULL;
        seen = !seen && map->pairs[i].inside && map->pairs[i].outside ? &map->pairs[i] : seen;
    }
    if (c->isolation == ISOLATION_VM) {
        char sees[64];
        text_addf(t, "The host sees none of them.\nWhat stands for them there: %s\n",
                  container_host_sees(c, sees, sizeof sees));
    } else if (seen) {
        text_addf(t, "The host sees %zu of %zu:\nprocess %u is its process %u\n", map->n_joined, inside,
                  seen->inside->pid, seen->outside->pid);
    } else {
        text_add(t, "The host's processes could not be matched.\n");
    }
}

void demo_map_text(const struct container *c, const struct hostmap *map, struct text *out)
{
    bool vm = map->wall == WALL_VM;
    text_addf(out, "%s: %s isolation\n", c->name, isolation_word(c->isolation, c->hypervisor));
    text_addf(out, "%s\n\n", vm ? "a kernel of its own, in a virtual machine" : "the host's kernel, shared");
    text_addf(out, "%-25s%s%s\n", "  in the container", vm ? "  ██  " : "  │   ", "  on the host");
    for (size_t i = 0; i < map->n_pairs; i++) {
        add_row(out, map, &map->pairs[i]);
    }
    add_workers(out, map);
    text_add_char(out, '\n');
    add_sentence(out, c, map);
}

void demo_map_missing(const char *mode, const char *why, int cols, struct text *out)
{
    text_addf(out, "%s isolation: not on this machine\n\n", mode);
    while (*why) {
        size_t len = text_fit(why, cols, NULL);
        if (why[len]) {
            size_t blank = len;
            while (blank > 0 && why[blank] != ' ') {
                blank--;
            }
            len = blank > 0 ? blank : len;
        }
        text_add_n(out, why, len > 0 ? len : 1);
        text_add_char(out, '\n');
        why += len > 0 ? len : 1;
        why += strspn(why, " ");
    }
}

/* The next line of *at, which moves behind it; its length without the newline. */
static size_t next_line(const char **at, const char **line)
{
    size_t len = strcspn(*at, "\n");
    *line = *at;
    *at += len + ((*at)[len] == '\n');
    return len;
}

static int columns_of(const char *line, size_t len)
{
    struct text t = {0};
    text_add_n(&t, line, len);
    int width = text_width(text_of(&t));
    text_done(&t);
    return width;
}

static int widest(const char *lines)
{
    int most = 0;
    const char *line;
    while (*lines) {
        size_t len = next_line(&lines, &line);
        int width = columns_of(line, len);
        most = width > most ? width : most;
    }
    return most;
}

void demo_map_join(const char *left, const char *right, int cols, struct text *out)
{
    int width = widest(left);
    if (width + GAP + widest(right) > cols) {
        text_addf(out, "%s\n%s", left, right);
        return;
    }
    while (*left || *right) {
        const char *a, *b;
        size_t a_len = next_line(&left, &a), b_len = next_line(&right, &b);
        text_add_n(out, a, a_len);
        if (b_len > 0) {
            pad(out, width + GAP - columns_of(a, a_len));
            text_add_n(out, b, b_len);
        }
        text_add_char(out, '\n');
    }
}
