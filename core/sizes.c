/* core/sizes.c - amounts in, amounts out. Numbers are taken apart by hand: strtod and printf would follow the
 * locale, and a decimal comma is an error in a settings file and a surprise in a table. */
#include "core/sizes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *size_print(char out[SIZE_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double amount = (double)bytes;
    size_t unit = 0;
    while (amount >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        amount /= 1024;
        unit++;
    }
    unsigned tenths = (unsigned)(amount * 10 + 0.5);
    if (unit > 0 && tenths < 100) {
        snprintf(out, SIZE_TEXT, "%u.%u %s", tenths / 10, tenths % 10, units[unit]);
    } else {
        snprintf(out, SIZE_TEXT, "%u %s", (unsigned)(amount + 0.5), units[unit]);
    }
    return out;
}

/* A decimal number in two parts. Moves *s past it; false when there is none, or the whole part does not fit.
 */
static bool read_decimal(const char **s, uint64_t *whole, double *fraction)
{
    const char *at = *s;
    bool digits = false;
    *whole = 0;
    *fraction = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (*whole > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *whole = *whole * 10 + digit;
        digits = true;
    }
    if (*at == '.') {
        double place = 0.1;
        for (at++; *at >= '0' && *at <= '9'; at++, place /= 10) {
            *fraction += (*at - '0') * place;
            digits = true;
        }
    }
    *s = at;
    return digits;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The power of two that a unit stands for; -1: it is no unit. */
static int unit_shift(const char *unit)
{
    static const char letters[] = "kmgt";
    if (!*unit || (lower(*unit) == 'b' && !unit[1])) {
        return 0;
    }
    const char *letter = strchr(letters, lower(*unit));
    if (!letter) {
        return -1;
    }
    unit++;
    if (lower(*unit) == 'i' && lower(unit[1]) == 'b') {
        unit++;
    }
    if (lower(*unit) == 'b') {
        unit++;
    }
    return *unit ? -1 : 10 * (int)(letter - letters + 1);
}

bool size_parse(const char *s, uint64_t *bytes)
{
    uint64_t whole;
    double fraction;
    if (!read_decimal(&s, &whole, &fraction)) {
        return false;
    }
    if (*s == ' ' && s[1]) {
        s++;
    }
    int shift = unit_shift(s);
    if (shift < 0 || whole > UINT64_MAX >> shift) {
        return false;
    }
    uint64_t unit = (uint64_t)1 << shift, rest = (uint64_t)(fraction * (double)unit);
    if (rest >= unit) {
        rest = unit - 1;
    }
    *bytes = (whole << shift) + rest;
    return true;
}

const char *cpu_print(char out[SIZE_TEXT], double cores)
{
    const double most = 9999999; /* percent; wider would not fit */
    if (!isfinite(cores)) {
        snprintf(out, SIZE_TEXT, "–");
        return out;
    }
    double percent = fmin(fmax(cores * 100, 0), most);
    unsigned tenths = (unsigned)(percent * 10 + 0.5);
    if (tenths < 1000) {
        snprintf(out, SIZE_TEXT, "%u.%u %%", tenths / 10, tenths % 10);
    } else {
        snprintf(out, SIZE_TEXT, "%u %%", (unsigned)(percent + 0.5));
    }
    return out;
}

bool cpus_parse(const char *s, double *cores)
{
    uint64_t whole;
    double fraction;
    if (!read_decimal(&s, &whole, &fraction) || *s) {
        return false;
    }
    double value = (double)whole + fraction;
    if (!(value > 0)) {
        return false;
    }
    *cores = value;
    return true;
}
