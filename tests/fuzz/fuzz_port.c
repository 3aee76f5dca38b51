/* Words of ports and versions of Windows, which engines and files tell: what is taken is in its bounds, and
 * is written again as it was understood. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/port.h"
#include "core/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_port(const struct port *p)
{
    struct text outside = {0}, inside = {0};
    struct port again;
    demand(p->outside > 0 && p->inside > 0);
    demand(strlen(p->address) < sizeof p->address);
    port_outside(p, &outside);
    port_inside(p, &inside);
    const struct crossing c = {
        .kind = CROSSING_PORT, .outside = text_of(&outside), .inside = text_of(&inside)};
    demand(port_of(&c, &again) && port_collides(p, &again));
    demand(again.outside == p->outside && again.inside == p->inside && again.protocol == p->protocol);
    demand(strcmp(again.address, p->address) == 0);
    text_done(&outside);
    text_done(&inside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *word = mem_string_n((const char *)data, size);
    struct port p;
    struct error e = {0};
    if (port_parse(word, &p, &e)) {
        check_port(&p);
    } else {
        demand(e.kind == ERROR_INVALID && !strpbrk(e.text, "\n\x1b"));
    }
    demand(verdict_build(word) < 1000000);
    free(word);
    return 0;
}
