/* The stream of events: what happens to a container has it inspected again. Much that is told there changes
 * nothing that is shown (each health check is three events).
 *
 * List and events come on two connections, and the engine answers them in any order. So that nothing falls
 * between them, the events are asked for from before the list on, by the engine's own clock: it still knows
 * its last ones. What they tell twice costs an inspect and changes nothing. After a loss all begins anew,
 * with a list of its own; what happened meanwhile is in that.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"

enum { ACTION = 32 };

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0) {
        words++;
    }
    return *words != NULL;
}

static void on_event(void *user, const cJSON *json)
{
    static const char *const changes[] = {"create",        "start",   "restart", "die",    "stop",
                                          "pause",         "unpause", "rename",  "update", "oom",
                                          "health_status", "init",    "died",    "kill",   NULL};
    struct docker *d = user;
    struct api_event ev;
    char action[ACTION];
    if (!api_event(&ev, action, json)) {
        return;
    }
    if (strcmp(action, "destroy") == 0 || strcmp(action, "remove") == 0) {
        roster_gone(d, ev.key);
    } else if (strcmp(action, "exec_die") == 0 && ev.exec_id) {
        streams_exec_died(d, ev.exec_id, ev.exit_code);
    } else if (is_one_of(action, changes)) {
        roster_inspect(d, ev.key);
    }
    if (strcmp(action, "die") == 0 || strcmp(action, "died") == 0) {
        roster_died(d, ev.key, ev.exit_code);
        streams_died(d, ev.key, ev.exit_code);
    } else if (strcmp(action, "start") == 0) {
        streams_started(d, ev.key);
    }
}

static void lost(struct docker *d, const struct error *why)
{
    struct error e;
    error_set(&e, ERROR_UNREACHABLE, why ? why->native : 0, "docker at %s has gone: %s", d->endpoint.address,
              why ? why->text : "it has closed the connection");
    docker_lose(d, &e);
}

static void on_head(void *user, int status)
{
    struct docker *d = user;
    struct error why;
    if (status != 200) {
        error_set(&why, ERROR_PROTOCOL, status, "it does not tell what happens (status %d for /events)",
                  status);
        d->events_end = true;
        lost(d, &why);
    }
}

static void on_bytes(void *user, const char *data, size_t len)
{
    struct docker *d = user;
    struct error why;
    if (!d->events_end && !jsonlines_feed(&d->event_lines, data, len, &d->events_end, on_event, d, &why)) {
        d->events_end = true;
        lost(d, &why);
    }
}

static void on_end(void *user, const struct error *why)
{
    struct docker *d = user;
    d->events = NULL;
    lost(d, why);
}

void events_open(struct docker *d, int64_t since)
{
    static const struct http_sink sink = {.head = on_head, .bytes = on_bytes, .end = on_end};
    struct text path = {0};
    char *events = docker_path(d, "/events");
    text_addf(&path, "%s?filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D", events);
    if (since >= 0) {
        text_addf(&path, "&since=%lld", (long long)since);
    }
    const struct http_request request = {.method = "GET", .path = text_of(&path), .apart = true};
    d->events = http_start(d->http, &request, &sink, d);
    text_done(&path);
    free(events);
}

void events_close(struct docker *d)
{
    d->events_end = true;
    if (d->events) {
        http_cancel(d->events);
        d->events = NULL;
    }
    jsonlines_done(&d->event_lines);
}
