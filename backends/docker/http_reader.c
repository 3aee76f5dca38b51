#include "backends/docker/http_reader.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/memory.h"

enum phase { IDLE, READING, RAW, BROKEN };

static const char *const kept[] = {"Api-Version", "Ostype", "Date", "Libpod-Api-Version"};
enum { KEPT = sizeof kept / sizeof *kept, NAME_ROOM = 32 };

struct http_reader {
    const struct http_reader_sink *sink;
    void *user;
    http_parser parser;
    enum phase phase;
    bool head, upgrade, stopped, in_value;
    char name[NAME_ROOM]; /* of the header that is being read; cut */
    size_t name_len, value_len;
    char value[KEPT][HTTP_HEADER_ROOM];
};

struct http_reader *http_reader_new(const struct http_reader_sink *sink, void *user)
{
    struct http_reader *r = mem_new(1, sizeof *r);
    r->sink = sink;
    r->user = user;
    return r;
}

void http_reader_free(struct http_reader *r)
{
    free(r);
}

void http_reader_begin(struct http_reader *r, bool head, bool upgrade)
{
    http_parser_init(&r->parser, HTTP_RESPONSE);
    r->parser.data = r;
    r->phase = READING;
    r->head = head;
    r->upgrade = upgrade;
    r->stopped = false;
    r->name_len = r->value_len = 0;
    r->in_value = false;
    memset(r->value, 0, sizeof r->value);
}

void http_reader_stop(struct http_reader *r)
{
    r->stopped = true;
}

static int index_of(const char *name, size_t len)
{
    for (int i = 0; i < KEPT; i++) {
        if (strlen(kept[i]) == len && strncasecmp(kept[i], name, len) == 0) {
            return i;
        }
    }
    return -1;
}

const char *http_reader_header(const struct http_reader *r, const char *name)
{
    int i = index_of(name, strlen(name));
    return i < 0 ? "" : r->value[i];
}

/* What http-parser tells. A callback that returns other than 0 ends the feed. */

static int on_field(http_parser *parser, const char *data, size_t len)
{
    struct http_reader *r = parser->data;
    if (r->in_value) {
        r->in_value = false;
        r->name_len = 0;
    }
    for (size_t i = 0; i < len && r->name_len < NAME_ROOM; i++) {
        r->name[r->name_len++] = data[i];
    }
    return 0;
}

static int on_value(http_parser *parser, const char *data, size_t len)
{
    struct http_reader *r = parser->data;
    if (!r->in_value) {
        r->in_value = true;
        r->value_len = 0;
    }
    int at = index_of(r->name, r->name_len);
    for (size_t i = 0; at >= 0 && i < len && r->value_len + 1 < HTTP_HEADER_ROOM; i++) {
        r->value[at][r->value_len++] = data[i];
        r->value[at][r->value_len] = '\0';
    }
    return 0;
}

static bool is_interim(const http_parser *parser)
{
    return parser->status_code < 200 && parser->status_code != 101;
}

/* 2 tells the parser that a stream of bytes follows, 1 that no body does. */
static int on_head(http_parser *parser)
{
    struct http_reader *r = parser->data;
    if (parser->status_code < 100) {
        return -1;
    }
    if (is_interim(parser)) {
        return 0;
    }
    bool raw = r->upgrade && (parser->status_code == 101 || parser->status_code == 200);
    r->sink->head(r->user, (int)parser->status_code);
    if (r->stopped) {
        return -1;
    }
    if (raw) {
        r->phase = RAW;
        return 2;
    }
    return r->head ? 1 : 0;
}

static int on_body(http_parser *parser, const char *data, size_t len)
{
    struct http_reader *r = parser->data;
    if (!is_interim(parser)) {
        r->sink->bytes(r->user, data, len);
    }
    return r->stopped ? -1 : 0;
}

static int on_complete(http_parser *parser)
{
    struct http_reader *r = parser->data;
    if (is_interim(parser) || r->phase == RAW) {
        return 0;
    }
    http_parser_pause(parser, 1);
    r->phase = IDLE;
    return 0;
}

static const http_parser_settings settings = {.on_header_field = on_field,
                                              .on_header_value = on_value,
                                              .on_headers_complete = on_head,
                                              .on_body = on_body,
                                              .on_message_complete = on_complete};

static bool broken(struct http_reader *r, struct error *e, const char *words)
{
    r->phase = BROKEN;
    error_set(e, ERROR_PROTOCOL, 0, "it does not speak HTTP: %s", words);
    return false;
}

static bool feed_raw(struct http_reader *r, const char *data, size_t len)
{
    if (len > 0) {
        r->sink->bytes(r->user, data, len);
    }
    return true;
}

bool http_reader_feed(struct http_reader *r, const char *data, size_t len, struct error *e)
{
    if (r->phase == RAW) {
        return feed_raw(r, data, len);
    }
    if (r->phase != READING) {
        return broken(r, e, "bytes that nobody has asked for");
    }
    size_t used = http_parser_execute(&r->parser, &settings, data, len);
    enum http_errno failed = HTTP_PARSER_ERRNO(&r->parser);
    if (r->stopped) {
        return true;
    }
    if (r->phase == RAW) {
        return feed_raw(r, data + used, len - used);
    }
    if (r->phase == IDLE) {
        r->sink->end(r->user, used == len && http_should_keep_alive(&r->parser));
        return true;
    }
    return failed == HPE_OK && !r->parser.upgrade ? true : broken(r, e, http_errno_description(failed));
}

bool http_reader_eof(struct http_reader *r, struct error *e)
{
    if (r->phase == RAW || r->phase == IDLE) {
        return true;
    }
    if (r->phase == READING) {
        http_parser_execute(&r->parser, &settings, NULL, 0);
        if (r->stopped) {
            return true;
        }
        if (r->phase == IDLE) {
            r->sink->end(r->user, false);
            return true;
        }
    }
    error_set(e, ERROR_UNREACHABLE, 0, "the connection was closed in the middle of an answer");
    return false;
}
