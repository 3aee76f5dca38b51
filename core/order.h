/* core/order.h - what containers are sorted by: a number for each, and texts where numbers are the same. */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include <stdbool.h>

#include "core/listing.h"

struct order {
    enum sort_key by;
    bool descending;
};

/* Ascending; unknown values are INFINITY, so that they come last either way. 0 when texts alone decide. */
double order_value(const struct order *o, const struct container *c);

/* Decides between two of the same number, whose names compare so. The records are looked at, and may not be
 * NULL, only when images decide. */
int order_compare(const struct order *o, const struct container *a, const struct container *b, int names);

unsigned order_needs(const struct order *o); /* the FIELD_ bits that decide */

#endif
