#include "tests/windows/standin/standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/times.h"

enum { TICK_MS = 20, PROCESSES_FIRST = 100 };

int32_t standin_state(unsigned age)
{
    const struct standin *s = standin();
    if (s->away) {
        return (int32_t)0x800706BA;
    }
    return age == s->age ? S_OK : (int32_t)0x8037011E;
}

/* The service's clock. */

static struct open_system *next_listening(struct standin *s, struct open_system *from, const char *id)
{
    while (from && (!from->listener.callback || from->age != s->age || (id && strcmp(from->id, id) != 0))) {
        from = from->next;
    }
    return from;
}

/* A listener is told without the lock, so that the list may have changed by then: each is told once, by a
 * mark. */
static void tell_systems(struct standin *s, const char *id, HCS_EVENT_TYPE type, const char *document)
{
    struct open_system *told[256];
    size_t n = 0;
    for (struct open_system *o = next_listening(s, s->systems, id); o && n < 256;
         o = next_listening(s, o->next, id)) {
        o->listener.running++; /* it is not closed meanwhile */
        told[n++] = o;
    }
    for (size_t i = 0; i < n; i++) {
        listener_tell(&told[i]->listener, type, document);
        told[i]->listener.running--;
    }
    WakeAllConditionVariable(&s->quiet);
}

static void tell_event(struct standin *s, const struct machine_event *event)
{
    for (int i = 0;
         i < PROCESSES_FIRST && event->type == HCS_EVENT_SYSTEM_EXITED && process_has_open(s, event->id);
         i++) {
        LeaveCriticalSection(&s->lock);
        Sleep(TICK_MS);
        EnterCriticalSection(&s->lock);
    }
    tell_systems(s, event->id, (HCS_EVENT_TYPE)0x7f, NULL); /* a type that nobody knows */
    tell_systems(s, event->id, (HCS_EVENT_TYPE)event->type, event->document);
    if (event->type == HCS_EVENT_SYSTEM_EXITED) {
        lasting_gone(event->id);
        system_exited(s, event->id, event->document);
    }
}

static void come_and_go(struct standin *s)
{
    ULONGLONG passed = GetTickCount64() - s->began;
    if (s->disconnect && s->age == 1 && !s->away && passed >= s->disconnect) {
        s->away = true;
        process_tell_disconnect(s);
        tell_systems(s, NULL, HcsEventServiceDisconnect, NULL);
    } else if (s->away && passed >= (ULONGLONG)s->disconnect + s->returns) {
        s->away = false;
        s->age++;
    }
}

static DWORD WINAPI live(void *data)
{
    struct standin *s = data;
    for (;;) {
        struct machine_event event;
        EnterCriticalSection(&s->lock);
        machine_advance(s->machine, s->clock + (int64_t)((GetTickCount64() - s->began) * s->speed));
        while (machine_take_event(s->machine, &event)) {
            tell_event(s, &event);
            free(event.id);
            free(event.document);
        }
        come_and_go(s);
        LeaveCriticalSection(&s->lock);
        Sleep(TICK_MS);
    }
    return 0;
}

struct late {
    unsigned ms;
    void (*run)(void *data);
    void *data;
};

static DWORD WINAPI run_late(void *data)
{
    struct late late = *(struct late *)data;
    free(data);
    Sleep(late.ms);
    late.run(late.data);
    return 0;
}

void standin_later(unsigned ms, void (*run)(void *data), void *data)
{
    struct late *late = mem_new(1, sizeof *late);
    *late = (struct late){ms, run, data};
    if (!QueueUserWorkItem(run_late, late, WT_EXECUTELONGFUNCTION)) {
        standin_misused("no thread to be had");
    }
}

/* Beginning. */

static bool take_word(void *user, const char *name, unsigned value)
{
    struct standin *s = user;
    if (strcmp(name, "delay") == 0) {
        s->delay = value;
    } else if (strcmp(name, "linger") == 0) {
        s->linger = value;
    } else if (strcmp(name, "disconnect") == 0) {
        s->disconnect = value;
    } else if (strcmp(name, "returns") == 0) {
        s->returns = value;
    } else if (strcmp(name, "speed") == 0) {
        s->speed = value;
    } else if (strcmp(name, "early") == 0) {
        s->early = true;
    } else if (strcmp(name, "fresh") == 0) {
        s->fresh = true;
    } else if (strcmp(name, "pids") == 0) {
        s->pids = true;
    } else {
        return false;
    }
    return true;
}

void standin_renew(struct standin *s)
{
    struct machine_options options;
    struct error why;
    machine_options_init(&options);
    if (!machine_options_parse(&options, getenv("PORTHOLE_STANDIN"), take_word, s, &why)) {
        standin_misused(why.text);
    }
    if (s->machine) {
        machine_free(s->machine);
    }
    s->machine = machine_new(&options, time_now());
    lasting_come_back(s->machine);
    s->clock = machine_now(s->machine);
    s->began = GetTickCount64();
}

static BOOL CALLBACK begin(INIT_ONCE *once, void *parameter, void **context)
{
    struct standin *s = parameter;
    (void)once, (void)context;
    InitializeCriticalSection(&s->lock);
    InitializeConditionVariable(&s->quiet);
    s->delay = 2;
    s->returns = 1500;
    s->speed = 1;
    s->age = 1;
    standin_renew(s);
    CloseHandle(CreateThread(NULL, 0, live, s, 0, NULL));
    return TRUE;
}

struct standin *standin(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static struct standin the;
    InitOnceExecuteOnce(&once, begin, &the, NULL);
    return &the;
}
