/* backends/docker/endpoint.h - where a Docker engine is, and by what it is reached. */
#ifndef BACKENDS_DOCKER_ENDPOINT_H
#define BACKENDS_DOCKER_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

enum endpoint_kind {
    ENDPOINT_UNIX, /* unix:///run/docker.sock */
    ENDPOINT_PIPE, /* npipe:////./pipe/docker_engine: a named pipe of Windows */
    ENDPOINT_TCP,  /* tcp://host:2375, http://host:2375; with TLS https://host:2376 too */
    ENDPOINT_SSH   /* ssh://[user@]host[:port]: `ssh host docker system dial-stdio` */
};

struct endpoint_tls {
    bool on;
    char *server_name;          /* that the certificate must carry; NULL: the host */
    char *authority;            /* where the trusted authorities come from, for sentences */
    struct ssl_ctx_st *context; /* what is trusted, and our own certificate: a reference of its own */
};

struct endpoint { /* {0} is none; strings are its own */
    enum endpoint_kind kind;
    char *address; /* as docker spells it; there is no password in it */
    char *source;  /* who named it, for sentences: "DOCKER_HOST", "the context build"; NULL: whoever asks */
    char *path; /* UNIX: the socket; PIPE: "\\\\.\\pipe\\NAME"; SSH: a socket over there, NULL its default */
    char *host; /* TCP, SSH; IPv6 without brackets */
    char *user; /* SSH; NULL: what ssh_config says */
    uint16_t port;           /* TCP; SSH: 0 what ssh_config says */
    char *base_path;         /* TCP: goes in front of every request's path ("/engine"); NULL nothing */
    char *http_host;         /* for the Host header: "docker", "host:2375" */
    struct endpoint_tls tls; /* TCP */
    unsigned connect_ms;     /* how long connecting may take; 0: the usual (transport.h) */
};

/* Finds the engine and reads all that is needed to reach it.
 *
 * address NULL: the one that docker's own client would use: $DOCKER_HOST, else the context named by
 * $DOCKER_CONTEXT or else by config.json, else the default socket. Where that does not exist (or may not be
 * opened, and another may): rootless Docker's, Docker Desktop's, Podman's. Otherwise address is unix:///PATH,
 * /PATH, tcp://HOST[:PORT][/PATH], HOST:PORT, http://..., https://..., ssh://[USER@]HOST[:PORT][/SOCKET],
 * npipe:////./pipe/NAME or context:NAME.
 *
 * TLS is used as docker's client does: for $DOCKER_HOST and a given address when $DOCKER_TLS_VERIFY (checked)
 * or $DOCKER_TLS (not checked) is not empty, with ca.pem, cert.pem and key.pem of $DOCKER_CERT_PATH or else
 * of the folder of config.json; for a context when it has such files. https:// always uses it, and checks.
 *
 * Reads files, so it belongs on a thread. False and e: an address that cannot be understood, no such context,
 * files that cannot be read. e->kind is ERROR_NOT_FOUND exactly when address is NULL, nothing names an engine
 * and there is no socket: this machine has no Docker. */
bool endpoint_find(struct endpoint *to, const char *address, struct error *e);

/* Understands an address (not context:), without looking at files or the environment; https:// alone sets
 * tls.on. */
bool endpoint_parse(struct endpoint *to, const char *address, struct error *e);

void endpoint_copy(struct endpoint *to, const struct endpoint *from);
void endpoint_done(struct endpoint *p); /* frees; p is {0} again */

/* Does the engine run under this very kernel, as far as the address tells (a socket or pipe of this machine)?
 * Its pids may then be looked up here. (Docker Desktop's socket leads into a VM: the engine's own answer must
 * agree.) */
bool endpoint_is_local(const struct endpoint *p);

#endif
