#include "backends/docker/endpoint.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "backends/docker/contexts.h"
#include "backends/docker/transport_tls.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/trust.h"

enum { PORT = 2375, TLS_PORT = 2376, LONGEST = 1024 };

static const char context_scheme[] = "context:";

void endpoint_done(struct endpoint *p)
{
    char *const strings[] = {p->address,      p->source,    p->path,      p->host,
                             p->user,         p->base_path, p->http_host, p->tls.server_name,
                             p->tls.authority};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        free(strings[i]);
    }
    SSL_CTX_free(p->tls.context);
    *p = (struct endpoint){0};
}

void endpoint_copy(struct endpoint *to, const struct endpoint *from)
{
    *to = *from;
    to->address = mem_string(from->address);
    to->source = mem_string(from->source);
    to->path = mem_string(from->path);
    to->host = mem_string(from->host);
    to->user = mem_string(from->user);
    to->base_path = mem_string(from->base_path);
    to->http_host = mem_string(from->http_host);
    to->tls.server_name = mem_string(from->tls.server_name);
    to->tls.authority = mem_string(from->tls.authority);
    if (to->tls.context) {
        SSL_CTX_up_ref(to->tls.context);
    }
}

bool endpoint_is_local(const struct endpoint *p)
{
    return p->kind == ENDPOINT_UNIX || p->kind == ENDPOINT_PIPE;
}

/* ---- addresses ---- */

static bool wrong(struct error *e, const char *address, const char *what)
{
    error_set(e, ERROR_INVALID, 0, "%s is no address of an engine: %s", address, what);
    return false;
}

static bool starts_with(const char *s, const char *start)
{
    return strncmp(s, start, strlen(start)) == 0;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A user's name as an URL carries it (me%40example.org). NULL: nothing that may stand on a command line. */
static char *user_of(const char *s, size_t len)
{
    struct text out = {0};
    for (const char *end = s + len; s < end; s++) {
        char c = *s;
        if (c == '%') {
            int high = end - s > 2 ? digit_of(s[1]) : -1, low = high >= 0 ? digit_of(s[2]) : -1;
            c = low >= 0 ? (char)(high * 16 + low) : '\0';
            s += 2;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f || (c == '-' && out.len == 0)) {
            text_done(&out);
            return NULL;
        }
        text_add_char(&out, c);
    }
    return out.len ? text_take(&out) : NULL;
}

static bool parse_port(const char *s, size_t len, uint16_t *port)
{
    unsigned long value = 0;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9' || (value = value * 10 + (unsigned)(s[i] - '0')) > 65535) {
            return false;
        }
    }
    *port = (uint16_t)value;
    return len > 0 && value > 0;
}

/* What a name or number of a host is made of. */
static bool is_host(const char *s, size_t len, bool brackets)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_alnum(s[i]) && !strchr("._-", s[i]) && !(brackets && strchr(":%", s[i]))) {
            return false;
        }
    }
    return len > 0 && len < 256 && s[0] != '-';
}

/* "host", "host:port", "[v6]", "[v6]:port", ":port" and "". */
static bool parse_host(struct endpoint *p, const char *s, size_t len, struct error *e)
{
    bool brackets = len > 0 && *s == '[';
    const char *close = brackets ? memchr(s, ']', len) : NULL, *end = s + len;
    const char *name = brackets ? s + 1 : s;
    const char *colon = memchr(close ? close : s, ':', (size_t)(end - (close ? close : s)));
    const char *stop = close ? close : colon ? colon : end;
    if ((brackets && !close) || (close && close + 1 != (colon ? colon : end))) {
        return wrong(e, p->address, "an IPv6 number stands in brackets, and after them only :PORT");
    }
    if (colon && !parse_port(colon + 1, (size_t)(end - colon - 1), &p->port)) {
        return wrong(e, p->address,
                     "a port is a number from 1 to 65535 (and an IPv6 number stands in brackets)");
    }
    if (stop == name && p->kind == ENDPOINT_TCP && !brackets) {
        p->host = mem_string("localhost");
        return true;
    }
    if (!is_host(name, (size_t)(stop - name), brackets)) {
        return wrong(e, p->address, "the host's name is missing, or has characters that no such name has");
    }
    p->host = mem_string_n(name, (size_t)(stop - name));
    return true;
}

