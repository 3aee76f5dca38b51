/* ui/terminal_pen.h - what libvterm says of the pen, as colours and attributes of ours. */
#ifndef UI_TERMINAL_PEN_H
#define UI_TERMINAL_PEN_H

#include <vterm.h>

#include "ui/grid.h"

/* Attributes that cells do not have change nothing. */
void terminal_pen_set(struct glyph *pen, VTermAttr attr, const VTermValue *val);

#endif
