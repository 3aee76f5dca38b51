/* core/port.h - published ports: what reaches a port of the host is passed on to one of the container. Pure.
 *
 * As a crossing: kind CROSSING_PORT, outside "[ADDRESS:]PORT" (an IPv6 address in brackets), inside
 * "PORT/tcp" or "PORT/udp".
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/isolation.h"
#include "core/text.h"

enum port_protocol { PORT_TCP, PORT_UDP };

struct port {
    char address[46]; /* of the host, without brackets; "": every address that it has */
    uint16_t outside, inside;
    enum port_protocol protocol;
};

/* "[ADDRESS:]OUTSIDE:INSIDE[/tcp|/udp]", as docker's -p. ERROR_INVALID for anything else; what docker also
 * takes (ranges, a port that is chosen by the engine) is refused with a sentence of its own. */
bool port_parse(const char *word, struct port *out, struct error *e);

/* What a crossing stands for; false: it is no port, or one that cannot be understood. */
bool port_of(const struct crossing *c, struct port *out);

void port_outside(const struct port *p, struct text *out); /* "127.0.0.1:8080", "[::1]:8080", "8080" */
void port_inside(const struct port *p, struct text *out);  /* "80/tcp" */

/* Do both want the same port of the host? An address that is left out is every address. */
bool port_collides(const struct port *a, const struct port *b);

bool port_any(const struct crossing *crossings, size_t n); /* is any of them a port? */

/* "8080->80/tcp, 127.0.0.1:53->53/udp"; the caller frees; NULL: there are none. */
char *port_list(const struct crossing *crossings, size_t n);

#endif
