/* Images: the list, pulling, removing, and files brought in. A file is first offered as what `docker save` or
 * an OCI layout makes; when docker does not take it as that, it is imported as a root file system.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backends/docker/engine.h"
#include "backends/json.h"
#include "core/image.h"

/* The list. */

static void listed(struct call *c, const struct reply *r)
{
    struct error why = r->why;
    cJSON *json = why.kind == ERROR_NONE ? json_parse(r->body, r->len, API_LIST_LIMIT, &why) : NULL;
    const cJSON *row = NULL;
    if (!json) {
        call_fail(c, &why);
        return;
    }
    struct answer answer = {.images = image_list_new()};
    cJSON_ArrayForEach(row, json)
    {
        api_image(answer.images, row);
    }
    cJSON_Delete(json);
    call_finish(c, &answer);
}

void docker_images(struct backend *b, struct op *op)
{
    struct docker *d = (struct docker *)b;
    struct call *c = mem_new(1, sizeof *c);
    char *path = docker_path(d, "/images/json");
    const struct http_request request = {.method = "GET", .path = path, .timeout_ms = SHORT_MS};
    call_begin(c, d, op, mem_string("list images"), NULL);
    call_request(c, &request, API_LIST_LIMIT, listed);
    free(path);
}

/* Removing, pulling. */

static char *about(const char *verb, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s ", verb);
    text_add_clean(&t, name, strlen(name));
    return text_take(&t);
}

static void done(struct call *c, const struct reply *r)
{
    if (r->why.kind != ERROR_NONE) {
        call_fail(c, &r->why);
    } else {
        call_succeed(c);
    }
}

void docker_image_remove(struct backend *b, struct op *op, const char *name)
{
    struct docker *d = (struct docker *)b;
    struct call *c = mem_new(1, sizeof *c);
    struct text escaped = {0};
    api_escape(&escaped, name);
    char *path = docker_path(d, "/images/%s", text_of(&escaped));
    const struct http_request request = {.method = "DELETE", .path = path, .apart = true};
    text_done(&escaped);
    call_begin(c, d, op, about("remove the image", name), NULL);
    call_request(c, &request, API_ONE_LIMIT, done);
    free(path);
}

struct pulling {
    struct call call;
    char *name;
};

static void drop_pulling(struct call *c)
{
    free(((struct pulling *)c)->name);
}

static void pulled(struct call *c, const struct reply *r)
{
    if (r->why.kind != ERROR_NONE) {
        call_fail(c, &r->why);
        return;
    }
    struct answer answer = {.text = mem_string(((struct pulling *)c)->name)};
    call_finish(c, &answer);
}

void docker_image_pull(struct backend *b, struct op *op, const char *name)
{
    struct pulling *p = mem_new(1, sizeof *p);
    p->name = mem_string(name);
    call_begin(&p->call, (struct docker *)b, op, about("pull", name), drop_pulling);
    pull_image(&p->call, name, pulled);
}

/* Bringing in a file. It is read by a thread, block by block, as fast as the engine takes it. */

enum { BLOCK = 256 * 1024 };

struct bringing {
    struct call call;
    char *name, *path, *loaded; /* loaded: the name under which docker has loaded it */
    FILE *file;
    char *block;
    size_t len;
    uint64_t sent, total;
    bool load;     /* the first try */
    bool answered; /* while a block was being read: `early` is the answer */
    struct reply early;
    struct error why;
};

static void drop_bringing(struct call *c)
{
    struct bringing *b = (struct bringing *)c;
    if (b->file) {
        fclose(b->file);
    }
    free(b->name);
    free(b->path);
    free(b->loaded);
    free(b->block);
}

static void send_file(struct bringing *b, bool load);

/* "Loaded image: NAME" or "Loaded image ID: sha256:..." */
static void on_line(void *user, const cJSON *json)
{
    struct bringing *b = user;
    const char *failed = json_string(json, "errorDetail.message", json_string(json, "error", NULL));
    const char *words = json_string(json, "stream", "");
    if (failed) {
        struct text t = {0};
        text_add_clean(&t, failed, strlen(failed));
        error_set(&b->call.broken, ERROR_INVALID, 0, "%s", text_of(&t));
        text_done(&t);
    } else if (strncmp(words, "Loaded image", 12) == 0 && strstr(words, ": ")) {
        free(b->loaded);
        b->loaded = mem_string(strstr(words, ": ") + 2);
        b->loaded[strcspn(b->loaded, "\r\n")] = '\0';
    }
}

static void named(struct call *c, const struct reply *r)
{
    struct bringing *b = (struct bringing *)c;
    if (r->why.kind != ERROR_NONE) {
        call_fail(c, &r->why);
        return;
    }
    struct answer answer = {.text = mem_string(b->name)};
    call_finish(c, &answer);
}