static bool has_odd_characters(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f || *s == '?' || *s == '#') {
            return true;
        }
    }
    return false;
}

static bool parse_tcp(struct endpoint *p, const char *rest, bool tls, struct error *e)
{
    size_t len = strcspn(rest, "/");
    p->kind = ENDPOINT_TCP;
    p->port = tls ? TLS_PORT : PORT;
    p->tls.on = tls;
    if (has_odd_characters(rest) || memchr(rest, '@', len)) {
        return wrong(e, p->address, "it is tcp://HOST:PORT, without user, question or blanks");
    }
    if (!parse_host(p, rest, len, e)) {
        return false;
    }
    size_t path = strlen(rest + len);
    while (path > 0 && rest[len + path - 1] == '/') {
        path--;
    }
    p->base_path = path ? mem_string_n(rest + len, path) : NULL;
    struct text host = {0};
    text_addf(&host, strchr(p->host, ':') ? "[%s]:%u" : "%s:%u", p->host, (unsigned)p->port);
    p->http_host = text_take(&host);
    return true;
}

static bool parse_ssh(struct endpoint *p, const char *rest, struct error *e)
{
    size_t len = strcspn(rest, "/");
    const char *at = memchr(rest, '@', len);
    p->kind = ENDPOINT_SSH;
    if (at && memchr(rest, ':', (size_t)(at - rest))) {
        free(p->address);
        p->address = mem_string("ssh://USER:PASSWORD@...");
        return wrong(e, p->address, "a password cannot be used here; use a key and ssh-agent");
    }
    if (has_odd_characters(rest)) {
        return wrong(e, p->address, "it is ssh://USER@HOST:PORT, without question or blanks");
    }
    if (at && !(p->user = user_of(rest, (size_t)(at - rest)))) {
        return wrong(e, p->address, "this is no user's name");
    }
    const char *host = at ? at + 1 : rest;
    if (!parse_host(p, host, (size_t)(rest + len - host), e)) {
        return false;
    }
    p->path = rest[len] && rest[len + 1] ? mem_string(rest + len) : NULL;
    p->http_host = mem_string("docker");
    return true;
}

static bool parse_socket(struct endpoint *p, const char *path, struct error *e)
{
    p->kind = ENDPOINT_UNIX;
    p->path = mem_string(*path ? path : "/var/run/docker.sock");
    p->http_host = mem_string("docker");
    if (strlen(p->path) >= 108) { /* unix(7): the size of sun_path */
        return wrong(e, p->address, "the path of a socket has at most 107 bytes");
    }
    return true;
}

/* npipe:////./pipe/NAME, //./pipe/NAME or \\.\pipe\NAME. */
static bool parse_pipe(struct endpoint *p, const char *path, struct error *e)
{
    p->kind = ENDPOINT_PIPE;
    p->path = mem_string(*path ? path : "//./pipe/docker_engine");
    p->http_host = mem_string("docker");
    for (char *c = p->path; *c; c++) {
        *c = *c == '/' ? '\\' : *c;
    }
    const char *name = starts_with(p->path, "\\\\") ? strstr(p->path + 2, "\\pipe\\") : NULL;
    if (!name || !name[6] || name == p->path + 2 || memchr(p->path + 2, '\\', (size_t)(name - p->path - 2))) {
        return wrong(e, p->address, "a named pipe is npipe:////./pipe/NAME");
    }
    return true;
}

static bool parse_any(struct endpoint *p, const char *address, struct error *e)
{
    const char *colon = strstr(address, "://"), *rest = colon ? colon + 3 : address;
    if (!colon) {
        return *address == '/' && !starts_with(address, "//") ? parse_socket(p, address, e)
               : *address == '/' || *address == '\\'          ? parse_pipe(p, address, e)
                                                              : parse_tcp(p, address, false, e);
    }
    if (starts_with(address, "unix://")) {
        return parse_socket(p, rest, e);
    }
    if (starts_with(address, "npipe://")) {
        return parse_pipe(p, rest, e);
    }
    if (starts_with(address, "tcp://") || starts_with(address, "http://")) {
        return parse_tcp(p, rest, false, e);
    }
    if (starts_with(address, "https://")) {
        return parse_tcp(p, rest, true, e);
    }
    if (starts_with(address, "ssh://")) {
        return parse_ssh(p, rest, e);
    }
    return wrong(e, p->address, "it begins with unix://, tcp://, https://, ssh://, npipe:// or context:");
}

