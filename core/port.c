#include "core/port.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/memory.h"

static const char FORM[] = "write [ADDRESS:]HOST-PORT:CONTAINER-PORT[/tcp|/udp], as in 8080:80";

static const char *protocol_word(enum port_protocol protocol)
{
    return protocol == PORT_UDP ? "udp" : "tcp";
}

/* A decimal number from 1 to 65535, of len characters. */
static bool read_number(const char *s, size_t len, uint16_t *out)
{
    unsigned value = 0;
    if (len == 0 || len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(s[i] - '0');
    }
    *out = (uint16_t)value;
    return value >= 1 && value <= UINT16_MAX;
}

/* An address of len characters, in brackets where it is of IPv6. */
static bool read_address(const char *s, size_t len, char out[46])
{
    unsigned char bytes[16];
    bool brackets = len >= 2 && s[0] == '[' && s[len - 1] == ']';
    s += brackets;
    len -= brackets ? 2 : 0;
    if (len == 0 || len > 45) {
        return false;
    }
    memcpy(out, s, len);
    out[len] = '\0';
    return uv_inet_pton(brackets ? AF_INET6 : AF_INET, out, bytes) == 0;
}

/* "[ADDRESS:]PORT" of len characters. */
static bool read_outside(const char *s, size_t len, struct port *out)
{
    size_t colon = len;
    while (colon > 0 && s[colon - 1] != ':') {
        colon--;
    }
    out->address[0] = '\0';
    if (colon > 0 && !read_address(s, colon - 1, out->address)) {
        return false;
    }
    return read_number(s + colon, len - colon, &out->outside);
}

/* "PORT[/tcp|/udp]" */
static bool read_inside(const char *s, struct port *out)
{
    size_t len = strcspn(s, "/");
    out->protocol = strcmp(s + len, "/udp") == 0 ? PORT_UDP : PORT_TCP;
    bool known = s[len] == '\0' || out->protocol == PORT_UDP || strcmp(s + len, "/tcp") == 0;
    return known && read_number(s, len, &out->inside);
}

bool port_parse(const char *word, struct port *out, struct error *e)
{
    const char *colon = strrchr(word, ':');
    *out = (struct port){.outside = 0};
    if (!colon || (colon > word && colon[-1] == ':')) {
        error_set(e, ERROR_INVALID, 0, "Port: \"%s\" does not say which port of the host it is; %s", word,
                  FORM);
        return false;
    }
    if (strchr(word, '-')) {
        error_set(e, ERROR_INVALID, 0, "Port: \"%s\" is a range; publish each port by itself", word);
        return false;
    }
    if (!read_outside(word, (size_t)(colon - word), out) || !read_inside(colon + 1, out)) {
        error_set(e, ERROR_INVALID, 0, "Port: \"%s\" cannot be understood; %s", word, FORM);
        return false;
    }
    return true;
}

bool port_of(const struct crossing *c, struct port *out)
{
    *out = (struct port){.outside = 0};
    return c->kind == CROSSING_PORT && c->outside && c->inside &&
           read_outside(c->outside, strlen(c->outside), out) && read_inside(c->inside, out);
}

void port_outside(const struct port *p, struct text *out)
{
    bool brackets = strchr(p->address, ':') != NULL;
    if (p->address[0]) {
        text_addf(out, brackets ? "[%s]:" : "%s:", p->address);
    }
    text_addf(out, "%u", p->outside);
}

void port_inside(const struct port *p, struct text *out)
{
    text_addf(out, "%u/%s", p->inside, protocol_word(p->protocol));
}

static bool every_address(const struct port *p)
{
    return p->address[0] == '\0' || strcmp(p->address, "0.0.0.0") == 0 || strcmp(p->address, "::") == 0;
}

bool port_collides(const struct port *a, const struct port *b)
{
    return a->outside == b->outside && a->protocol == b->protocol &&
           (every_address(a) || every_address(b) || strcmp(a->address, b->address) == 0);
}

bool port_any(const struct crossing *crossings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (crossings[i].kind == CROSSING_PORT) {
            return true;
        }
    }
    return false;
}

char *port_list(const struct crossing *crossings, size_t n)
{
    struct text t = {0};
    struct port p;
    for (size_t i = 0; i < n; i++) {
        if (port_of(&crossings[i], &p)) {
            text_add(&t, t.len ? ", " : "");
            port_outside(&p, &t);
            text_add(&t, "->");
            port_inside(&p, &t);
        }
    }
    return t.len ? text_take(&t) : NULL;
}
