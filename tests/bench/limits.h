/* tests/bench/limits.h - when a limit is broken: what is measured on a machine that has other things to do
 * goes up and down, so that beside the limit is said, and twice beside it fails. A limit of 0 is a promise.
 */
#ifndef TESTS_BENCH_LIMITS_H
#define TESTS_BENCH_LIMITS_H

#include <stdbool.h>

static inline bool limit_broken(bool ok, double got, double limit)
{
    return !ok && (got > 2 * limit || got < limit / 2);
}

#endif
