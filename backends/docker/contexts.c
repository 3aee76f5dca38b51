#include "backends/docker/contexts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { LIMIT = 4 << 20 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

char *contexts_folder(void)
{
    const char *named = environment("DOCKER_CONFIG");
    char home[4096];
    size_t room = sizeof home;
    if (named) {
        return mem_string(named);
    }
    if (uv_os_homedir(home, &room) != 0) {
        return NULL;
    }
    struct text path = {0};
    text_addf(&path, "%s/.docker", home);
    return text_take(&path);
}

/* Of docker's folder; NULL when there is none. */
static char *path_of(const char *inside)
{
    char *folder = contexts_folder();
    struct text path = {0};
    if (!folder) {
        return NULL;
    }
    text_addf(&path, "%s/%s", folder, inside);
    free(folder);
    return text_take(&path);
}

cJSON *contexts_config(struct error *e)
{
    struct error why = {0};
    char *path = path_of("config.json");
    cJSON *config = path ? json_read_file(path, LIMIT, &why) : NULL;
    if (!config && (!path || why.native == ENOENT || why.native == ENOTDIR || why.native == EACCES)) {
        config = cJSON_CreateObject();
    } else if (!config) {
        *e = why;
    } else if (!cJSON_IsObject(config)) {
        error_set(e, ERROR_INVALID, 0, "cannot understand %s: it should stand in braces", path);
        cJSON_Delete(config);
        config = NULL;
    }
    free(path);
    return config;
}

char *contexts_current(const char **source, struct error *e)
{
    const char *named = environment("DOCKER_CONTEXT");
    *source = "DOCKER_CONTEXT";
    *e = (struct error){0};
    if (!named) {
        cJSON *config = contexts_config(e);
        char *current = mem_string(json_string(config, "currentContext", NULL));
        cJSON_Delete(config);
        *source = "config.json";
        if (current && *current && strcmp(current, "default") != 0) {
            return current;
        }
        free(current);
        return NULL;
    }
    return strcmp(named, "default") == 0 ? NULL : mem_string(named);
}

/* ---- one context ---- */

static bool take(struct context *to, const cJSON *meta, struct error *e)
{
    const cJSON *engine = json_at(meta, "Endpoints.docker");
    const char *host = json_string(engine, "Host", NULL);
    if (!cJSON_IsObject(engine)) {
        error_set(e, ERROR_INVALID, 0, "it names no Docker engine");
        return false;
    }
    to->host = host && *host ? mem_string(host) : NULL;
    to->skip_verify = json_bool(engine, "SkipTLSVerify", false);
    return true;
}

bool contexts_parse(struct context *to, const char *text, size_t len, struct error *e)
{
    *to = (struct context){0};
    cJSON *meta = json_parse(text, len, LIMIT, e);
    bool fine = meta && take(to, meta, e);
    cJSON_Delete(meta);
    return fine;
}

static bool read_meta(struct context *to, const char *path, struct error *e)
{
    cJSON *meta = json_read_file(path, LIMIT, e);
    bool fine = meta && take(to, meta, e);
    cJSON_Delete(meta);
    return fine;
}

/* SHA-256 in hexadecimal digits: as docker finds a folder for any name. */
static void id_of(const char *name, char out[2 * EVP_MAX_MD_SIZE + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_Digest(name, strlen(name), digest, &len, EVP_sha256(), NULL);
    out[0] = '\0';
    for (unsigned i = 0; i < len; i++) {
        snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
}

static char *path_in_store(const char *kind, const char *id, const char *name)
{
    struct text inside = {0};
    text_addf(&inside, "contexts/%s/%s/%s", kind, id, name);
    char *path = path_of(text_of(&inside));
    text_done(&inside);
    return path;
}

bool contexts_read(struct context *to, const char *name, struct error *e)
{
    char id[2 * EVP_MAX_MD_SIZE + 1];
    struct error why = {0};
    *to = (struct context){0};
    id_of(name, id);
    char *meta = path_in_store("meta", id, "meta.json"), *folder = path_in_store("tls", id, "docker");
    bool fine = meta && read_meta(to, meta, &why);
    struct stat info;
    if (fine && stat(folder, &info) == 0) {
        to->folder = folder;
        folder = NULL;
    } else if (!fine && (!meta || why.native == ENOENT || why.native == ENOTDIR)) {
        error_set(e, ERROR_INVALID, why.native, "docker has no context %s; see `docker context ls`", name);
    } else if (!fine) {
        *e = why;
        error_wrap(e, "cannot use docker's context %s", name);
    }
    free(meta);
    free(folder);
    return fine;
}

void contexts_done(struct context *c)
{
    free(c->host);
    free(c->folder);
    *c = (struct context){0};
}