static void split_name(const char *name, struct text *repository, struct text *tag)
{
    const char *colon = strrchr(name, ':'), *slash = strrchr(name, '/');
    bool tagged = colon && (!slash || colon > slash);
    char *first = mem_string_n(name, tagged ? (size_t)(colon - name) : strlen(name));
    api_escape(repository, first);
    api_escape(tag, tagged ? colon + 1 : "latest");
    free(first);
}

static void give_name(struct bringing *b)
{
    struct text from = {0}, repository = {0}, tag = {0};
    api_escape(&from, b->loaded);
    split_name(b->name, &repository, &tag);
    call_ask(&b->call, "POST",
             docker_path(b->call.docker, "/images/%s/tag?repo=%s&tag=%s", text_of(&from),
                         text_of(&repository), text_of(&tag)),
             NULL, named);
    text_done(&from);
    text_done(&repository);
    text_done(&tag);
}

static void decide(struct bringing *b, const struct reply *r)
{
    bool refused = r->why.kind != ERROR_NONE || (b->load && !b->loaded);
    if (b->why.kind != ERROR_NONE) {
        call_fail(&b->call, &b->why);
    } else if (refused && b->load && r->status != 0) {
        send_file(b, false);
    } else if (refused) {
        call_fail(&b->call, &r->why);
    } else if (b->load) {
        give_name(b);
    } else {
        named(&b->call, r);
    }
}

static void brought(struct call *c, const struct reply *r)
{
    struct bringing *b = (struct bringing *)c;
    c->lines = NULL;
    c->drained = NULL;
    if (c->working) {
        b->answered = true;
        b->early = (struct reply){.why = r->why, .status = r->status};
    } else {
        decide(b, r);
    }
}

static void read_block(struct call *c)
{
    struct bringing *b = (struct bringing *)c;
    b->len = fread(b->block, 1, BLOCK, b->file);
    if (ferror(b->file)) {
        error_set(&b->why, ERROR_OTHER, 0, "%s cannot be read to its end", b->path);
    }
}

static void has_block(struct call *c)
{
    struct bringing *b = (struct bringing *)c;
    if (b->answered) {
        b->answered = false;
        decide(b, &b->early);
        return;
    }
    if (b->len == 0) {
        c->drained = NULL;
        http_end_input(c->exchange);
        return;
    }
    b->sent += b->len;
    http_write(c->exchange, b->block, b->len);
    if (c->op) {
        op_progress(c->op, b->sent, b->total, "sending");
    }
}

static void next_block(struct call *c)
{
    if (!c->working) {
        call_work(c, read_block, has_block);
    }
}

static void send_file(struct bringing *b, bool load)
{
    struct docker *d = b->call.docker;
    struct text repository = {0}, tag = {0};
    split_name(b->name, &repository, &tag);
    char *path =
        load ? docker_path(d, "/images/load?quiet=1")
             : docker_path(d, "/images/create?fromSrc=-&repo=%s&tag=%s", text_of(&repository), text_of(&tag));
    const struct http_request request = {
        .method = "POST", .path = path, .type = "application/x-tar", .upload = true};
    b->load = load;
    b->sent = 0;
    rewind(b->file);
    b->call.lines = on_line;
    b->call.drained = next_block;
    call_request(&b->call, &request, API_ONE_LIMIT, brought);
    next_block(&b->call);
    text_done(&repository);
    text_done(&tag);
    free(path);
}

static void open_file(struct call *c)
{
    struct bringing *b = (struct bringing *)c;
    struct stat st;
    b->file = fopen(b->path, "rb");
    if (!b->file) {
        error_errno(&b->why, errno, "%s does not open", b->path);
    } else if (fstat(fileno(b->file), &st) != 0 || !S_ISREG(st.st_mode)) {
        error_set(&b->why, ERROR_UNSUPPORTED, 0,
                  "%s is no file: docker takes archives only, so pack it with tar first", b->path);
    } else {
        b->total = (uint64_t)st.st_size;
    }
}

static void opened(struct call *c)
{
    struct bringing *b = (struct bringing *)c;
    if (b->why.kind != ERROR_NONE) {
        call_fail(c, &b->why);
    } else {
        send_file(b, true);
    }
}

void docker_image_import(struct backend *b, struct op *op, const char *name, const char *path)
{
    struct bringing *x = mem_new(1, sizeof *x);
    x->name = mem_string(name);
    x->path = mem_string(path);
    x->block = mem_new(BLOCK, 1);
    call_begin(&x->call, (struct docker *)b, op, about("import", path), drop_bringing);
    call_work(&x->call, open_file, opened);
}
