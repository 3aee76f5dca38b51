/* Fewer colours than wanted. With 256 there is a cube and a ramp of greys, and distance decides; the first 16
 * are left alone since people change them. With 16 or 8, distance would turn every calm colour into a grey:
 * there the hue decides, and only what has none becomes black, grey or white.
 */
#include "ui/theme.h"

enum { CUBE_FIRST = 16, GREY_FIRST = 232, GREYS = 24, CHROMA = 40, BRIGHT = 0xd8, N_BASIC = 16 };

struct rgb {
    int red, green, blue;
};

static struct rgb split(uint32_t value)
{
    return (struct rgb){(int)(value >> 16 & 0xff), (int)(value >> 8 & 0xff), (int)(value & 0xff)};
}

static int cube_level(int step)
{
    return step == 0 ? 0 : 55 + 40 * step;
}

static struct rgb palette(int index)
{
    static const uint32_t basic[N_BASIC] = {
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    };
    if (index < CUBE_FIRST) {
        return split(basic[index]);
    }
    if (index >= GREY_FIRST) {
        int level = 8 + 10 * (index - GREY_FIRST);
        return (struct rgb){level, level, level};
    }
    int cell = index - CUBE_FIRST;
    return (struct rgb){cube_level(cell / 36), cube_level(cell / 6 % 6), cube_level(cell % 6)};
}

static int distance(struct rgb a, struct rgb b)
{
    int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

static int cube_step(int level)
{
    return level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40;
}

static int nearest_of_256(struct rgb c)
{
    int cube = CUBE_FIRST + 36 * cube_step(c.red) + 6 * cube_step(c.green) + cube_step(c.blue);
    int mean = (c.red + c.green + c.blue) / 3;
    int step = mean < 8 ? 0 : (mean - 3) / 10;
    int grey = GREY_FIRST + (step < GREYS ? step : GREYS - 1);
    return distance(c, palette(grey)) < distance(c, palette(cube)) ? grey : cube;
}

static int nearest_grey(int level, bool bright)
{
    if (!bright) {
        return level < 0x60 ? 0 : 7;
    }
    return level < 0x30 ? 0 : level < 0x90 ? 8 : level < 0xf0 ? 7 : 15;
}

static int nearest_basic(struct rgb c, bool bright)
{
    int most = c.red > c.green ? c.red : c.green;
    int least = c.red < c.green ? c.red : c.green;
    most = c.blue > most ? c.blue : most;
    least = c.blue < least ? c.blue : least;
    if (most - least < CHROMA) {
        return nearest_grey((c.red + c.green + c.blue) / 3, bright);
    }
    int middle = least + (most - least) * 3 / 5;
    int hue = (c.red > middle ? 1 : 0) | (c.green > middle ? 2 : 0) | (c.blue > middle ? 4 : 0);
    return bright && most >= BRIGHT ? hue + 8 : hue;
}

uint32_t theme_nearest(uint32_t color, int colors)
{
    uint32_t kind = color & COLOR_KIND;
    int index = (int)(color & 0xff);
    if (kind == COLOR_DEFAULT || colors > 256 || (kind == COLOR_INDEX && index < colors)) {
        return color;
    }
    if (kind == COLOR_INDEX && index < N_BASIC && colors >= 8) {
        return COLOR_INDEX | (uint32_t)(index % 8);
    }
    struct rgb c = kind == COLOR_INDEX ? palette(index) : split(color);
    int nearest = colors >= 256 ? nearest_of_256(c) : nearest_basic(c, colors >= N_BASIC);
    return COLOR_INDEX | (uint32_t)nearest;
}

uint32_t theme_rgb(uint32_t color)
{
    if ((color & COLOR_KIND) != COLOR_INDEX) {
        return color;
    }
    struct rgb c = palette((int)(color & 0xff));
    return COLOR_RGB | (uint32_t)c.red << 16 | (uint32_t)c.green << 8 | (uint32_t)c.blue;
}

struct look theme_look(const struct theme *t, enum style style, int colors)
{
    struct look look = t->looks[style];
    if (colors < 8) {
        return (struct look){.attributes = look.mono, .mono = look.mono};
    }
    if (colors <= N_BASIC && look.background != COLOR_DEFAULT) {
        return (struct look){.attributes = look.mono, .mono = look.mono};
    }
    look.foreground = theme_nearest(look.foreground, colors);
    look.background = theme_nearest(look.background, colors);
    return look;
}
