/* core/times.h - moments are milliseconds since 1970, UTC, 0 when unknown. */
#ifndef CORE_TIMES_H
#define CORE_TIMES_H

#include <stdbool.h>
#include <stdint.h>

enum { TIME_TEXT = 32 };

int64_t time_now(void);                   /* the wall clock */
int64_t time_of_seconds(int64_t seconds); /* since 1970; 0, unknown, for what no clock says */

/* "2026-11-24T03:44:00.123Z", what --json prints; "" for 0. */
const char *time_print(char out[TIME_TEXT], int64_t ms);

/* RFC 3339 with any offset and any number of decimals. */
bool time_parse(const char *s, int64_t *ms);

/* docker's --since and --until: RFC 3339, seconds since 1970 (with decimals), or a span before `now` ("10m",
 * "1h30m"). */
bool time_parse_since(const char *s, int64_t now, int64_t *ms);

/* Time of day in local time, "03:44:00". */
const char *time_print_clock(char out[TIME_TEXT], int64_t ms);

/* A span as its two largest parts at most, never wider than 6 columns: "7 s", "4 min", "3 h", "12 d". */
const char *span_print(char out[TIME_TEXT], int64_t ms);

#endif
