#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "backends/hcs/bolt.h"
#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { MOST_READS = 1 << 18, PIECE = 1 << 14 };

void store_note(struct store *s, const struct error *why)
{
    if (s->why.kind == ERROR_NONE && why->kind != ERROR_NOT_FOUND) {
        s->why = *why;
    }
}

char *store_path(const char *root, const char *fmt, ...)
{
    struct text path = {0};
    va_list args;
    text_add(&path, root);
    text_add_char(&path, '/');
    size_t from = path.len - 1;
    va_start(args, fmt);
    text_addv(&path, fmt, args);
    va_end(args);
#if defined(_WIN32) /* documents of HCS know no other separator */
    for (char *at = path.data + from; *at; at++) {
        *at = *at == '/' ? '\\' : *at;
    }
#else
    (void)from;
#endif
    return text_take(&path);
}

static void fail(struct store *s, const char *path, int code)
{
    struct error why;
    enum error_kind kind = code == UV_ENOENT || code == UV_ENOTDIR ? ERROR_NOT_FOUND
                           : code == UV_EACCES || code == UV_EPERM ? ERROR_DENIED
                                                                   : ERROR_OTHER;
    error_set(&why, kind, code, "cannot read %s: %s", path, uv_strerror(code));
    store_note(s, &why);
}

static int open_file(struct store *s, const char *path)
{
    uv_fs_t request;
    if (s->reads++ >= MOST_READS) {
        struct error why;
        error_set(&why, ERROR_INVALID, 0, "the images on this host name more than %d files", MOST_READS);
        store_note(s, &why);
        return UV_ECANCELED;
    }
    int file = uv_fs_open(NULL, &request, path, UV_FS_O_RDONLY, 0, NULL);
    uv_fs_req_cleanup(&request);
    if (file < 0) {
        fail(s, path, file);
    }
    return file;
}

static void close_file(int file)
{
    uv_fs_t request;
    uv_fs_close(NULL, &request, file, NULL);
    uv_fs_req_cleanup(&request);
}

/* Appends what is left of the file, up to limit bytes and some more; < 0: the error. */
static int read_rest(int file, struct text *out, size_t limit)
{
    char piece[PIECE];
    uv_buf_t buffer = uv_buf_init(piece, sizeof piece);
    int n = 1;
    while (n > 0 && out->len <= limit) {
        uv_fs_t request;
        n = uv_fs_read(NULL, &request, file, &buffer, 1, -1, NULL);
        uv_fs_req_cleanup(&request);
        text_add_n(out, piece, n > 0 ? (size_t)n : 0);
    }
    return n < 0 ? n : out->len > limit ? UV_EFBIG : 0;
}

char *store_read(struct store *s, const char *path, size_t limit, size_t *len)
{
    struct text out = {0};
    int file = open_file(s, path);
    if (file < 0) {
        return NULL;
    }
    int result = read_rest(file, &out, limit);
    close_file(file);
    if (result < 0) {
        text_done(&out);
        fail(s, path, result);
        return NULL;
    }
    *len = out.len;
    text_add(&out, ""); /* also an empty file has its NUL */
    return text_take(&out);
}

struct bolt *store_database(struct store *s, const char *path)
{
    struct error why;
    int file = open_file(s, path);
    if (file < 0) {
        return NULL;
    }
    struct bolt *b = bolt_read(file, STORE_DATABASE, &why);
    close_file(file);
    if (!b) {
        error_wrap(&why, "cannot read %s", path);
        store_note(s, &why);
    }
    return b;
}

cJSON *store_json(struct store *s, const char *path)
{
    struct error why;
    size_t len;
    char *text = store_read(s, path, STORE_JSON, &len);
    cJSON *json = text ? json_parse(text, len, STORE_JSON, &why) : NULL;
    if (text && !json) {
        error_wrap(&why, "cannot understand %s", path);
        store_note(s, &why);
    }
    free(text);
    return json;
}

bool store_folder(const char *path)
{
    uv_fs_t request;
    bool folder =
        uv_fs_stat(NULL, &request, path, NULL) == 0 && (request.statbuf.st_mode & S_IFMT) == S_IFDIR;
    uv_fs_req_cleanup(&request);
    return folder;
}

bool store_is_digest(const char *s)
{
    return strncmp(s, "sha256:", 7) == 0 && strspn(s + 7, "0123456789abcdef") == 64 && !s[7 + 64];
}

bool store_is_plain(const char *s)
{
    size_t len = strlen(s);
    return len > 0 && len <= 128 &&
           strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_") == len;
}
