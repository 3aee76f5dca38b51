/* backends/docker/endpoint.h - where a Docker engine is, and by what it is reached. */
#ifndef BACKENDS_DOCKER_ENDPOINT_H
#define BACKENDS_DOCKER_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

enum endpoint_kind {
    ENDPOINT_UNIX, /* unix:///run/docker.sock */
    ENDPOINT_PIPE, /* npipe:////./pipe/docker_engine: a named pipe of Windows */
    ENDPOINT_TCP,  /* tcp://host:2375, http://host:2375; tcp://host:2376 and https:// with TLS */
    ENDPOINT_SSH   /* ssh://[user@]host[:port]: `ssh host docker system dial-stdio` */
};

struct endpoint_tls {
    bool on;
    bool verify;       /* the engine's certificate is checked: its chain, its dates, its name */
    char *server_name; /* the name that it must carry; NULL: the host */
    /* PEM text. ca NULL: the authorities that this system trusts. certificate and key: NULL none. */
    char *ca, *certificate, *key;
};

struct endpoint { /* {0} is none; strings are its own */
    enum endpoint_kind kind;
    char *address; /* as it is shown, and as docker spells it; without passwords */
    char *source;  /* who named it, for sentences: "DOCKER_HOST", "the context build", "the default" */
    char *path; /* UNIX, PIPE: the socket, the pipe ("\\\\.\\pipe\\docker_engine"); SSH: a socket over there,
                   or NULL */
    char *host; /* TCP, SSH; without the brackets of IPv6 */
    char *user; /* SSH; NULL: what ssh_config says */
    uint16_t port;           /* TCP; SSH: 0 what ssh_config says */
    char *base_path;         /* TCP: put in front of every request's path ("/engine"); NULL none */
    char *http_host;         /* for the Host header: "docker", or "host:2375" */
    struct endpoint_tls tls; /* TCP only */
    unsigned connect_ms;     /* how long connecting may take; 0: the usual (transport.h) */
};

/* Finds the engine and reads all that is needed to reach it. address NULL: the one that docker's own client
 * would use (environment, then the current context, then the default), and where that default does not exist
 * the sockets of rootless Docker and of Podman. Else an address as above, the path of a socket, or
 * "context:NAME".
 *
 * Reads files, so it belongs on a thread. False and e: there is no such context, an address cannot be
 * understood, a certificate cannot be read. e->kind is ERROR_NOT_FOUND exactly when address is NULL, nothing
 * names an engine, and no socket is there: this machine has no Docker. */
bool endpoint_find(struct endpoint *to, const char *address, struct error *e);

void endpoint_done(struct endpoint *p); /* frees; p is {0} again */

/* Does the engine run under this very kernel, as far as the address tells (a socket or pipe of this machine)?
 * Its pids may then be looked up here. (Docker Desktop's socket leads into a VM: the engine's own answer must
 * agree.) */
bool endpoint_is_local(const struct endpoint *p);

#endif
