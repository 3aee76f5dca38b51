/* Columns are a table in the order of the screen. The main ones are put in by rank, at their least width, as
 * long as they fit, and grow to a good width; only then come those that are nice to have, and what is still
 * left over goes to all that can use more. */
#include "ui/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/sizes.h"
#include "core/text.h"
#include "core/times.h"

enum { GAP = 2, ENGINE_RANK = 10, MAIN_RANKS = 10, NAMING_RANKS = 3 };

struct column {
    const char *title;
    int least, good, most;
    int rank; /* 0 is always wanted */
    bool right;
    int sort; /* enum sort_key, or -1 */
    unsigned fields;
};

static const struct column table[COLUMN_COUNT] = {
    [COLUMN_ISOLATION] = {"ISOLATION", 9, 9, 9, 0, false, SORT_ISOLATION, 0},
    [COLUMN_NAME] = {"NAME", 12, 18, 28, 1, false, SORT_NAME, 0},
    [COLUMN_IMAGE] = {"IMAGE", 8, 14, 28, 6, false, SORT_IMAGE, 0},
    [COLUMN_STATE] = {"STATE", 10, 10, 10, 2, false, SORT_STATE, 0},
    [COLUMN_CPU] = {"CPU", 6, 7, 7, 4, true, SORT_CPU, FIELD_CPU},
    [COLUMN_MEMORY] = {"MEMORY", 7, 8, 8, 5, true, SORT_MEMORY, FIELD_MEMORY},
    [COLUMN_VM_COST] = {"VM COST", 8, 8, 8, 8, true, -1, FIELD_MEMORY},
    [COLUMN_PROCESSES] = {"PROCS", 5, 5, 5, 9, true, SORT_PROCESSES, FIELD_PROCESSES},
    [COLUMN_HOST_SEES] = {"HOST SEES", 13, 22, 24, 3, false, -1, FIELD_PROCESSES},
    [COLUMN_UPTIME] = {"UP", 6, 6, 6, 7, true, SORT_CREATED, 0},
    [COLUMN_ENGINE] = {"ENGINE", 10, 14, 28, ENGINE_RANK, false, -1, 0},
    [COLUMN_OWNER] = {"OWNER", 8, 8, 12, 13, false, -1, 0},
    [COLUMN_PORTS] = {"PORTS", 12, 12, 24, 12, false, -1, 0},
    [COLUMN_COMMAND] = {"COMMAND", 16, 16, 200, 11, false, -1, 0},
};

static const enum column_id growing[] = {COLUMN_NAME,  COLUMN_IMAGE,  COLUMN_HOST_SEES,
                                         COLUMN_CPU,   COLUMN_MEMORY, COLUMN_ENGINE,
                                         COLUMN_OWNER, COLUMN_PORTS,  COLUMN_COMMAND};

static enum column_id of_rank(int rank)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (table[i].rank == rank) {
            return (enum column_id)i;
        }
    }
    return COLUMN_COUNT;
}

static int grow(struct columns *c, int left, bool to_good)
{
    for (size_t i = 0; i < sizeof growing / sizeof *growing && left > 0; i++) {
        enum column_id id = growing[i];
        int to = to_good ? table[id].good : table[id].most;
        if (c->width[id] == 0 || to <= c->width[id]) {
            continue;
        }
        int more = to - c->width[id] < left ? to - c->width[id] : left;
        c->width[id] += more;
        left -= more;
    }
    return left;
}

static bool wanted(enum column_id id, const struct columns_want *want)
{
    return (id != COLUMN_VM_COST || want->vm_cost) && (id != COLUMN_ENGINE || want->engines);
}

static int put_in(struct columns *c, int left, int from, int to, const struct columns_want *want)
{
    for (int rank = from; rank < to; rank++) {
        enum column_id id = of_rank(rank);
        int need = table[id].least + (rank ? GAP : 0);
        if (!wanted(id, want)) {
            continue;
        }
        if (need > left) {
            break;
        }
        c->width[id] = table[id].least;
        left -= need;
    }
    return left;
}

static void place(struct columns *c)
{
    int at = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        c->col[i] = at;
        at += c->width[i] ? c->width[i] + GAP : 0;
    }
}

void columns_fit(struct columns *c, int cols, const struct columns_want *want)
{
    memset(c, 0, sizeof *c);
    int left = put_in(c, cols, 0, want->kin ? NAMING_RANKS : 0, want);
    if (want->kin) {
        left = put_in(c, left, ENGINE_RANK, ENGINE_RANK + 1, want);
    }
    left = put_in(c, left, want->kin ? NAMING_RANKS : 0, MAIN_RANKS, want);
    left = grow(c, left, true);
    left = put_in(c, left, want->kin ? ENGINE_RANK + 1 : MAIN_RANKS, COLUMN_COUNT, want);
    left = grow(c, left, true);
    grow(c, left, false);
    place(c);
}

