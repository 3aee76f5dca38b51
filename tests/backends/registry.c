#include "tests/backends/registry.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"

enum { DIGEST = 7 + 64 + 1, REQUEST_MOST = 16 * 1024 };

static const char MANIFEST[] = "application/vnd.docker.distribution.manifest.v2+json";

struct guest {
    struct registry *registry;
    struct guest *next;
    uv_tcp_t tcp;
    struct text heard;
    size_t waits_from; /* of the layer: what is before it was sent; 0: it waits for nothing */
    bool closing;
};

struct registry {
    uv_loop_t *loop;
    uv_tcp_t door;
    struct guest *guests;
    struct text layer, config, manifest;
    char layer_digest[DIGEST], config_digest[DIGEST], manifest_digest[DIGEST], image[64];
    bool hold, closed;
    char room[65536];
};

struct sending {
    uv_write_t write;
    char *bytes;
};

/* ---- the image ---- */

static void digest_of(const struct text *t, char out[DIGEST])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_Digest(t->data, t->len, sum, &len, EVP_sha256(), NULL);
    memcpy(out, "sha256:", 8);
    for (unsigned i = 0; i < len && i < 32; i++) {
        snprintf(out + 7 + 2 * i, 3, "%02x", sum[i]);
    }
}

static bool read_layer(struct text *t, const char *path)
{
    char room[65536];
    size_t n;
    FILE *file = fopen(path, "rb");
    while (file && (n = fread(room, 1, sizeof room, file)) > 0) {
        text_add_n(t, room, n);
    }
    if (file) {
        fclose(file);
    }
    return t->len > 1;
}

/* The end of an archive may be as long as one likes: no two registries have the same layer, which a daemon
 * would not ask for again. */
static void make_image(struct registry *r, unsigned port)
{
    static const char zeros[512];
    for (unsigned i = 0; i <= port % 4096; i++) {
        text_add_n(&r->layer, zeros, sizeof zeros);
    }
    digest_of(&r->layer, r->layer_digest);
    text_addf(&r->config,
              "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"sh\"]},"
              "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}",
              r->layer_digest);
    digest_of(&r->config, r->config_digest);
    text_addf(&r->manifest,
              "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":"
              "\"application/vnd.docker.container.image.v1+json\",\"size\":%zu,\"digest\":\"%s\"},"
              "\"layers\":[{\"mediaType\":\"application/vnd.docker.image.rootfs.diff.tar\",\"size\":%zu,"
              "\"digest\":\"%s\"}]}",
              MANIFEST, r->config.len, r->config_digest, r->layer.len, r->layer_digest);
    digest_of(&r->manifest, r->manifest_digest);
}

/* ---- answers ---- */

static void guest_closed(uv_handle_t *handle)
{
    struct guest *g = handle->data, **at = &g->registry->guests;
    while (*at != g) {
        at = &(*at)->next;
    }
    *at = g->next;
    text_done(&g->heard);
    free(g);
}

static void close_guest(struct guest *g)
{
    if (!g->closing) {
        g->closing = true;
        uv_close((uv_handle_t *)&g->tcp, guest_closed);
    }
}

static void sent(uv_write_t *write, int status)
{
    struct sending *s = (struct sending *)write;
    (void)status;
    free(s->bytes);
    free(s);
}

static void send_bytes(struct guest *g, const char *bytes, size_t len)
{
    struct sending *s = mem_new(1, sizeof *s);
    s->bytes = mem_string_n(bytes, len);
    uv_buf_t buf = uv_buf_init(s->bytes, (unsigned)len);
    if (uv_write(&s->write, (uv_stream_t *)&g->tcp, &buf, 1, sent) != 0) {
        sent(&s->write, 0);
    }
}

static void send_layer(struct guest *g, size_t from)
{
    const struct registry *r = g->registry;
    size_t half = r->layer.len / 2, to = r->hold && from < half ? half : r->layer.len;
    g->waits_from = to < r->layer.len ? to : 0;
    send_bytes(g, r->layer.data + from, to - from);
}

