#include "backends/docker/credentials.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

static const char hub[] = "https://index.docker.io/v1/";

/* ---- names ---- */

/* The first part of an image's name is a registry when it looks like a host (distribution/reference). */
static bool is_registry(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '.' || name[i] == ':' || isupper((unsigned char)name[i])) {
            return true;
        }
    }
    return len == 9 && memcmp(name, "localhost", 9) == 0;
}

static bool is_hub(const char *name, size_t len)
{
    return (len == 9 && memcmp(name, "docker.io", 9) == 0) ||
           (len == 15 && memcmp(name, "index.docker.io", 15) == 0);
}

char *credentials_server(const char *image)
{
    size_t len = strcspn(image, "/");
    if (!image[len] || !is_registry(image, len) || is_hub(image, len)) {
        return mem_string(hub);
    }
    return mem_string_n(image, len);
}

/* Is a key of config.json, which may be an URL, about this server? */
static bool is_about(const char *key, const char *server)
{
    const char *host = strstr(key, "://");
    host = host ? host + 3 : key;
    size_t len = strcspn(host, "/");
    return strcmp(server, hub) == 0 ? is_hub(host, len)
                                    : strlen(server) == len && memcmp(host, server, len) == 0;
}

/* ---- the header ---- */

static void wipe(char *secret)
{
    if (secret) {
        OPENSSL_cleanse(secret, strlen(secret));
        free(secret);
    }
}

/* Base64 with the alphabet for URLs (RFC 4648, section 5). */
static char *encode(const char *json)
{
    size_t len = strlen(json);
    char *out = mem_new((len + 2) / 3 * 4 + 1, 1);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)json, (int)len);
    for (char *c = out; *c; c++) {
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    }
    return out;
}

/* NULL: a member that there is not. */
static char *make_header(const char *user, const char *password, const char *identity, const char *registry,
                         const char *server)
{
    const struct {
        const char *name, *value;
    } members[] = {{"username", user},
                   {"password", password},
                   {"identitytoken", identity},
                   {"registrytoken", registry},
                   {"serveraddress", server}};
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].value) {
            cJSON_AddStringToObject(o, members[i].name, members[i].value);
        }
    }
    char *json = cJSON_PrintUnformatted(o), *header = encode(json);
    OPENSSL_cleanse(json, strlen(json));
    cJSON_free(json);
    cJSON_Delete(o);
    return header;
}

/* "auth" is base64 of USER:PASSWORD. False: it is not. The caller wipes both. */
static bool decode(const char *auth, char **user, char **password)
{
    size_t len = strlen(auth);
    if (len == 0 || len % 4 != 0 || len > 65536) {
        return false;
    }
    char *out = mem_new(len, 1);
    int n = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)auth, (int)len);
    char *colon = n > 0 ? strchr(out, ':') : NULL;
    bool fine = colon && colon > out;
    if (fine) {
        *user = mem_string_n(out, (size_t)(colon - out));
        *password = mem_string(colon + 1);
    }
    OPENSSL_cleanse(out, len);
    free(out);
    return fine;
}

/* ---- config.json ---- */

static const char *filled(const cJSON *object, const char *name)
{
    const char *value = json_string(object, name, NULL);
    return value && *value ? value : NULL;
}

static char *header_of(const cJSON *entry, const char *server)
{
    char *user = NULL, *password = NULL, *header = NULL;
    const char *auth = filled(entry, "auth");
    const char *identity = filled(entry, "identitytoken"), *registry = filled(entry, "registrytoken");
    if (!auth || !decode(auth, &user, &password)) {
        user = mem_string(filled(entry, "username"));
        password = mem_string(filled(entry, "password"));
    }
    if ((user && password) || identity || registry) {
        header = make_header(user, password, identity, registry, server);
    }
    wipe(user);
    wipe(password);
    return header;
}

static char *look_up_auth(const cJSON *config, const char *server)
{
    const cJSON *auths = json_at(config, "auths"), *entry = NULL, *found = NULL;
    cJSON_ArrayForEach(entry, auths)
    {
        if (entry->string && strcmp(entry->string, server) == 0) {
            found = entry;
        } else if (entry->string && !found && is_about(entry->string, server)) {
            found = entry;
        }
    }
    return found ? header_of(found, server) : NULL;
}

/* A name of a program, not a path to one. */
static bool may_run(const char *name)
{
    return *name && strlen(name) < 64 && !strpbrk(name, "/\\ \t\r\n");
}

static const char *helper_for(const cJSON *config, const char *server)
{
    const cJSON *helpers = json_at(config, "credHelpers"), *entry = NULL;
    const bool for_hub = strcmp(server, hub) == 0;
    cJSON_ArrayForEach(entry, helpers)
    {
        if (entry->string && cJSON_IsString(entry) &&
            (strcmp(entry->string, server) == 0 || (for_hub && is_about(entry->string, server)))) {
            return entry->valuestring;
        }
    }
    return json_string(config, "credsStore", "");
}

char *credentials_look_up(const cJSON *config, const char *server, char **helper)
{
    const char *name = helper_for(config, server);
    *helper = may_run(name) ? mem_string(name) : NULL;
    return *helper ? NULL : look_up_auth(config, server);
}

char *credentials_understand(const char *text, size_t len, const char *server)
{
    cJSON *said = json_parse(text, len, 65536, NULL);
    const char *user = filled(said, "Username"), *secret = filled(said, "Secret");
    char *header = NULL;
    if (user && secret && strcmp(user, "<token>") == 0) {
        header = make_header(NULL, NULL, secret, NULL, server);
    } else if (user && secret) {
        header = make_header(user, secret, NULL, NULL, server);
    }
    cJSON_Delete(said);
    return header;
}