bool endpoint_parse(struct endpoint *to, const char *address, struct error *e)
{
    *to = (struct endpoint){0};
    if (strlen(address) > LONGEST) {
        error_set(e, ERROR_INVALID, 0, "an address of an engine has at most %d bytes, not %zu", LONGEST,
                  strlen(address));
        return false;
    }
    to->address = mem_string(address);
    if (!parse_any(to, address, e)) {
        endpoint_done(to);
        return false;
    }
    return true;
}

/* ---- TLS ---- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static char *file_in(const char *folder, const char *name)
{
    struct text path = {0};
    text_addf(&path, "%s/%s", folder, name);
    return text_take(&path);
}

/* The path of a file of a folder (NULL: of none), if it is there. */
static char *found_in(const char *folder, const char *name)
{
    char *path = folder ? file_in(folder, name) : NULL;
    struct stat info;
    if (path && stat(path, &info) == 0) {
        return path;
    }
    free(path);
    return NULL;
}

/* must_have_authority: ca.pem is read even if it is not there, so that its absence is told. */
static bool read_tls(struct endpoint *p, const char *folder, bool verify, bool must_have_authority,
                     struct error *e)
{
    char *authority = must_have_authority ? file_in(folder, "ca.pem") : found_in(folder, "ca.pem");
    char *certificate = found_in(folder, "cert.pem"), *key = found_in(folder, "key.pem");
    const struct transport_tls_files files = {
        .authorities = authority, .certificate = key ? certificate : NULL, .key = certificate ? key : NULL};
    p->tls.on = true;
    p->tls.context = transport_tls_context(&files, verify, e);
    p->tls.authority = mem_string(authority);
    free(authority);
    free(certificate);
    free(key);
    return p->tls.context;
}

/* As docker's client does for an address that is no context's. */
static bool add_tls(struct endpoint *p, struct error *e)
{
    bool verify = environment("DOCKER_TLS_VERIFY"), wanted = verify || environment("DOCKER_TLS");
    if (p->kind != ENDPOINT_TCP || (!wanted && !p->tls.on)) {
        return true;
    }
    const char *named = environment("DOCKER_CERT_PATH");
    char *folder = named ? mem_string(named) : contexts_folder();
    bool fine = read_tls(p, folder ? folder : ".", verify || !wanted, verify, e);
    if (!fine && verify) {
        error_wrap(e, "cannot use TLS for %s (DOCKER_TLS_VERIFY)", p->address);
    }
    free(folder);
    return fine;
}

/* ---- the default ---- */

static bool parse_named(struct endpoint *to, const char *address, const char *source, struct error *e)
{
    if (!endpoint_parse(to, address, e)) {
        if (source) {
            error_wrap(e, "%s", source);
        }
        return false;
    }
    to->source = mem_string(source);
    return true;
}

#ifdef _WIN32

/* Is there such a pipe? Waits for no instance of it. */
static int rank_of(const char *address)
{
    struct endpoint p;
    if (!endpoint_parse(&p, address, NULL)) {
        return 0;
    }
    bool there = WaitNamedPipeA(p.path, 1) || GetLastError() != ERROR_FILE_NOT_FOUND;
    endpoint_done(&p);
    return there ? 2 : 0;
}

static size_t candidates(char *out[], size_t room)
{
    static const char *const known[] = {"npipe:////./pipe/docker_engine",
                                        "npipe:////./pipe/docker_engine_windows",
                                        "npipe:////./pipe/podman-machine-default"};
    size_t n = 0;
    for (; n < room && n < sizeof known / sizeof *known; n++) {
        out[n] = mem_string(known[n]);
    }
    return n;
}

#else

/* 2: there is such a socket, and it may be opened; 1: it may not; 0: there is none. */
static int rank_of(const char *address)
{
    const char *path = address + strlen("unix://");
    struct stat info;
    if (stat(path, &info) != 0) {
        return errno == EACCES ? 1 : 0;
    }
    return !S_ISSOCK(info.st_mode) ? 0 : access(path, W_OK) == 0 ? 2 : 1;
}

/* The folder, unless it is another user's: root with somebody's environment must not take that user's daemon
 * for its own. */
