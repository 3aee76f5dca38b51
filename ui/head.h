/* ui/head.h - the two lines on top: where we are, and how many containers there are. */
#ifndef UI_HEAD_H
#define UI_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/host.h"
#include "core/listing.h"
#include "core/session.h"
#include "core/settings.h"
#include "ui/canvas.h"

struct head {
    const struct session *session;
    const struct settings *settings;
    const struct host_source *host; /* NULL unknown */
    size_t total, running, restarting, marked, listed;
    enum sort_key by;
    bool descending;
    const char *filter; /* "" none */
    bool hide_stopped;
};

void head_draw(struct canvas *c, struct rect r, const struct head *h);

/* "local ●  docker ○" ending at the right edge of the row; returns its width. */
int head_draw_engines(struct canvas *c, int row, int left, int right, enum style style,
                      const struct session *s);

#endif
