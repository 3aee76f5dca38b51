#include "backends/docker/endpoint.h"

#include <stdlib.h>

void endpoint_done(struct endpoint *p)
{
    char *const strings[] = {p->address, p->source,          p->path,      p->host,
                             p->user,    p->base_path,       p->http_host, p->tls.server_name,
                             p->tls.ca,  p->tls.certificate, p->tls.key};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        free(strings[i]);
    }
    *p = (struct endpoint){0};
}

bool endpoint_is_local(const struct endpoint *p)
{
    return p->kind == ENDPOINT_UNIX || p->kind == ENDPOINT_PIPE;
}
