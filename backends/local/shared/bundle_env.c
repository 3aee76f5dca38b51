#include "backends/local/shared/bundle_env.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/beneath.h"
#include "core/memory.h"
#include "core/text.h"

enum { PASSWD_LIMIT = 1024 * 1024 };

struct environment {
    char **words;
    size_t count, room;
};

static void put(struct environment *env, const char *word)
{
    size_t name = strcspn(word, "=") + 1; /* with the "=" */
    for (size_t i = 0; i < env->count; i++) {
        if (strncmp(env->words[i], word, name) == 0) {
            free(env->words[i]);
            env->words[i] = mem_string(word);
            return;
        }
    }
    env->words = mem_grow(env->words, &env->room, env->count + 2, sizeof *env->words);
    env->words[env->count++] = mem_string(word);
    env->words[env->count] = NULL;
}

static void put_value(struct environment *env, const char *name, const char *value)
{
    struct text word = {0};
    text_addf(&word, "%s=%s", name, value);
    put(env, text_of(&word));
    text_done(&word);
}

static void put_all(struct environment *env, const char *const *words)
{
    for (; words && *words; words++) {
        if (strchr(*words, '=') && **words != '=') {
            put(env, *words);
        }
    }
}

/* The sixth field of a line of passwd, if its third is uid. */
static char *home_in_line(char *line, unsigned uid)
{
    char *fields[6];
    for (int i = 0; i < 6; i++) {
        fields[i] = strsep(&line, ":");
        if (!fields[i]) {
            return NULL;
        }
    }
    char *end;
    unsigned long id = strtoul(fields[2], &end, 10);
    return end != fields[2] && *end == '\0' && id == uid && fields[5][0] == '/' ? mem_string(fields[5])
                                                                                : NULL;
}

char *bundle_home(const char *rootfs, unsigned uid)
{
    int root = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
    size_t len = 0;
    char *passwd = root >= 0 ? beneath_read(root, "etc/passwd", PASSWD_LIMIT, &len) : NULL;
    char *home = NULL, *rest = passwd;
    for (char *line = strsep(&rest, "\n"); line && !home; line = strsep(&rest, "\n")) {
        home = home_in_line(line, uid);
    }
    free(passwd);
    if (root >= 0) {
        close(root);
    }
    return home ? home : mem_string(uid == 0 ? "/root" : "/");
}

char **bundle_env(const struct state *s, const struct image_config *image,
                  const struct bundle_process *process, const char *rootfs, unsigned uid)
{
    struct environment env = {0};
    put(&env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    put_value(&env, "HOSTNAME", s->spec.hostname && *s->spec.hostname ? s->spec.hostname : s->id);
    if (rootfs) {
        char *home = bundle_home(rootfs, uid);
        put_value(&env, "HOME", home);
        free(home);
    }
    if (process->terminal) {
        put(&env, "TERM=xterm-256color");
    }
    put_all(&env, (const char *const *)image->env);
    put_all(&env, (const char *const *)s->spec.env);
    put_all(&env, process->env);
    char **block = mem_strings((const char *const *)env.words);
    for (size_t i = 0; i < env.count; i++) {
        free(env.words[i]);
    }
    free(env.words);
    return block;
}
