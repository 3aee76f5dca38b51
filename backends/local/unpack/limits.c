#include "backends/local/unpack/limits.h"

#include "core/sizes.h"

const struct limits limits_usual = {
    .entries = 1000000,
    .bytes = (uint64_t)64 << 30,
    .ratio = 1000,
    .ratio_from = 100u << 20,
};

bool limits_bytes(const struct limits *l, uint64_t made, uint64_t taken, struct error *e)
{
    char most[SIZE_TEXT], input[SIZE_TEXT];
    if (made > l->bytes) {
        error_set(e, ERROR_INVALID, 0,
                  "The archive unpacks to more than the %s that an image may have; the import is refused",
                  size_print(most, l->bytes));
        return false;
    }
    if (made > l->ratio_from && made / l->ratio > taken) {
        error_set(e, ERROR_INVALID, 0,
                  "The archive unpacks to more than %llu times its size (%s from %s so far), as bombs do; "
                  "the import is refused",
                  (unsigned long long)l->ratio, size_print(most, made), size_print(input, taken));
        return false;
    }
    return true;
}

bool limits_entries(const struct limits *l, uint64_t entries, struct error *e)
{
    if (entries > l->entries) {
        error_set(e, ERROR_INVALID, 0,
                  "The archive has more than the %llu members that an image may have; the import is refused",
                  (unsigned long long)l->entries);
        return false;
    }
    return true;
}
