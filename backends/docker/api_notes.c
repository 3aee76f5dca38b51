/* What an inspect tells of a container that is started again and again. */
#include "backends/docker/api_notes.h"

#include "backends/json.h"
#include "core/times.h"

int64_t api_moment(const cJSON *json, const char *path)
{
    int64_t ms;
    return time_parse(json_string(json, path, ""), &ms) && ms > 0 ? ms : 0;
}

/* docker waits before each start: 100 ms, twice as long after each failure, a minute at the most ("Use a
 * restart policy" in its manual); a container that has run for ten seconds begins with 100 ms again. So this
 * is the longest it can be. */
static int64_t longest_wait(int restarts)
{
    enum { FIRST_MS = 100, MOST_MS = 60000, DOUBLINGS = 10 };
    int64_t ms = restarts > DOUBLINGS ? MOST_MS : (int64_t)FIRST_MS << restarts;
    return ms < MOST_MS ? ms : MOST_MS;
}

/* "it ends with exit code 3 and is started again: 5 times so far, by restart policy "always"; the next start
 * is due by 21:30:05 UTC" */
void api_note_loop(struct text *t, const cJSON *json)
{
    int restarts = (int)json_integer(json, "RestartCount", 0);
    int64_t finished = api_moment(json, "State.FinishedAt");
    char when[TIME_TEXT];
    text_addf(t,
              "it ends with exit code %d and is started again: %d time%s so far, by restart policy \"%.32s\"",
              (int)json_integer(json, "State.ExitCode", 0), restarts, restarts == 1 ? "" : "s",
              json_string(json, "HostConfig.RestartPolicy.Name", ""));
    if (finished > 0 && restarts >= 0) {
        time_print(when, finished + longest_wait(restarts));
        text_addf(t, "; the next start is due by %.8s UTC", when + sizeof "2026-01-02T" - 1);
    }
}

/* A loop whose container runs for a while each time. Podman starts it at once: it is never seen waiting. */
void api_note_restarts(struct text *t, const cJSON *json)
{
    int restarts = (int)json_integer(json, "RestartCount", 0);
    int64_t started = api_moment(json, "State.StartedAt");
    char when[TIME_TEXT];
    text_addf(t, "it has ended and been started again by itself %d time%s", restarts,
              restarts == 1 ? "" : "s");
    if (started > 0) {
        text_addf(t, ", the last time at %.19sZ", time_print(when, started)); /* seconds do */
    }
}