unsigned columns_fields(const struct columns *c)
{
    unsigned fields = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        fields |= c->width[i] ? table[i].fields : 0;
    }
    return fields;
}

bool column_sort(enum column_id id, enum sort_key *by)
{
    if (id == COLUMN_COUNT || table[id].sort < 0) {
        return false;
    }
    *by = (enum sort_key)table[id].sort;
    return true;
}

enum column_id columns_at(const struct columns *c, int col)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (c->width[i] && col >= c->col[i] && col < c->col[i] + c->width[i]) {
            return (enum column_id)i;
        }
    }
    return COLUMN_COUNT;
}

void columns_heading(const struct columns *c, struct canvas *canvas, int row, int left, enum sort_key by,
                     bool descending)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bool sorted = table[i].sort == (int)by;
        enum style style = sorted ? STYLE_STRONG : STYLE_QUIET;
        int col = left + c->col[i];
        int width = c->width[i];
        if (width == 0) {
            continue;
        }
        if (table[i].right) {
            canvas_right(canvas, row, col, width, style, table[i].title);
        } else {
            canvas_text(canvas, row, col, width, style, table[i].title);
        }
        if (sorted) { /* beside the word, which keeps its place */
            int end = table[i].right ? col + width : col + text_width(table[i].title) + 1;
            canvas_text(canvas, row, end, 1, style, descending ? "▾" : "▴");
        }
    }
}

/* "restarting 3" has no room: its note tells the code. */
static const char *state_text(const struct container *c, char out[COLUMN_TEXT])
{
    if (c->state == CONTAINER_EXITED) {
        return container_state_text(c, out, COLUMN_TEXT);
    }
    const char *word =
        c->state == CONTAINER_RUNNING && c->health ? health_word(c->health) : state_word(c->state);
    if (c->away && c->state != CONTAINER_LOST) { /* see its boundary */
        snprintf(out, COLUMN_TEXT, "%s !", word);
        return out;
    }
    return word;
}

static bool alive(const struct container *c)
{
    return state_has_processes(c->state);
}

static const char *cpu_text(const struct container *c, char out[COLUMN_TEXT])
{
    char number[SIZE_TEXT];
    if (!alive(c) || isnan(c->cpu)) {
        return "–";
    }
    snprintf(out, COLUMN_TEXT, "%s", cpu_print(number, c->cpu));
    return out;
}

static const char *bytes_text(uint64_t bytes, const char *sign, char out[COLUMN_TEXT])
{
    char number[SIZE_TEXT];
    if (bytes == 0) {
        return "–";
    }
    snprintf(out, COLUMN_TEXT, "%s%s", sign, size_print(number, bytes));
    return out;
}

static const char *processes_text(const struct container *c, char out[COLUMN_TEXT])
{
    if (!alive(c) || c->processes < 0) {
        return "–";
    }
    snprintf(out, COLUMN_TEXT, "%d", (int)c->processes);
    return out;
}

static const char *uptime_text(const struct container *c, int64_t now, char out[COLUMN_TEXT])
{
    char span[TIME_TEXT];
    if (!alive(c) || c->started == 0) {
        return "–";
    }
    snprintf(out, COLUMN_TEXT, "%s", span_print(span, now > c->started ? now - c->started : 0));
    return out;
}

static const char *engine_text(const struct container *c, const struct session *s, char out[COLUMN_TEXT])
{
    out[0] = '\0';
    for (int i = 0; i < session_engines(s) && i < 32; i++) {
        if (c->engines & 1u << i) {
            size_t used = strlen(out);
            bool away = c->away & 1u << i;
            snprintf(out + used, COLUMN_TEXT - used, away ? "%s(%s)" : "%s%s", used ? "," : "",
                     session_engine(s, i)->label);
        }
    }
    return out;
}

static const char *or_dash(const char *s)
{
    return s && *s ? s : "–";
}