static void answer(struct guest *g, const char *request)
{
    const struct registry *r = g->registry;
    bool head = strncmp(request, "HEAD ", 5) == 0, layer = strstr(request, r->layer_digest) != NULL;
    const struct text *body = layer                                       ? &r->layer
                              : strstr(request, r->config_digest)         ? &r->config
                              : strstr(request, "/test/image/manifests/") ? &r->manifest
                                                                          : NULL;
    bool manifest = body == &r->manifest, ping = strstr(request, " /v2/ ") != NULL;
    struct text t = {0};
    text_addf(&t, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n",
              body || ping ? "200 OK" : "404 Not Found", manifest ? MANIFEST : "application/octet-stream",
              body ? body->len : 0);
    if (body) {
        text_addf(&t, "Docker-Content-Digest: %s\r\n",
                  manifest ? r->manifest_digest
                  : layer  ? r->layer_digest
                           : r->config_digest);
    }
    text_add(&t, "\r\n");
    send_bytes(g, t.data, t.len);
    text_done(&t);
    if (layer && !head) {
        send_layer(g, 0);
    } else if (body && !head) {
        send_bytes(g, body->data, body->len);
    }
}

/* ---- questions ---- */

static void take_requests(struct guest *g)
{
    char *end;
    if (g->heard.data[0] == 0x16) { /* TLS is tried first: not here */
        close_guest(g);
    }
    while (!g->closing && g->heard.len > 0 && (end = strstr(g->heard.data, "\r\n\r\n"))) {
        size_t used = (size_t)(end - g->heard.data) + 4;
        char *rest = mem_string_n(g->heard.data + used, g->heard.len - used);
        g->heard.data[strcspn(g->heard.data, "\r")] = '\0';
        answer(g, g->heard.data);
        text_clear(&g->heard);
        text_add(&g->heard, rest);
        free(rest);
    }
    if (g->heard.len > REQUEST_MOST) {
        close_guest(g);
    }
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct guest *g = handle->data;
    (void)wanted;
    *out = uv_buf_init(g->registry->room, sizeof g->registry->room);
}

static void on_bytes(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct guest *g = stream->data;
    if (n < 0) {
        close_guest(g);
    } else if (n > 0) {
        text_add_n(&g->heard, got->base, (size_t)n);
        take_requests(g);
    }
}

static void on_guest(uv_stream_t *door, int status)
{
    struct registry *r = door->data;
    struct guest *g = mem_new(1, sizeof *g);
    (void)status;
    g->registry = r;
    g->next = r->guests;
    r->guests = g;
    uv_tcp_init(r->loop, &g->tcp);
    g->tcp.data = g;
    if (uv_accept(door, (uv_stream_t *)&g->tcp) != 0) {
        close_guest(g);
    } else {
        uv_read_start((uv_stream_t *)&g->tcp, give_room, on_bytes);
    }
}

/* ---- its life ---- */

struct registry *registry_new(uv_loop_t *loop, const char *layer)
{
    struct registry *r = mem_new(1, sizeof *r);
    struct sockaddr_in at;
    int len = sizeof at;
    if (!read_layer(&r->layer, layer)) {
        text_done(&r->layer);
        free(r);
        return NULL;
    }
    r->loop = loop;
    uv_tcp_init(loop, &r->door);
    r->door.data = r;
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_bind(&r->door, (const struct sockaddr *)&at, 0);
    uv_listen((uv_stream_t *)&r->door, 16, on_guest);
    uv_tcp_getsockname(&r->door, (struct sockaddr *)&at, &len);
    make_image(r, ntohs(at.sin_port));
    snprintf(r->image, sizeof r->image, "127.0.0.1:%u/test/image:1", (unsigned)ntohs(at.sin_port));
    return r;
}

static void door_closed(uv_handle_t *handle)
{
    ((struct registry *)handle->data)->closed = true;
}

void registry_free(struct registry *r)
{
    uv_close((uv_handle_t *)&r->door, door_closed);
    for (struct guest *g = r->guests; g; g = g->next) {
        close_guest(g);
    }
    while (r->guests || !r->closed) {
        uv_run(r->loop, UV_RUN_ONCE);
    }
    text_done(&r->layer);
    text_done(&r->config);
    text_done(&r->manifest);
    free(r);
}

const char *registry_image(const struct registry *r)
{
    return r->image;
}

void registry_hold(struct registry *r, bool hold)
{
    r->hold = hold;
    for (struct guest *g = r->guests; g && !hold; g = g->next) {
        if (g->waits_from > 0 && !g->closing) {
            send_layer(g, g->waits_from);
        }
    }
}

bool registry_is_holding(const struct registry *r)
{
    for (const struct guest *g = r->guests; g; g = g->next) {
        if (g->waits_from > 0 && !g->closing) {
            return true;
        }
    }
    return false;
}
