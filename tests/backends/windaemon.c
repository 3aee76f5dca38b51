#include "tests/backends/windaemon.h"

#include <stdlib.h>

#include "core/text.h"

const char WINDAEMON_OLD[] = "c3c7d1e06b6b3d5b9c4d0c2f3a8e7f60112233445566778899aabbccddeeff00";

static void must(bool holds)
{
    if (!holds) {
        abort(); /* there is no room for so much */
    }
}

static const char *keep(struct windaemon *w, char *text)
{
    must(w->n_texts < (int)(sizeof w->texts / sizeof *w->texts));
    return w->texts[w->n_texts++] = text;
}

static struct rule *rule(struct windaemon *w, const char *id, const char *before, const char *after)
{
    struct text t = {0};
    text_addf(&t, "%s%s%s", before, id, after);
    must(w->n_rules < (int)(sizeof w->rules / sizeof *w->rules) - 1);
    w->rules[w->n_rules] = (struct rule){.request = keep(w, text_take(&t))};
    return &w->rules[w->n_rules++];
}

static const char *inspected(struct windaemon *w, const char *id, const char *name, const char *isolation,
                             bool runs)
{
    struct text t = {0};
    text_addf(&t,
              "{\"Id\":\"%s\",\"Created\":\"2026-11-24T20:24:00Z\",\"Path\":\"node\",\"Args\":[\"app\"],"
              "\"State\":{\"Status\":\"%s\",\"Running\":%s,\"ExitCode\":%d,\"StartedAt\":\"2026-11-24T20:24:"
              "01Z\",\"FinishedAt\":\"0001-01-01T00:00:00Z\"},\"Image\":\"sha256:f4\",\"Name\":\"/%s\","
              "\"HostConfig\":{\"Isolation\":\"%s\",\"Memory\":1073741824,\"RestartPolicy\":{\"Name\":"
              "\"always\"},\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"}]}},"
              "\"Mounts\":[],\"Config\":{\"Image\":\"servercore:ltsc2022\",\"Labels\":{"
              "\"com.docker.compose.project\":\"shop\"}},\"NetworkSettings\":{\"Ports\":{}}}",
              id, runs ? "running" : "exited", runs ? "true" : "false", runs ? 0 : 3, name, isolation);
    return keep(w, text_take(&t));
}

static void add_container(struct windaemon *w, const char *id, const char *name, const char *isolation,
                          bool runs)
{
    struct rule *inspect = rule(w, id, "GET /v1.47/containers/", "/json");
    inspect->body = inspected(w, id, name, isolation, runs);
    rule(w, id, "GET /v1.47/containers/", "/logs")->body = "";
    rule(w, id, "GET /v1.47/containers/", "/top")->body =
        "{\"Titles\":[\"Name\",\"PID\",\"CPU\",\"Private Working "
        "Set\"],\"Processes\":[[\"docker-says.exe\",\"3120\",\"00:00:00.046\",\"303.1kB\"]]}";
    struct rule *stop = rule(w, id, "POST /v1.47/containers/", "/stop");
    stop->status = "204 No Content";
    stop->changes = inspect;
    stop->into = inspected(w, id, name, isolation, false);
    struct rule *kill = rule(w, id, "POST /v1.47/containers/", "/kill");
    kill->status = "409 Conflict";
    kill->body = "{\"message\":\"docker was asked\"}";
    rule(w, id, "POST /v1.47/containers/", "/exec")->status = "404 Not Found";
    rule(w, id, "DELETE /v1.47/containers/", "")->status = "204 No Content";
}

static const char *list_of(struct windaemon *w, const char *web, const char *cache)
{
    const char *const rows[][3] = {
        {web, "web", "running"}, {cache, "cache", "running"}, {WINDAEMON_OLD, "old", "exited"}};
    struct text t = {0};
    for (int i = 0; i < 3; i++) {
        text_addf(&t,
                  "%s{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"Image\":\"servercore:ltsc2022\",\"State\":\"%s\","
                  "\"Status\":\"Up\",\"Created\":1795551840,\"Ports\":[],\"Labels\":{}}",
                  i ? "," : "[", rows[i][0], rows[i][1], rows[i][2]);
    }
    text_add(&t, "]");
    return keep(w, text_take(&t));
}

void windaemon_fill(struct windaemon *w, const char *web, const char *cache, const char *isolation)
{
    w->n_rules = 0;
    rule(w, "", "GET /_ping", "")->headers = "Api-Version: 1.51\r\n";
    rule(w, "", "GET /v1.47/info", "")->body =
        "{\"OSType\":\"windows\",\"ServerVersion\":\"28.3.0\",\"Isolation\":\"process\"}";
    rule(w, "", "GET /v1.47/events", "")->stays = true;
    rule(w, "", "GET /v1.47/containers/json", "")->body = list_of(w, web, cache);
    add_container(w, web, "web", isolation, true);
    add_container(w, cache, "cache", "hyperv", true);
    add_container(w, WINDAEMON_OLD, "old", "process", false);
    w->rules[w->n_rules] = (struct rule){0};
}

void windaemon_done(struct windaemon *w)
{
    for (int i = 0; i < w->n_texts; i++) {
        free(w->texts[i]);
    }
    *w = (struct windaemon){0};
}
