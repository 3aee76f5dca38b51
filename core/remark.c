#include "core/remark.h"

#include "core/memory.h"
#include "core/text.h"

char *remark_killed(const char *name, const char *why)
{
    struct text t = {0};
    text_addf(&t, "%s was killed: %s", name, why);
    return text_take(&t);
}

char *remark_killed_late(const char *name, int seconds)
{
    struct text t = {0};
    text_addf(&t, "%s was killed: it had not ended %d s after it was asked to", name, seconds);
    return text_take(&t);
}

char *remark_killed_perhaps(const char *name, int code)
{
    struct text t = {0};
    text_addf(&t, "%s has ended with exit code %d, as what is killed does; the engine does not say why", name,
              code);
    return text_take(&t);
}

char *remark_join(const char *first, const char *second)
{
    struct text t = {0};
    if (!first || !second) {
        return mem_string(first ? first : second);
    }
    text_addf(&t, "%s; %s", first, second);
    return text_take(&t);
}
