/* The search: files are read on a thread, then a helper may be asked. It runs in a session of its own, so
 * that it can ask the user by a window, but not on our terminal; and not for ever. */
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "backends/docker/contexts.h"
#include "backends/docker/credentials.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/program.h"
#include "core/text.h"

enum { PATIENCE_MS = 60000, LONGEST = 65536, PIPES = 2 };

struct credentials {
    uv_work_t work;
    uv_loop_t *loop;
    credentials_cb cb; /* NULL: nobody wants to hear it any more */
    void *user;
    char *server, *header, *helper;
    struct error why;

    uv_process_t process;
    uv_pipe_t pipes[PIPES]; /* its standard input and output */
    uv_timer_t timer;
    uv_write_t write;
    int handles; /* that are open */
    bool exited, output_over;
    int64_t exit_code;
    struct text said;
    char room[4096];
};

static void wipe_free(char *secret)
{
    if (secret) {
        OPENSSL_cleanse(secret, strlen(secret));
        free(secret);
    }
}

static void release(struct credentials *c)
{
    if (c->said.data) {
        OPENSSL_cleanse(c->said.data, c->said.room);
    }
    OPENSSL_cleanse(c->room, sizeof c->room);
    text_done(&c->said);
    wipe_free(c->header);
    free(c->server);
    free(c->helper);
    free(c);
}

static void say(struct credentials *c)
{
    credentials_cb cb = c->cb;
    c->cb = NULL;
    if (cb) {
        cb(c->user, c->header, c->why.kind == ERROR_NONE ? NULL : &c->why);
    }
}

/* ---- the helper ---- */

static void handle_closed(uv_handle_t *handle)
{
    struct credentials *c = handle->data;
    if (--c->handles == 0) {
        say(c);
        release(c);
    }
}

static void close_all(struct credentials *c)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&c->pipes[0], (uv_handle_t *)&c->pipes[1],
                                    (uv_handle_t *)&c->timer, (uv_handle_t *)&c->process};
    for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
        if (!uv_is_closing(handles[i])) {
            uv_close(handles[i], handle_closed);
        }
    }
}

static void judge(struct credentials *c)
{
    const char *said = text_of(&c->said);
    struct text words = {0};
    if (c->why.kind != ERROR_NONE) {
        return; /* it was too slow */
    }
    if (c->exit_code == 0) {
        c->header = credentials_understand(said, c->said.len, c->server);
        if (!c->header) {
            error_set(&c->why, ERROR_PROTOCOL, 0, "docker-credential-%s does not answer as it should for %s",
                      c->helper, c->server);
        }
    } else if (!strstr(said, "credentials not found")) {
        text_add_clean(&words, said, c->said.len < 200 ? c->said.len : 200);
        error_set(&c->why, ERROR_OTHER, (int32_t)c->exit_code, "docker-credential-%s fails for %s: %s",
                  c->helper, c->server, words.len ? text_of(&words) : "it says nothing");
        text_done(&words);
    }
}

static void settle(struct credentials *c)
{
    if (c->exited && c->output_over) {
        judge(c);
        close_all(c);
    }
}

static void process_over(uv_process_t *process, int64_t code, int number)
{
    struct credentials *c = process->data;
    c->exited = true;
    c->exit_code = number ? 128 + number : code;
    settle(c);
}

/* Also after a cancel: at once. What it has started may hold its output open, which is then not waited for.
 */
static void on_late(uv_timer_t *timer)
{
    struct credentials *c = timer->data;
    if (c->why.kind == ERROR_NONE) {
        error_set(&c->why, ERROR_TIMEOUT, 0, "docker-credential-%s does not answer within %d s", c->helper,
                  PATIENCE_MS / 1000);
    }
    c->output_over = true;
    if (c->exited) {
        settle(c);
    } else {
        uv_process_kill(&c->process, SIGKILL);
    }
}

static void get_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct credentials *c = handle->data;
    (void)wanted;
    *out = uv_buf_init(c->room, sizeof c->room);
}

static void on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
    struct credentials *c = stream->data;
    if (n > 0 && c->said.len < LONGEST) {
        text_add_n(&c->said, got->base, (size_t)n);
    } else if (n < 0) {
        uv_read_stop(stream);
        c->output_over = true;
        settle(c);
    }
}

static void asked(uv_write_t *write, int status)
{
    (void)status; /* one that does not listen tells by its exit */
    struct credentials *c = write->data;
    if (!uv_is_closing((uv_handle_t *)&c->pipes[0])) {
        uv_close((uv_handle_t *)&c->pipes[0], handle_closed);
    }
}