const char *column_text(enum column_id id, const struct container *c, const struct session *s, int64_t now,
                        char out[COLUMN_TEXT])
{
    switch (id) {
    case COLUMN_NAME:
        return or_dash(c->name ? c->name : c->key);
    case COLUMN_IMAGE:
        return or_dash(c->image);
    case COLUMN_STATE:
        return state_text(c, out);
    case COLUMN_CPU:
        return cpu_text(c, out);
    case COLUMN_MEMORY:
        return bytes_text(alive(c) ? c->memory : 0, "", out);
    case COLUMN_VM_COST:
        return bytes_text(c->isolation == ISOLATION_VM ? c->host_memory : 0, "+", out);
    case COLUMN_PROCESSES:
        return processes_text(c, out);
    case COLUMN_HOST_SEES:
        return alive(c) ? container_host_sees(c, out, COLUMN_TEXT) : "–";
    case COLUMN_UPTIME:
        return uptime_text(c, now, out);
    case COLUMN_ENGINE:
        return engine_text(c, s, out);
    case COLUMN_OWNER:
        return or_dash(c->owner);
    case COLUMN_PORTS:
        return or_dash(c->ports);
    case COLUMN_COMMAND:
        return or_dash(c->command);
    case COLUMN_ISOLATION:
    case COLUMN_COUNT:
        break;
    }
    return isolation_word(c->isolation, c->hypervisor);
}

static enum style state_style(enum container_state state)
{
    switch (state) {
    case CONTAINER_RUNNING:
        return STYLE_RUNNING;
    case CONTAINER_PAUSED:
    case CONTAINER_STOPPING:
    case CONTAINER_REMOVING:
        return STYLE_PAUSED;
    case CONTAINER_RESTARTING:
    case CONTAINER_DEAD:
    case CONTAINER_LOST:
        return STYLE_WARNING;
    default:
        return STYLE_STOPPED;
    }
}

static enum style isolation_style(const struct container *c)
{
    return c->isolation == ISOLATION_VM        ? STYLE_VM
           : c->isolation == ISOLATION_UNKNOWN ? STYLE_QUIET
                                               : STYLE_PROCESS;
}

static enum style cell_style(enum column_id id, const struct container *c, const char *text)
{
    if (id == COLUMN_STATE) {
        bool ill = c->state == CONTAINER_RUNNING && c->health == HEALTH_UNHEALTHY;
        return ill || c->away ? STYLE_WARNING : state_style(c->state);
    }
    if (id == COLUMN_ISOLATION) {
        return c->disputed ? STYLE_WARNING : isolation_style(c);
    }
    if (id == COLUMN_NAME && state_is_live(c->state)) {
        return STYLE_STRONG;
    }
    bool quiet =
        !state_is_live(c->state) || strcmp(text, "–") == 0 || id >= COLUMN_ENGINE || id == COLUMN_IMAGE;
    return quiet ? STYLE_QUIET : STYLE_TEXT;
}

/* What does not fit loses its registry and folders first: the end of the name tells more than its beginning.
 */
static const char *short_image(const char *image, int width)
{
    const char *slash;
    while (text_width(image) > width && (slash = strchr(image, '/')) && slash[1]) {
        image = slash + 1;
    }
    return image;
}

/* "qemu-system-x86 4711" becomes "qemu-… 4711": the pid is what one looks for. */
static const char *short_worker(const char *text, int width, char out[COLUMN_TEXT])
{
    const char *pid = strrchr(text, ' ');
    int room = pid ? width - (int)strlen(pid) - 1 : 0;
    if (text_width(text) <= width || room < 2 || pid[1] < '0' || pid[1] > '9') {
        return text;
    }
    char kept[COLUMN_TEXT];
    snprintf(kept, sizeof kept, "%.*s…%s", (int)text_fit(text, room, NULL), text, pid);
    snprintf(out, COLUMN_TEXT, "%s", kept);
    return out;
}

void columns_row(const struct columns *c, struct canvas *canvas, int row, int left,
                 const struct container *record, const struct session *s, int64_t now, enum style over)
{
    char out[COLUMN_TEXT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        enum column_id id = (enum column_id)i;
        int col = left + c->col[i];
        int width = c->width[i];
        if (width == 0) {
            continue;
        }
        const char *text = column_text(id, record, s, now, out);
        text = id == COLUMN_IMAGE ? short_image(text, width) : text;
        text = id == COLUMN_HOST_SEES ? short_worker(text, width, out) : text;
        enum style style = over == STYLE_TEXT ? cell_style(id, record, text) : over;
        if (id == COLUMN_ISOLATION) {
            const char *symbol = isolation_symbol(record->isolation, canvas_ascii(canvas));
            canvas_text(canvas, row, col, 1, style, record->disputed ? "?" : symbol);
            col += 2;
            width -= 2;
        }
        if (table[i].right) {
            canvas_right(canvas, row, col, width, style, text);
        } else {
            canvas_text(canvas, row, col, width, style, text);
        }
    }
}
