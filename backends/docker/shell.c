/* Which shell a container has is asked once per image: whether one of the usual files is there. Nothing is
 * run for it.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/docker/engine.h"

enum { KNOWN = 64, IMAGE_ID = 80 };

static const char *const candidates[] = {"/bin/bash",    "/usr/bin/bash", "/bin/ash",
                                         "/usr/bin/ash", "/bin/sh",       "/usr/bin/sh"};
enum { CANDIDATES = sizeof candidates / sizeof *candidates };

struct shells { /* a ring: the oldest is forgotten */
    struct {
        char image[IMAGE_ID];
        int candidate;
    } known[KNOWN];
    size_t next;
};

struct finding {
    struct call call;
    char key[API_KEY], image[IMAGE_ID];
    int candidate;
    struct call **slot;
    void (*cb)(void *user, const char *shell, const struct error *why);
    void *user;
};

struct shells *shells_new(void)
{
    return mem_new(1, sizeof(struct shells));
}

void shells_free(struct shells *s)
{
    free(s);
}

static int known_candidate(const struct shells *s, const char *image)
{
    for (size_t i = 0; *image && i < KNOWN; i++) {
        if (strcmp(s->known[i].image, image) == 0) {
            return s->known[i].candidate;
        }
    }
    return -1;
}

static void remember(struct shells *s, const char *image, int candidate)
{
    if (*image) {
        memcpy(s->known[s->next].image, image, IMAGE_ID);
        s->known[s->next].candidate = candidate;
        s->next = (s->next + 1) % KNOWN;
    }
}

static void ask(struct finding *f);

/* The call is over before its asker hears, so that he may begin the next. */
static void say(struct finding *f, const char *shell, const struct error *why)
{
    struct error e = why ? *why : (struct error){0};
    void (*cb)(void *user, const char *shell, const struct error *why) = f->cb;
    void *user = f->user;
    call_succeed(&f->call);
    cb(user, shell, why ? &e : NULL);
}

static void told(struct call *c, const struct reply *r)
{
    struct finding *f = (struct finding *)c;
    struct error why = r->why;
    if (r->status == 200) {
        remember(c->docker->shells, f->image, f->candidate);
        say(f, candidates[f->candidate], NULL);
    } else if (r->status == 0) {
        say(f, NULL, &why);
    } else if (++f->candidate < CANDIDATES) {
        ask(f);
    } else {
        const struct entry *en = roster_find(c->docker, f->key);
        if (en) {
            error_set(&why, ERROR_NO_COMMAND, r->status,
                      "%s has no shell (bash, ash, sh): say which command to run",
                      entry_name(c->docker, f->key));
        } else {
            docker_no_container(&why, "open a shell in it", f->key);
        }
        say(f, NULL, &why);
    }
}

static void ask(struct finding *f)
{
    struct text path = {0};
    api_escape(&path, candidates[f->candidate]);
    call_ask(&f->call, "HEAD",
             docker_path(f->call.docker, "/containers/%s/archive?path=%s", f->key, text_of(&path)), NULL,
             told);
    text_done(&path);
}

static void drop(struct call *c)
{
    *((struct finding *)c)->slot = NULL;
}

void shells_find(struct docker *d, const char *key, struct call **call,
                 void (*cb)(void *user, const char *shell, const struct error *why), void *user)
{
    const struct entry *en = roster_find(d, key);
    int known = en && en->image_id ? known_candidate(d->shells, en->image_id) : -1;
    if (known >= 0) {
        cb(user, candidates[known], NULL);
        return;
    }
    struct finding *f = mem_new(1, sizeof *f);
    memcpy(f->key, key, API_KEY);
    if (en && en->image_id && strlen(en->image_id) < IMAGE_ID) {
        memcpy(f->image, en->image_id, strlen(en->image_id) + 1);
    }
    f->slot = call;
    f->cb = cb;
    f->user = user;
    *call = &f->call;
    call_begin(&f->call, d, NULL, NULL, drop);
    ask(f);
}
