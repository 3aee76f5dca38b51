/* tests/bench/measures.h - time, what stands for many measurements of it, and how many there are to be. */
#ifndef TESTS_BENCH_MEASURES_H
#define TESTS_BENCH_MEASURES_H

#include <stdlib.h>
#include <time.h>

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void rest(double seconds)
{
    nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)}, NULL);
}

static inline double median(double *values, int n)
{
    for (int i = 1; i < n; i++) {
        for (int j = i; j > 0 && values[j] < values[j - 1]; j--) {
            double t = values[j];
            values[j] = values[j - 1];
            values[j - 1] = t;
        }
    }
    return values[n / 2];
}

static inline double least(const double *values, int n)
{
    double value = values[0];
    for (int i = 1; i < n; i++) {
        value = values[i] < value ? values[i] : value;
    }
    return value;
}

/* A number that the environment may set. */
static inline int setting(const char *name, int otherwise)
{
    const char *value = getenv(name);
    int number = value ? atoi(value) : 0;
    return number > 0 ? number : otherwise;
}

#endif
