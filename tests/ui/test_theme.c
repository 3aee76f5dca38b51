#include "tests/core/test.h"

#include <math.h>
#include <stdio.h>

#include "tests/core/system.h"

#include "ui/theme.h"

static char *source_path(const char *name, char *out, size_t size)
{
    const char *source = getenv("PORTHOLE_SOURCE");
    snprintf(out, size, "%s/themes/%s.json", source == NULL ? "." : source, name);
    return out;
}

static void load(struct theme *t, const char *name)
{
    char path[512];
    struct error e = {0};
    if (!theme_load(t, source_path(name, path, sizeof path), &e)) {
        fail_msg("%s", e.text);
    }
}

static void test_the_built_in_theme_is_the_dark_file(void **state)
{
    (void)state;
    struct theme file, built_in;
    load(&file, "dark");
    theme_default(&built_in);
    assert_string_equal(file.name, built_in.name);
    for (int i = 0; i < STYLE_COUNT; i++) {
        if (memcmp(&file.looks[i], &built_in.looks[i], sizeof file.looks[i]) != 0) {
            fail_msg("style %s differs", style_name((enum style)i));
        }
    }
}

static double linear(uint32_t channel)
{
    double c = channel / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t color)
{
    return 0.2126 * linear(color >> 16 & 0xff) + 0.7152 * linear(color >> 8 & 0xff) +
           0.0722 * linear(color & 0xff);
}

static double contrast(uint32_t a, uint32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

/* Where a theme leaves a colour to the terminal, the usual ones of such a terminal are taken. */
static void assert_readable(const char *name, int colors, uint32_t fore, uint32_t back)
{
    struct theme t;
    load(&t, name);
    for (int i = 0; i < STYLE_COUNT; i++) {
        struct look look = theme_look(&t, (enum style)i, colors);
        uint32_t f = look.foreground == COLOR_DEFAULT ? fore : theme_rgb(look.foreground);
        uint32_t b = look.background == COLOR_DEFAULT ? back : theme_rgb(look.background);
        double ratio = contrast(f & 0xffffff, b & 0xffffff);
        if (ratio < 4.5) {
            fail_msg("theme %s, %d colours: %s has a contrast of %.1f only", name, colors,
                     style_name((enum style)i), ratio);
        }
    }
}

static void test_all_text_is_readable(void **state)
{
    (void)state;
    assert_readable("dark", 1 << 24, 0xd0d0d0, 0x1e1e1e);
    assert_readable("dark", 256, 0xd0d0d0, 0x1e1e1e);
    assert_readable("dark", 16, 0xd0d0d0, 0x000000);
    assert_readable("light", 1 << 24, 0x202020, 0xffffff);
    assert_readable("light", 256, 0x202020, 0xffffff);
}

static void test_styles_differ_without_colours(void **state)
{
    (void)state;
    static const enum style told_apart[] = {STYLE_QUIET,  STYLE_STRONG, STYLE_ERROR, STYLE_SELECTED,
                                            STYLE_MARKED, STYLE_MATCH,  STYLE_WALL,  STYLE_SELECTED_QUIET,
                                            STYLE_VM,     STYLE_INPUT};
    static const char *const names[] = {"dark", "light"};
    for (size_t n = 0; n < COUNT(names); n++) {
        struct theme t;
        load(&t, names[n]);
        uint8_t text = theme_look(&t, STYLE_TEXT, 0).attributes;
        for (size_t i = 0; i < COUNT(told_apart); i++) {
            struct look look = theme_look(&t, told_apart[i], 0);
            assert_true(look.attributes != text);
            assert_int_equal(look.foreground, COLOR_DEFAULT);
            assert_int_equal(look.background, COLOR_DEFAULT);
        }
        assert_true(theme_look(&t, STYLE_SELECTED, 0).attributes !=
                    theme_look(&t, STYLE_SELECTED_QUIET, 0).attributes);
        assert_true(theme_look(&t, STYLE_SELECTED, 8).attributes & ATTR_REVERSE);
    }
}

static void test_nearest_colours(void **state)
{
    (void)state;
    assert_int_equal(theme_nearest(COLOR_DEFAULT, 8), COLOR_DEFAULT);
    assert_int_equal(theme_nearest(COLOR_RGB | 0xff0000, 1 << 24), COLOR_RGB | 0xff0000);
    assert_int_equal(theme_nearest(COLOR_RGB | 0xff0000, 256), COLOR_INDEX | 196);
    assert_int_equal(theme_nearest(COLOR_RGB | 0x808080, 256), COLOR_INDEX | 244);
    assert_int_equal(theme_nearest(COLOR_RGB | 0xff0000, 16), COLOR_INDEX | 9);
    assert_int_equal(theme_nearest(COLOR_RGB | 0xff0000, 8), COLOR_INDEX | 1);
    assert_int_equal(theme_nearest(COLOR_INDEX | 12, 8), COLOR_INDEX | 4);
    assert_int_equal(theme_nearest(COLOR_INDEX | 7, 8), COLOR_INDEX | 7);
    for (uint32_t i = 0; i < 256; i++) {
        assert_in_range(theme_nearest(COLOR_INDEX | i, 8) & 0xff, 0, 7);
        assert_in_range(theme_nearest(COLOR_INDEX | i, 16) & 0xff, 0, 15);
        if (i >= 16) {
            uint32_t same = theme_rgb(theme_nearest(theme_rgb(COLOR_INDEX | i), 256));
            assert_int_equal(same, theme_rgb(COLOR_INDEX | i));
        }
    }
}

static void test_parsing(void **state)
{
    (void)state;
    struct theme t;
    struct error e = {0};
    const char *text =
        "// mine\n{ \"name\": \"x\", /* and */ \"styles\": { \"quiet\": { \"fg\": 7, \"bg\": \"Blue\",\n"
        "\"bold\": true, \"mono\": \"dim underline\" }, \"text\": { \"fg\": \"#01AbCd\" } } }";
    assert_true(theme_parse(&t, text, &e));
    assert_string_equal(t.name, "x");
    assert_int_equal(t.looks[STYLE_QUIET].foreground, COLOR_INDEX | 7);
    assert_int_equal(t.looks[STYLE_QUIET].background, COLOR_INDEX | 4);
    assert_int_equal(t.looks[STYLE_QUIET].attributes, ATTR_BOLD);
    assert_int_equal(t.looks[STYLE_QUIET].mono, ATTR_DIM | ATTR_UNDERLINE);
    assert_int_equal(t.looks[STYLE_TEXT].foreground, COLOR_RGB | 0x01abcd);
    struct theme built_in;
    theme_default(&built_in);
    assert_memory_equal(&t.looks[STYLE_ERROR], &built_in.looks[STYLE_ERROR], sizeof t.looks[0]);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\n\n \"name\" 1}", "line 3"},
        {"[]", "must be an object"},
        {"{\"styles\": {\"nothing\": {}}}", "\"nothing\" is no style"},
        {"{\"styles\": {\"text\": {\"fg\": \"#12\"}}}", "\"fg\" is unknown or has a wrong value"},
        {"{\"styles\": {\"text\": {\"fg\": 256}}}", "\"fg\""},
        {"{\"styles\": {\"text\": {\"fgg\": 1}}}", "\"fgg\""},
        {"{\"styles\": {\"text\": {\"bold\": 1}}}", "\"bold\""},
        {"{\"styles\": {\"text\": {\"mono\": \"loud\"}}}", "\"mono\""},
        {"{\"styles\": 1}", "\"styles\""},
        {"{\"name\": \"\"}", "\"name\""},
        {"{\"color\": {}}", "\"color\""},
        {"{} x", "line 1"},
        {"", "line 1"},
        {"/* never ends", "line 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct theme t, before;
        struct error e = {0};
        theme_default(&t);
        before = t;
        assert_false(theme_parse(&t, cases[i].text, &e));
        assert_int_equal(e.kind, ERROR_INVALID);
        if (strstr(e.text, cases[i].words) == NULL) {
            fail_msg("%s: %s", cases[i].text, e.text);
        }
        assert_memory_equal(&t, &before, sizeof t);
    }
}

