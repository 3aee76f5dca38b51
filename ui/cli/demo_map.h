/* ui/cli/demo_map.h - the two host maps of the experiment, beside each other. Pure. */
#ifndef UI_CLI_DEMO_MAP_H
#define UI_CLI_DEMO_MAP_H

#include "core/container.h"
#include "core/hostmap.h"
#include "core/text.h"

/* One map: lines of text that end in newlines. */
void demo_map_text(const struct container *c, const struct hostmap *map, struct text *out);

/* The same place where there is no container: the reason, in lines of at most `cols` columns. */
void demo_map_missing(const char *mode, const char *why, int cols, struct text *out);

/* Both beside each other if they fit into `cols` columns, else one below the other. */
void demo_map_join(const char *left, const char *right, int cols, struct text *out);

#endif
