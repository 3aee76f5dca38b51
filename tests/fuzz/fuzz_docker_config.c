/* The files of docker's client and what its helpers print: anything is understood or refused, and what is
 * understood may stand on a command line, in a header and in a sentence. The first byte says what the rest
 * is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/contexts.h"
#include "backends/docker/credentials.h"
#include "backends/docker/endpoint.h"
#include "backends/json.h"
#include "core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth)
{
    if (!truth) {
        abort();
    }
}

static void check_plain(const char *s)
{
    for (; s && *s; s++) {
        demand((unsigned char)*s > ' ' && *s != 0x7f);
    }
}

static void try_address(const char *text)
{
    struct endpoint p;
    struct error e = {0};
    if (!endpoint_parse(&p, text, &e)) {
        demand(e.kind == ERROR_INVALID && *e.text && !p.address);
        return;
    }
    demand(p.address && p.http_host && !p.tls.context);
    check_plain(p.host);
    check_plain(p.user);
    check_plain(p.base_path);
    check_plain(p.http_host);
    switch (p.kind) {
    case ENDPOINT_UNIX:
        demand(p.path && strlen(p.path) < 108);
        break;
    case ENDPOINT_PIPE:
        demand(p.path && strncmp(p.path, "\\\\", 2) == 0 && !strchr(p.path, '/'));
        break;
    case ENDPOINT_TCP:
        demand(p.host && p.port);
        break;
    case ENDPOINT_SSH:
        demand(p.host && *p.host != '-' && !(p.user && (*p.user == '-' || !*p.user)));
        check_plain(p.path);
        break;
    }
    endpoint_done(&p);
}

static void try_context(const char *text, size_t len)
{
    struct context c;
    struct error e = {0};
    demand(contexts_parse(&c, text, len, &e) == (e.kind == ERROR_NONE));
    demand(!c.host || *c.host);
    if (c.host) {
        try_address(c.host);
    }
    contexts_done(&c);
}

static void check_header(char *header)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=";
    if (header) {
        demand(*header && strspn(header, letters) == strlen(header));
    }
    free(header);
}

static void try_config(const char *text, size_t len)
{
    static const char *const images[] = {"busybox", "ghcr.io/me/app", "localhost:5000/x"};
    cJSON *config = json_parse(text, len, 1 << 20, NULL);
    for (size_t i = 0; config && i < sizeof images / sizeof *images; i++) {
        char *helper, *server = credentials_server(images[i]);
        char *header = credentials_look_up(config, server, &helper);
        demand(!helper || (!header && *helper && !strchr(helper, '/')));
        check_header(header);
        free(helper);
        free(server);
    }
    cJSON_Delete(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = mem_string_n((const char *)data + 1, size - 1);
    switch (data[0]) {
    case 'a':
        try_address(text);
        break;
    case 'c':
        try_context(text, size - 1);
        break;
    case 'h':
        check_header(credentials_understand(text, size - 1, "ghcr.io"));
        break;
    case 's':
        free(credentials_server(text));
        break;
    default:
        try_config(text, size - 1);
        break;
    }
    free(text);
    return 0;
}
