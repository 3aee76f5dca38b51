/* ui/map_draw.h - the picture of the wall: the container on the left, the host on the right. */
#ifndef UI_MAP_DRAW_H
#define UI_MAP_DRAW_H

#include "core/hostmap.h"
#include "ui/canvas.h"
#include "ui/map_rows.h"
#include "ui/process_rates.h"
#include "ui/scroller.h"

struct map_picture { /* {0} shows nothing */
    struct hostmap map;
    struct map_row *rows;
    size_t n_rows;
    enum isolation isolation;
    bool has_host;
};

/* The picture points into `inside` and `host` (which may be NULL). */
void map_picture_make(struct map_picture *p, const struct container *it, const struct process_table *inside,
                      const struct host_table *host);
void map_picture_done(struct map_picture *p);

/* missing: what of the host could not be seen and why; NULL nothing. */
void map_picture_draw(const struct map_picture *p, const struct process_rates *rates,
                      struct scroller *scroller, const char *missing, struct canvas *c, struct rect r);

#endif
