/* ui/theme.h - what styles look like, from a file in themes/: JSON with comments.
 *
 * { "name": "dark", "styles": { "selected": { "fg": "#1c1c1c", "bg": "#87afd7", "bold": true }, ... } }
 * Colours: "#rrggbb", a number 0..255, one of the 8 names, or "default". Screens with fewer colours get the
 * nearest; without colours attributes alone carry the difference: "mono": "reverse bold". What a style leaves
 * out is as built in.
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "ui/canvas.h"

struct look {
    uint32_t foreground, background; /* COLOR_... */
    uint8_t attributes;
    uint8_t mono; /* attributes on a screen without colours */
};

struct theme {
    char name[32];
    struct look looks[STYLE_COUNT];
};

void theme_default(struct theme *t); /* built in, so that the program starts without files */

/* t is unchanged when the text is not a theme; e then says why, with the line where that is known. */
bool theme_parse(struct theme *t, const char *text, struct error *e);

/* Finds NAME.json in the user's themes folder ($XDG_CONFIG_HOME/porthole/themes), then in the installed one
 * (beside the program: ../share/porthole/themes); a name with a slash is a path. */
bool theme_load(struct theme *t, const char *name, struct error *e);

/* Names of all that theme_load would find, sorted, as mem_strings makes. */
char **theme_names(void);

/* The nearest colour of a terminal with so many (8, 16, 256; more: unchanged). COLOR_DEFAULT stays. */
uint32_t theme_nearest(uint32_t color, int colors);

uint32_t theme_rgb(uint32_t color); /* an index's usual value as COLOR_RGB; others unchanged */

/* The look on a screen with so many colours (0: none), its own colours already the nearest. A background is
 * told by attributes where the few colours could not be trusted to keep text readable on it (16 and fewer).
 */
struct look theme_look(const struct theme *t, enum style style, int colors);

const char *style_name(enum style style); /* "selected_quiet" */

#endif
