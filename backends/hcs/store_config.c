#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/hcs/store_parts.h"
#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { MOST_LAYERS = 128 };

/* "10.0.20348.2700": the third number. */
static unsigned build_of(const char *version)
{
    unsigned build = 0;
    return sscanf(version, "%*u.%*u.%9u", &build) == 1 ? build : 0;
}

/* The chain id of a layer is its own digest at the base, and above that the digest of "<chain id below>
 * <digest>". */
static bool chain_id(const char *below, const char *diff, char out[STORE_DIGEST])
{
    char text[2 * STORE_DIGEST];
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!below) {
        snprintf(out, STORE_DIGEST, "%s", diff);
        return true;
    }
    int n = snprintf(text, sizeof text, "%s %s", below, diff);
    if (!EVP_Digest(text, (size_t)n, hash, &len, EVP_sha256(), NULL) || len != 32) {
        return false;
    }
    snprintf(out, STORE_DIGEST, "sha256:");
    for (unsigned i = 0; i < len; i++) {
        snprintf(out + 7 + (size_t)2 * i, 3, "%02x", hash[i]);
    }
    return true;
}

static bool read_chain(struct store_config *c, const cJSON *diffs)
{
    const cJSON *diff = NULL;
    int n = cJSON_IsArray(diffs) ? cJSON_GetArraySize(diffs) : 0;
    if (n < 1 || n > MOST_LAYERS) {
        return false;
    }
    c->chain = mem_new((size_t)n, sizeof *c->chain);
    cJSON_ArrayForEach(diff, diffs)
    {
        const char *below = c->layers ? c->chain[c->layers - 1] : NULL;
        if (!cJSON_IsString(diff) || !store_is_digest(diff->valuestring) ||
            !chain_id(below, diff->valuestring, c->chain[c->layers])) {
            return false;
        }
        c->layers++;
    }
    return true;
}

bool store_config_read(struct store_config *c, cJSON *json)
{
    *c = (struct store_config){.json = json, .os = json_string(json, "os", "")};
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "os.version"); /* a name with a dot */
    c->build = cJSON_IsString(version) ? build_of(version->valuestring) : 0;
    return read_chain(c, json_at(json, "rootfs.diff_ids"));
}

void store_config_done(struct store_config *c)
{
    cJSON_Delete(c->json);
    free(c->chain);
}

/* Takes the next word of a command line as Windows' programs split it: quotes hold words together, a
 * backslash before one is doubled. */
static const char *take_word(const char *at, struct text *word)
{
    bool quoted = false;
    for (; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {
        size_t slashes = strspn(at, "\\");
        bool quote = at[slashes] == '"';
        at += slashes;
        for (size_t n = quote ? slashes / 2 : slashes; n > 0; n--) {
            text_add_char(word, '\\');
        }
        if (quote && slashes % 2 == 0) {
            quoted = !quoted;
        } else if (*at && (quote || quoted || (*at != ' ' && *at != '\t'))) {
            text_add_char(word, *at);
        } else {
            break;
        }
    }
    return at;
}

static void add_line(cJSON *command, const char *line)
{
    for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
        struct text word = {0};
        line = take_word(line, &word);
        cJSON_AddItemToArray(command, cJSON_CreateString(text_of(&word)));
        text_done(&word);
    }
}

/* ArgsEscaped says that the one word there is a whole command line: `CMD ping -t localhost` in a Dockerfile.
 * A list of several is words all the same: BuildKit sets the mark there as well. */
static cJSON *read_words(const cJSON *words, bool line)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *word = NULL;
    cJSON_ArrayForEach(word, words)
    {
        if (cJSON_IsString(word) && line) {
            add_line(list, word->valuestring);
        } else if (cJSON_IsString(word)) {
            cJSON_AddItemToArray(list, cJSON_CreateString(word->valuestring));
        }
    }
    return list;
}

/* A member, unless there is nothing in it. */
static void add_list(cJSON *settings, const char *name, cJSON *list)
{
    if (cJSON_GetArraySize(list) > 0) {
        cJSON_AddItemToObject(settings, name, list);
    } else {
        cJSON_Delete(list);
    }
}

static void add_word(cJSON *settings, const char *name, const char *word)
{
    if (word[0]) {
        cJSON_AddStringToObject(settings, name, word);
    }
}

cJSON *store_config_settings(const struct store_config *c)
{
    cJSON *settings = cJSON_CreateObject();
    const cJSON *config = json_at(c->json, "config");
    const cJSON *entry = json_at(config, "Entrypoint"), *command = json_at(config, "Cmd");
    bool escaped = json_bool(config, "ArgsEscaped", false), enters = cJSON_GetArraySize(entry) > 0;
    add_list(settings, "Entrypoint", read_words(entry, escaped && cJSON_GetArraySize(entry) == 1));
    add_list(settings, "Command",
             read_words(command, escaped && !enters && cJSON_GetArraySize(command) == 1));
    add_list(settings, "Env", read_words(json_at(config, "Env"), false));
    add_word(settings, "WorkingDir", json_string(config, "WorkingDir", ""));
    add_word(settings, "User", json_string(config, "User", ""));
    return settings;
}
