#include "core/isolation.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same_word(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

const char *isolation_word(enum isolation mode, enum hypervisor hypervisor)
{
    switch (mode) {
    case ISOLATION_PROCESS:
        return "process";
    case ISOLATION_VM:
        return hypervisor == HYPERVISOR_HYPERV ? "hyperv" : "vm";
    case ISOLATION_HOST:
        return "host";
    case ISOLATION_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *isolation_symbol(enum isolation mode, bool ascii)
{
    switch (mode) {
    case ISOLATION_PROCESS:
        return ascii ? "o" : "□";
    case ISOLATION_VM:
        return ascii ? "#" : "■";
    case ISOLATION_HOST:
        return ascii ? "." : "·";
    case ISOLATION_UNKNOWN:
        break;
    }
    return "?";
}

const char *origin_word(enum origin origin)
{
    switch (origin) {
    case ORIGIN_REQUESTED:
        return "requested";
    case ORIGIN_DEFAULT:
        return "default";
    case ORIGIN_UNKNOWN:
        break;
    }
    return "unknown";
}

bool isolation_parse(const char *word, enum isolation *mode)
{
    static const struct {
        const char *word;
        enum isolation mode;
    } words[] = {
        {"", ISOLATION_UNKNOWN},  {"default", ISOLATION_UNKNOWN}, {"process", ISOLATION_PROCESS},
        {"hyperv", ISOLATION_VM}, {"vm", ISOLATION_VM},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (same_word(words[i].word, word)) {
            *mode = words[i].mode;
            return true;
        }
    }
    return false;
}

const char *crossing_word(enum crossing_kind kind)
{
    static const char *const words[] = {"folder", "pipe", "port", "network", "device",   "mount",  "pid",
                                        "ipc",    "uts",  "user", "cgroup",  "registry", "objects"};
    return (size_t)kind < sizeof words / sizeof *words ? words[kind] : "unknown";
}
