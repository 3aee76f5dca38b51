/* core/times.c - the calendar is computed here (proleptic Gregorian, UTC), so that it is the same on every
 * system. */
#include "core/times.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

int64_t time_of_seconds(int64_t seconds)
{
    return seconds > 0 && seconds < INT64_MAX / 1000 ? seconds * 1000 : 0;
}

int64_t time_now(void)
{
    uv_timeval64_t now = {0};
    uv_gettimeofday(&now);
    return now.tv_sec * SECOND + now.tv_usec / 1000;
}

struct date {
    int64_t year;
    int month, day; /* from 1 */
};

/* Days since 1970-01-01 of a date, counted in years that begin in March, so that leap days come last. */
static int64_t days_of(struct date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)((5 * day_of_year + 2) / 153);
    struct date d = {.day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
                     .month = month < 10 ? month + 3 : month - 9};
    d.year = year_of_era + era * 400 + (d.month <= 2);
    return d;
}

const char *time_print(char out[TIME_TEXT], int64_t ms)
{
    const int64_t year_1 = -719162 * (int64_t)DAY,
                  year_10000 = 2932897 * (int64_t)DAY; /* RFC 3339 ends there */
    out[0] = '\0';
    if (ms == 0) {
        return out;
    }
    ms = ms < year_1 ? year_1 : ms >= year_10000 ? year_10000 - 1 : ms;
    int64_t days = ms / DAY - (ms % DAY < 0);
    unsigned rest = (unsigned)(ms - days * DAY);
    struct date d = date_of(days);
    snprintf(out, TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)d.year % 10000,
             (unsigned)d.month % 100, (unsigned)d.day % 100, rest / HOUR, rest / MINUTE % 60,
             rest / SECOND % 60, rest % SECOND);
    return out;
}

/* Exactly so many digits; moves *s past them. */
static bool read_digits(const char **s, int count, int *value)
{
    *value = 0;
    for (; count > 0; count--, ++*s) {
        if (**s < '0' || **s > '9') {
            return false;
        }
        *value = *value * 10 + (**s - '0');
    }
    return true;
}

static bool skip(const char **s, const char *any)
{
    if (!**s || !strchr(any, **s)) {
        return false;
    }
    ++*s;
    return true;
}

/* ".123456": the milliseconds of it; no point at all is 0. */
static bool read_fraction(const char **s, int *ms)
{
    *ms = 0;
    if (**s != '.') {
        return true;
    }
    ++*s;
    int place = 100, digits = 0;
    for (; **s >= '0' && **s <= '9'; ++*s, place /= 10, digits++) {
        *ms += (**s - '0') * place;
    }
    return digits > 0;
}

/* "Z" or "+HH:MM", in minutes east. */
static bool read_offset(const char **s, int *minutes)
{
    *minutes = 0;
    if (skip(s, "Zz")) {
        return true;
    }
    int sign = **s == '-' ? -1 : 1, hour, minute;
    if (!skip(s, "+-") || !read_digits(s, 2, &hour) || !skip(s, ":") || !read_digits(s, 2, &minute) ||
        hour > 23 || minute > 59) {
        return false;
    }
    *minutes = sign * (hour * 60 + minute);
    return true;
}

static bool date_ok(struct date d)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (d.month < 1 || d.month > 12 || d.day < 1) {
        return false;
    }
    bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
    return d.day <= days[d.month - 1] + (leap && d.month == 2);
}

bool time_parse(const char *s, int64_t *ms)
{
    struct date d;
    int year, hour, minute, second, fraction, offset;
    if (!read_digits(&s, 4, &year) || !skip(&s, "-") || !read_digits(&s, 2, &d.month) || !skip(&s, "-") ||
        !read_digits(&s, 2, &d.day) || !skip(&s, "Tt ") || !read_digits(&s, 2, &hour) || !skip(&s, ":") ||
        !read_digits(&s, 2, &minute) || !skip(&s, ":") || !read_digits(&s, 2, &second)) {
        return false;
    }
    d.year = year;
    if (!date_ok(d) || hour > 23 || minute > 59 || second > 60 || !read_fraction(&s, &fraction) ||
        !read_offset(&s, &offset) || *s) {
        return false;
    }
    *ms = days_of(d) * DAY + hour * (int64_t)HOUR + (minute - offset) * (int64_t)MINUTE + second * SECOND +
          fraction;
    return true;
}

/* A decimal number of units that last unit_ms each, in ms; false when there are no digits, or it is absurd.
 */
static bool read_amount(const char **s, double *amount)
{
    const char *start = *s;
    double place = 1;
    *amount = 0;
    for (; **s >= '0' && **s <= '9'; ++*s) {
        *amount = *amount * 10 + (**s - '0');
    }
    if (**s == '.') {
        for (++*s; **s >= '0' && **s <= '9'; ++*s) {
            place /= 10;
            *amount += (**s - '0') * place;
        }
    }
    return *s > start && !(*s == start + 1 && *start == '.') && *amount < 1e13;
}

/* "1h30m", "1.5h", "250ms". */
static bool parse_span(const char *s, double *ms)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1},   {"us", 1e-3},  {"µs", 1e-3}, {"ns", 1e-6},
                 {"h", HOUR}, {"m", MINUTE}, {"s", SECOND}};
    *ms = 0;
    do {
        double amount;
        if (!read_amount(&s, &amount)) {
            return false;
        }
        size_t i = 0, len = 0;
        for (; i < sizeof units / sizeof *units; i++) {
            len = strlen(units[i].name);
            if (strncmp(s, units[i].name, len) == 0) {
                break;
            }
        }
        if (i == sizeof units / sizeof *units) {
            return false;
        }
        *ms += amount * units[i].ms;
        s += len;
    } while (*s);
    return *ms < 1e16;
}

bool time_parse_since(const char *s, int64_t now, int64_t *ms)
{
    if (time_parse(s, ms)) {
        return true;
    }
    const char *at = s;
    double amount;
    if (read_amount(&at, &amount) && !*at) {
        *ms = (int64_t)(amount * SECOND + 0.5);
        return true;
    }
    if (parse_span(s, &amount)) {
        *ms = now - (int64_t)(amount + 0.5);
        return true;
    }
    return false;
}

static bool local_time(time_t seconds, struct tm *out)
{
#ifdef _WIN32
    return localtime_s(out, &seconds) == 0;
#else
    return localtime_r(&seconds, out) != NULL;
#endif
}

const char *time_print_clock(char out[TIME_TEXT], int64_t ms)
{
    struct tm local;
    int64_t seconds = ms / SECOND - (ms % SECOND < 0);
    out[0] = '\0';
    if (ms != 0 && local_time((time_t)seconds, &local)) {
        snprintf(out, TIME_TEXT, "%02d:%02d:%02d", local.tm_hour % 24, local.tm_min % 60, local.tm_sec % 61);
    }
    return out;
}

const char *span_print(char out[TIME_TEXT], int64_t ms)
{
    static const struct {
        int64_t below, unit;
        const char *word;
    } steps[] = {
        {MINUTE, SECOND, "s"},
        {HOUR, MINUTE, "min"},
        {DAY, HOUR, "h"},
        {INT64_C(10000) * DAY, DAY, "d"},
    };
    if (ms < 0) {
        ms = 0;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (ms < steps[i].below) {
            snprintf(out, TIME_TEXT, "%d %s", (int)(ms / steps[i].unit), steps[i].word);
            return out;
        }
    }
    int64_t years = ms / (INT64_C(365) * DAY);
    snprintf(out, TIME_TEXT, "%d y", years > 9999 ? 9999 : (int)years);
    return out;
}
