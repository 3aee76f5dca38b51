/* core/sizes.h - how amounts are printed and read; the one place for their units. */
#ifndef CORE_SIZES_H
#define CORE_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIZE_TEXT = 16 }; /* room for every text made here */

/* Bytes as people read them, powers of 1024, three digits at most: "0 B", "3.7 MB", "182 MB", "1.2 GB". */
const char *size_print(char out[SIZE_TEXT], uint64_t bytes);

/* docker's memory sizes: a number, then b, k, m, g or t, with an optional b or ib, any case ("512m",
 * "1.5GiB"); no unit means bytes. False when it is not one, or does not fit. */
bool size_parse(const char *s, uint64_t *bytes);

/* Cores in use as percent of one core: 0.031 -> "3.1 %", 12 -> "1200 %"; NAN -> "–". */
const char *cpu_print(char out[SIZE_TEXT], double cores);

/* docker's --cpus: a positive decimal number of cores. */
bool cpus_parse(const char *s, double *cores);

#endif