/* Our environment without GPG_TTY, by which a pass phrase would be asked for in the middle of our screen.
 * NULL: ours. Freed block by block up to the NULL. */
static char **make_environment(void)
{
    uv_env_item_t *items;
    int n, kept = 0;
    if (uv_os_environ(&items, &n) != 0) {
        return NULL;
    }
    char **env = mem_new((size_t)n + 1, sizeof *env);
    for (int i = 0; i < n; i++) {
        if (strcmp(items[i].name, "GPG_TTY") != 0) {
            struct text pair = {0};
            text_addf(&pair, "%s=%s", items[i].name, items[i].value);
            env[kept++] = text_take(&pair);
        }
    }
    uv_os_free_environ(items, n);
    return env;
}

static void free_environment(char **env)
{
    for (char **pair = env; pair && *pair; pair++) {
        free(*pair);
    }
    free(env);
}

static int spawn(struct credentials *c)
{
    char **env = make_environment();
    struct text name = {0};
    text_addf(&name, "docker-credential-%s", c->helper);
    char *program = program_path(text_of(&name));
    char *args[] = {name.data, (char *)"get", NULL};
    uv_stdio_container_t stdio[3] = {{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE},
                                     {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE},
                                     {.flags = UV_IGNORE}};
    stdio[0].data.stream = (uv_stream_t *)&c->pipes[0];
    stdio[1].data.stream = (uv_stream_t *)&c->pipes[1];
    const uv_process_options_t options = {.file = program,
                                          .args = args,
                                          .env = env,
                                          .exit_cb = process_over,
                                          .stdio = stdio,
                                          .stdio_count = 3,
                                          .flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE};
    int status = uv_spawn(c->loop, &c->process, &options);
    free_environment(env);
    free(program);
    text_done(&name);
    return status;
}

static void ask_helper(struct credentials *c)
{
    uv_timer_init(c->loop, &c->timer);
    uv_pipe_init(c->loop, &c->pipes[0], 0);
    uv_pipe_init(c->loop, &c->pipes[1], 0);
    c->process.data = c->timer.data = c->pipes[0].data = c->pipes[1].data = c->write.data = c;
    c->handles = 4;
    int status = spawn(c);
    if (status != 0) {
        error_set(&c->why, ERROR_NOT_FOUND, status,
                  "docker-credential-%s, which config.json names, cannot be started: %s", c->helper,
                  uv_strerror(status));
        close_all(c);
        return;
    }
    uv_timer_start(&c->timer, on_late, PATIENCE_MS, 0);
    uv_read_start((uv_stream_t *)&c->pipes[1], get_room, on_output);
    uv_buf_t question = uv_buf_init(c->server, (unsigned)strlen(c->server));
    if (uv_write(&c->write, (uv_stream_t *)&c->pipes[0], &question, 1, asked) != 0) {
        uv_close((uv_handle_t *)&c->pipes[0], handle_closed);
    }
}

/* ---- the files ---- */

static void run(uv_work_t *work)
{
    struct credentials *c = work->data;
    const char *given = getenv("DOCKER_AUTH_CONFIG");
    cJSON *config = given && *given ? json_parse(given, strlen(given), LONGEST, &c->why) : NULL;
    char *helper = NULL;
    if (config) {
        c->header = credentials_look_up(config, c->server, &helper);
        free(helper); /* none may be named there */
        cJSON_Delete(config);
    } else if (c->why.kind != ERROR_NONE) {
        error_wrap(&c->why, "cannot understand DOCKER_AUTH_CONFIG");
    }
    config = c->header || c->why.kind != ERROR_NONE ? NULL : contexts_config(&c->why);
    if (config) {
        c->header = credentials_look_up(config, c->server, &c->helper);
        cJSON_Delete(config);
    }
}

static void ran(uv_work_t *work, int status)
{
    struct credentials *c = work->data;
    (void)status;
    if (c->helper && c->cb) {
        ask_helper(c);
    } else {
        say(c);
        release(c);
    }
}

struct credentials *credentials_find(uv_loop_t *loop, const char *image, credentials_cb cb, void *user)
{
    struct credentials *c = mem_new(1, sizeof *c);
    c->loop = loop;
    c->cb = cb;
    c->user = user;
    c->server = credentials_server(image);
    c->work.data = c;
    uv_queue_work(loop, &c->work, run, ran);
    return c;
}

void credentials_cancel(struct credentials *c)
{
    c->cb = NULL;
    if (c->handles > 0 && !uv_is_closing((uv_handle_t *)&c->timer)) {
        on_late(&c->timer);
    }
}