static const char *own(const char *folder)
{
    return folder && trust_is_own_folder(folder) ? folder : NULL;
}

static size_t candidates(char *out[], size_t room)
{
    const char *runtime = own(environment("XDG_RUNTIME_DIR"));
    char home[4096];
    size_t size = sizeof home, n = 0;
    const struct {
        const char *base, *path;
    } known[] = {
        {"", "/var/run/docker.sock"},
        {runtime, "/docker.sock"},
        {uv_os_homedir(home, &size) == 0 ? own(home) : NULL, "/.docker/desktop/docker.sock"},
        {runtime, "/podman/podman.sock"},
        {"", "/run/podman/podman.sock"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known && n < room; i++) {
        if (known[i].base) {
            struct text address = {0};
            text_addf(&address, "unix://%s%s", known[i].base, known[i].path);
            out[n++] = text_take(&address);
        }
    }
    return n;
}

#endif

/* The first that may be opened; else the first that is there, so that its error is told. */
static bool find_default(struct endpoint *to, struct error *e)
{
    char *list[8];
    size_t n = candidates(list, sizeof list / sizeof *list), best = 0;
    int best_rank = 0;
    for (size_t i = 0; i < n; i++) {
        int rank = rank_of(list[i]);
        if (rank > best_rank) {
            best_rank = rank;
            best = i;
        }
    }
    bool fine = best_rank > 0 && parse_named(to, list[best], "the default", e);
    if (best_rank == 0) {
        error_set(e, ERROR_NOT_FOUND, 0,
                  "there is no Docker engine here: no socket %s; start one, or name one with DOCKER_HOST",
                  list[0]);
    }
    for (size_t i = 0; i < n; i++) {
        free(list[i]);
    }
    return fine;
}

/* What docker's client calls the context "default", when DOCKER_HOST does not say it. */
static bool find_unnamed(struct endpoint *to, struct error *e)
{
    if (environment("DOCKER_TLS_VERIFY") || environment("DOCKER_TLS")) {
        return parse_named(to, "tcp://localhost:2376", "DOCKER_TLS_VERIFY", e) && add_tls(to, e);
    }
    return find_default(to, e);
}

static bool find_context(struct endpoint *to, const char *name, const char *source, struct error *e)
{
    struct context c;
    struct text named = {0};
    if (strcmp(name, "default") == 0) {
        const char *host = environment("DOCKER_HOST");
        return host ? parse_named(to, host, "DOCKER_HOST", e) && add_tls(to, e) : find_unnamed(to, e);
    }
    if (!contexts_read(&c, name, e)) {
        if (source) {
            error_wrap(e, "%s", source);
        }
        return false;
    }
    text_addf(&named, "the context %s", name);
    bool fine = c.host ? parse_named(to, c.host, text_of(&named), e) : find_default(to, e);
    if (fine && to->kind == ENDPOINT_TCP && (c.folder || c.skip_verify || to->tls.on)) {
        fine = read_tls(to, c.folder, !c.skip_verify, false, e);
    }
    text_done(&named);
    contexts_done(&c);
    return fine;
}

static bool find_current(struct endpoint *to, struct error *e)
{
    const char *host = environment("DOCKER_HOST"), *source;
    if (host) {
        return parse_named(to, host, "DOCKER_HOST", e) && add_tls(to, e);
    }
    struct error why;
    char *name = contexts_current(&source, &why);
    if (!name && why.kind != ERROR_NONE) {
        *e = why;
        return false;
    }
    bool fine = name ? find_context(to, name, source, e) : find_unnamed(to, e);
    free(name);
    return fine;
}

bool endpoint_find(struct endpoint *to, const char *address, struct error *e)
{
    struct error why = {0};
    bool fine;
    *to = (struct endpoint){0};
    if (!address || !*address) {
        fine = find_current(to, &why);
    } else if (starts_with(address, context_scheme)) {
        fine = find_context(to, address + strlen(context_scheme), NULL, &why);
    } else {
        fine = parse_named(to, address, NULL, &why) && add_tls(to, &why);
    }
    if (!fine) {
        endpoint_done(to);
        if (address && *address && why.kind == ERROR_NOT_FOUND) {
            why.kind = ERROR_UNREACHABLE; /* it was asked for */
        }
        if (e) {
            *e = why;
        }
    }
    return fine;
}
