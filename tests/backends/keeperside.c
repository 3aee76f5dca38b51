#include "tests/backends/keeperside.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/local/shared/command.h"
#include "core/memory.h"
#include "core/times.h"

enum { PATIENCE_MS = 20000 };

long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void moment(void)
{
    const struct timespec t = {.tv_nsec = 20 * 1000000L};
    nanosleep(&t, NULL);
}

struct side *side_new(const char *base)
{
    struct side *s = mem_new(1, sizeof *s);
    struct runtime runtime = {0};
    struct error e = {0};
    snprintf(s->folder, sizeof s->folder, "%s/porthole-keeper-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    setenv("PORTHOLE_STATE", s->folder, 1);
    s->paths = paths_new(&e);
    assert_non_null(s->paths);
    s->usable = runtime_find(s->paths, &runtime, &e);
    if (!s->usable) {
        print_message("no containers here: %s\n", e.text);
    }
    runtime_done(&runtime);
    return s;
}

void side_free(struct side *s)
{
    struct error e = {0};
    if (!paths_remove_tree(s->folder, &e)) {
        print_message("%s\n", e.text);
    }
    paths_free(s->paths);
    free(s);
}

void box_make(struct side *s, struct box *b, const struct launch_spec *wish, const char *const *argv)
{
    struct state state;
    struct error e = {0};
    state_init(&state);
    if (wish) {
        launch_spec_done(&state.spec);
        launch_spec_copy(&state.spec, wish);
    }
    state_new_id(state.id);
    *b = (struct box){.side = s};
    memcpy(b->id, state.id, STATE_ID);
    state.spec.image = mem_string("busybox");
    state.spec.name = mem_string(state.id);
    state.argv = mem_strings(argv);
    state.isolation = state.spec.isolation == ISOLATION_VM ? ISOLATION_VM : ISOLATION_PROCESS;
    state.created = time_now();
    if (!s->paths->rootless) {
        struct text cgroup = {0};
        text_addf(&cgroup, "/porthole/%s", state.id);
        state.cgroup = text_take(&cgroup);
    }
    char *folder = paths_container(s->paths, state.id, NULL);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(state_write(&state, s->paths, &e));
    free(folder);
    state_done(&state);
}

void box_script(struct side *s, struct box *b, const struct launch_spec *wish, const char *script)
{
    box_make(s, b, wish, (const char *const[]){"sh", "-c", script, NULL});
}

void box_spawn(struct box *b, const char *option)
{
    char *keeper = paths_helper("porthole-keeper");
    const char *with[] = {keeper, option, b->id, NULL}, *without[] = {keeper, b->id, NULL};
    int ends[2];
    char line[2048];
    size_t len = 0;
    struct error e = {0};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    b->keeper = command_spawn(option ? with : without, (int[3]){-1, ends[1], 2}, 1, &e);
    assert_true(b->keeper > 0);
    close(ends[1]);
    ssize_t n;
    while ((n = read(ends[0], line + len, sizeof line - 1 - len)) > 0) {
        len += (size_t)n;
    }
    close(ends[0]); /* it came to its end: the keeper has let go of it */
    cJSON_Delete(b->answer);
    b->answer = json_parse(line, len, sizeof line, &e);
    assert_non_null(b->answer);
    free(keeper);
}

bool box_ok(const struct box *b)
{
    return json_bool(b->answer, "ok", false);
}

int box_error(const struct box *b)
{
    return (int)json_integer(b->answer, "error.kind", 0);
}

void box_state(const struct box *b, struct state *out)
{
    char *path = paths_state(b->side->paths, b->id);
    struct error e = {0};
    state_init(out);
    if (!state_read(out, path, &e)) {
        fail_msg("%s", e.text);
    }
    free(path);
}

int box_wait(struct box *b)
{
    int status = 0;
    if (b->keeper > 0) {
        assert_int_equal(waitpid(b->keeper, &status, 0), b->keeper);
    }
    b->keeper = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void box_free(struct box *b)
{
    if (b->keeper > 0) {
        kill(b->keeper, SIGKILL);
        box_wait(b);
    }
    char *folder = paths_container(b->side->paths, b->id, NULL);
    if (access(folder, F_OK) == 0) {
        box_spawn(b, "--clean");
        box_wait(b);
    }
    free(folder);
    cJSON_Delete(b->answer);
}

static bool mounted(const char *id)
{
    FILE *file = fopen("/proc/self/mounts", "re");
    char line[4096];
    bool found = false;
    while (file && fgets(line, sizeof line, file)) {
        found = found || strstr(line, id);
    }
    if (file) {
        fclose(file);
    }
    return found;
}

bool box_left_anything(const struct box *b)
{
    struct text t = {0};
    glob_t found = {0};
    text_addf(&t, "/sys/fs/cgroup/*/porthole/%s", b->id);
    bool cgroup = glob(text_of(&t), 0, NULL, &found) == 0;
    globfree(&found);
    text_clear(&t);
    text_addf(&t, "/sys/fs/cgroup/porthole/%s", b->id);
    cgroup = cgroup || access(text_of(&t), F_OK) == 0;
    text_clear(&t);
    text_addf(&t, "%s/%s", b->side->paths->runtime, b->id);
    bool record = access(text_of(&t), F_OK) == 0;
    text_done(&t);
    char *path = paths_socket(b->side->paths, b->id);
    bool socket = access(path, F_OK) == 0;
    free(path);
    return cgroup || record || socket || mounted(b->id);
}

struct guest *guest_new(const struct box *b, enum wire_type type, const char *request)
{
    struct guest *g = mem_new(1, sizeof *g);
    struct error e = {0};
    *g = (struct guest){.fd = paths_connect(b->side->paths, b->id, &e), .wire = wire_new(), .code = -1};
    if (g->fd < 0) {
        fail_msg("%s", e.text);
    }
    guest_send(g, type, request, strlen(request));
    return g;
}

void guest_free(struct guest *g)
{
    close(g->fd);
    wire_free(g->wire);
    text_done(&g->out);
    text_done(&g->err);
    free(g);
}

void guest_send(struct guest *g, enum wire_type type, const void *data, size_t len)
{
    size_t size, at = 0;
    unsigned char *frame = wire_pack(type, 0, data, len, &size);
    while (at < size) {
        struct pollfd ready = {.fd = g->fd, .events = POLLOUT};
        assert_true(poll(&ready, 1, PATIENCE_MS) > 0);
        ssize_t n = write(g->fd, frame + at, size - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    free(frame);
}

void guest_type(struct guest *g, const char *text)
{
    guest_send(g, WIRE_INPUT, text, strlen(text));
}

void guest_resize(struct guest *g, int rows, int cols)
{
    unsigned char size[4] = {(unsigned char)rows, (unsigned char)(rows >> 8), (unsigned char)cols,
                             (unsigned char)(cols >> 8)};
    guest_send(g, WIRE_RESIZE, size, sizeof size);
}

static void take(struct guest *g, const struct wire_frame *f)
{
    const unsigned char *p = f->payload;
    if (f->type == WIRE_OPENED) {
        g->opened = true;
    } else if (f->type == WIRE_OUTPUT) {
        assert_true(f->len >= 1 && p[0] <= 1);
        text_add_n(p[0] ? &g->err : &g->out, (const char *)p + 1, f->len - 1);
    } else if (f->type == WIRE_EXIT) {
        assert_int_equal(f->len, 4);
        g->code = (int)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
    } else if (f->type == WIRE_DONE) {
        g->done = true;
    } else if (f->type == WIRE_ERROR) {
        wire_unpack_error(f, &g->error);
    } else {
        fail_msg("a keeper sent a frame of type %d", (int)f->type);
    }
}

/* One read; false: nothing came in time. */
static bool read_some(struct guest *g, long end)
{
    struct pollfd ready = {.fd = g->fd, .events = POLLIN};
    struct wire_frame frame;
    struct error e;
    char bytes[16384];
    long left = end - now_ms();
    if (left <= 0 || poll(&ready, 1, (int)left) <= 0) {
        return false;
    }
    ssize_t n = read(g->fd, bytes, sizeof bytes);
    g->ended = n <= 0;
    wire_feed(g->wire, bytes, n > 0 ? (size_t)n : 0);
    int got;
    while ((got = wire_next(g->wire, &frame, &e)) > 0) {
        take(g, &frame);
    }
    assert_int_equal(got, 0);
    g->ended = g->ended || g->code >= 0 || g->done || g->error.kind != ERROR_NONE;
    return true;
}

static bool heard(const struct guest *g, const char *until)
{
    return until && (strstr(text_of(&g->out), until) || strstr(text_of(&g->err), until));
}

bool guest_read(struct guest *g, const char *until)
{
    long end = now_ms() + PATIENCE_MS;
    while (!g->ended && !heard(g, until)) {
        if (!read_some(g, end)) {
            return false;
        }
    }
    return !until || heard(g, until);
}

bool guest_opened(struct guest *g)
{
    long end = now_ms() + PATIENCE_MS;
    while (!g->opened && !g->ended && read_some(g, end)) {
    }
    return g->opened;
}

enum error_kind box_control(const struct box *b, const char *request)
{
    struct guest *g = guest_new(b, WIRE_CONTROL, request);
    assert_true(guest_read(g, NULL));
    enum error_kind kind = g->error.kind;
    assert_true(g->done || kind != ERROR_NONE);
    guest_free(g);
    return kind;
}

int box_exec(const struct box *b, const char *script, struct text *out)
{
    struct text request = {0};
    text_addf(&request, "{\"argv\":[\"sh\",\"-c\",\"%s\"]}", script);
    struct guest *g = guest_new(b, WIRE_EXEC, text_of(&request));
    text_done(&request);
    assert_true(guest_read(g, NULL));
    int code = g->code;
    if (out) {
        text_add(out, text_of(&g->out));
    }
    guest_free(g);
    return code;
}

struct side *side_usable(void **state)
{
    struct side *s = *state;
    if (!s->usable) {
        skip();
    }
    return s;
}

int side_teardown(void **state)
{
    side_free(*state);
    return 0;
}