static void test_the_users_folder(void **state)
{
    (void)state;
    char folder[512], path[600];
    struct theme t;
    struct error e = {0};
    assert_non_null(new_folder(folder, sizeof folder));
    setenv(USER_FOLDER, folder, 1);
    assert_true(theme_load(&t, "dark", &e));
    assert_false(theme_load(&t, "mine", &e));
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(e.text, folder));
    snprintf(path, sizeof path, "%s/porthole", folder);
    make_folder(path);
    snprintf(path, sizeof path, "%s/porthole/themes", folder);
    make_folder(path);
    snprintf(path, sizeof path, "%s/porthole/themes/mine.json", folder);
    FILE *file = fopen(path, "w");
    fputs("{\"name\": \"mine\"}", file);
    fclose(file);
    assert_true(theme_load(&t, "mine", &e));
    assert_string_equal(t.name, "mine");
    char **names = theme_names();
    bool found = false;
    for (char **name = names; *name != NULL; name++) {
        found = found || strcmp(*name, "mine") == 0;
    }
    assert_true(found);
    free(names);
    unlink(path);
    snprintf(path, sizeof path, "%s/porthole/themes", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/porthole", folder);
    rmdir(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_built_in_theme_is_the_dark_file),
        cmocka_unit_test(test_all_text_is_readable),
        cmocka_unit_test(test_styles_differ_without_colours),
        cmocka_unit_test(test_nearest_colours),
        cmocka_unit_test(test_parsing),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_the_users_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
