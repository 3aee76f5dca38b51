#include "ui/terminal_pen.h"

static uint32_t color_of(const VTermColor *color)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(color) || VTERM_COLOR_IS_DEFAULT_BG(color)) {
        return COLOR_DEFAULT;
    }
    if (VTERM_COLOR_IS_INDEXED(color)) {
        return COLOR_INDEX | (uint32_t)color->indexed.idx;
    }
    return COLOR_RGB | (uint32_t)color->rgb.red << 16 | (uint32_t)color->rgb.green << 8 | color->rgb.blue;
}

static void set_attribute(struct glyph *pen, uint8_t bit, bool on)
{
    pen->attributes = (uint8_t)(on ? pen->attributes | bit : pen->attributes & ~bit);
}

void terminal_pen_set(struct glyph *pen, VTermAttr attr, const VTermValue *val)
{
    switch (attr) {
    case VTERM_ATTR_BOLD:
        set_attribute(pen, ATTR_BOLD, val->boolean);
        break;
    case VTERM_ATTR_UNDERLINE:
        set_attribute(pen, ATTR_UNDERLINE, val->number != 0);
        break;
    case VTERM_ATTR_ITALIC:
        set_attribute(pen, ATTR_ITALIC, val->boolean);
        break;
    case VTERM_ATTR_BLINK:
        set_attribute(pen, ATTR_BLINK, val->boolean);
        break;
    case VTERM_ATTR_REVERSE:
        set_attribute(pen, ATTR_REVERSE, val->boolean);
        break;
    case VTERM_ATTR_STRIKE:
        set_attribute(pen, ATTR_STRIKE, val->boolean);
        break;
    case VTERM_ATTR_FOREGROUND:
        pen->foreground = color_of(&val->color);
        break;
    case VTERM_ATTR_BACKGROUND:
        pen->background = color_of(&val->color);
        break;
    default:
        break;
    }
}
