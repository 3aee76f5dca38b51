/* Is what was got what was asked for? One setting at a time; each engine writes some in a way of its own. */
#include "backends/docker/api_options.h"

#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/text.h"

enum { ID_LENGTH = 64 };

/* Values. */

static bool plain(const cJSON *a, const cJSON *b)
{
    return (api_empty(a) && api_empty(b)) || (api_within(a, b) && api_within(b, a));
}

static bool has_element(const cJSON *list, const cJSON *value)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        if (plain(value, item)) {
            return true;
        }
    }
    return false;
}

/* Is all of a in b as well? Members that are numbers, truths or null are not asked for when they are empty.
 */
bool api_within(const cJSON *a, const cJSON *b)
{
    const cJSON *item = NULL;
    if (!cJSON_IsArray(a) && !cJSON_IsObject(a)) {
        return (api_empty(a) && api_empty(b)) || cJSON_Compare(a, b, true);
    }
    cJSON_ArrayForEach(item, a)
    {
        const cJSON *other = item->string ? cJSON_GetObjectItemCaseSensitive(b, item->string) : NULL;
        bool named = cJSON_IsString(item) || cJSON_IsObject(item);
        bool there = cJSON_IsArray(a)
                         ? has_element(b, item)
                         : (api_empty(item) && (!named || other)) || (other && api_within(item, other));
        if (!there) {
            return false;
        }
    }
    return true;
}

/* Comparisons. */

/* "/a//b/../c/" is "/a/c", as engines write it; Windows takes either slash, and letters in either case. */
static char *path_of(const char *path, bool windows)
{
    struct text t = {0};
    for (const char *at = path; *at;) {
        size_t slashes = strspn(at, windows ? "/\\" : "/"),
               len = strcspn(at + slashes, windows ? "/\\" : "/");
        bool dot = len == 1 && at[slashes] == '.', up = len == 2 && strncmp(at + slashes, "..", 2) == 0;
        if (up && *path == '/') {
            const char *last = strrchr(text_of(&t), '/');
            t.len = last ? (size_t)(last - t.data) : 0;
        } else if (!dot && len > 0) {
            text_add(&t, slashes ? "/" : "");
            text_add_n(&t, at + slashes, len);
        }
        at += slashes + len;
        if (t.data) {
            t.data[t.len] = '\0';
        }
    }
    for (char *c = t.data; windows && c && *c; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    return t.len ? text_take(&t) : (text_done(&t), mem_string("/"));
}

bool api_paths_agree(const char *a, const char *b, bool windows)
{
    char *one = path_of(a, windows), *other = path_of(b, windows);
    bool same = strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

static bool has_cap(const cJSON *list, const char *name)
{
    const cJSON *item = NULL;
    name += strncmp(name, "CAP_", 4) == 0 ? 4 : 0;
    cJSON_ArrayForEach(item, list)
    {
        const char *each = json_word(item);
        if (strcmp(each + (strncmp(each, "CAP_", 4) == 0 ? 4 : 0), name) == 0) {
            return true;
        }
    }
    return false;
}

static bool caps_within(const cJSON *a, const cJSON *b)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, a)
    {
        if (!has_cap(b, json_word(item))) {
            return false;
        }
    }
    return true;
}

/* An entrypoint of "" asks for none, and is told as null. */
static bool lists_agree(const cJSON *asked, const cJSON *got)
{
    bool none = cJSON_GetArraySize(asked) == 1 && !*json_word(asked->child) && cJSON_IsString(asked->child);
    return api_empty(asked) || cJSON_Compare(asked, got, true) || (none && api_empty(got));
}

/* "container:NAME" is told with its id; one that was asked for by its whole id is that one and no other. */
static bool modes_agree(const char *asked, const char *got)
{
    static const char OTHER[] = "container:";
    bool shared = strncmp(asked, OTHER, sizeof OTHER - 1) == 0;
    bool named = shared && strspn(asked + sizeof OTHER - 1, "0123456789abcdef") < ID_LENGTH;
    return named ? strncmp(got, OTHER, sizeof OTHER - 1) == 0 : strcmp(asked, got) == 0;
}

static bool is_usual_network(const char *name)
{
    return strcmp(name, "") == 0 || strcmp(name, "default") == 0 || strcmp(name, "bridge") == 0 ||
           strcmp(name, "nat") == 0;
}

/* Podman says "bridge" of a network that has a name, and names it in the list of networks. */
static bool networks_agree(const struct api_compared *v, const char *asked, const char *got)
{
    const cJSON *networks = v->networks;
    return modes_agree(asked, got) || (is_usual_network(asked) && is_usual_network(got)) ||
           (v->podman && !api_is_shared(got) && cJSON_GetObjectItemCaseSensitive(networks, asked));
}

/* Podman's inspect names no rights, and of a container that was never started no paths either. */
static bool device_in(const cJSON *list, const cJSON *d, bool podman)
{
    const cJSON *item = NULL;
    const char *outside = json_string(d, "PathOnHost", ""), *inside = json_string(d, "PathInContainer", "");
    const char *rights = json_string(d, "CgroupPermissions", "");
    cJSON_ArrayForEach(item, list)
    {
        const char *place = json_string(item, "PathInContainer", "");
        const char *is = json_string(item, "CgroupPermissions", "");
        if (strcmp(json_string(item, "PathOnHost", ""), outside) == 0 &&
            (strcmp(is, rights) == 0 || (podman && !*is)) &&
            strcmp(*place ? place : outside, *inside ? inside : outside) == 0) {
            return true;
        }
    }
    return false;
}

static bool devices_agree(const cJSON *asked, const cJSON *got, bool podman)
{
    const cJSON *item = NULL;
    bool same = cJSON_GetArraySize(asked) == cJSON_GetArraySize(got), told = true;
    cJSON_ArrayForEach(item, got)
    {
        told = told && (!podman || *json_string(item, "PathOnHost", ""));
    }
    cJSON_ArrayForEach(item, asked)
    {
        same = same && (!told || device_in(got, item, podman));
    }
    return same;
}

static bool binding_in(const cJSON *list, const cJSON *b)
{
    static const char *const all = "0.0.0.0";
    const char *address = json_string(b, "HostIp", ""), *port = json_string(b, "HostPort", "");
    bool any = !*port || strcmp(port, "0") == 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        const char *other = json_string(item, "HostIp", "");
        if (strcmp(*other ? other : all, *address ? address : all) == 0 &&
            (any || strcmp(json_string(item, "HostPort", ""), port) == 0)) {
            return true;
        }
    }
    return false;
}

static bool ports_agree(const cJSON *asked, const cJSON *got)
{
    const cJSON *port = NULL, *b = NULL;
    cJSON_ArrayForEach(port, asked)
    {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(got, port->string);
        bool same = cJSON_GetArraySize(port) == cJSON_GetArraySize(other);
        cJSON_ArrayForEach(b, port)
        {
            same = same && binding_in(other, b);
        }
        if (!same) {
            return false;
        }
    }
    cJSON_ArrayForEach(port, got)
    {
        if (!api_empty(port) && !cJSON_GetObjectItemCaseSensitive(asked, port->string)) {
            return false;
        }
    }
    return true;
}

/* "nofile" is told as "RLIMIT_NOFILE" by Podman. */
static bool ulimit_in(const cJSON *list, const cJSON *limit)
{
    const char *name = json_string(limit, "Name", "");
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        const char *other = json_string(item, "Name", "");
        const char *plain_name = strncmp(other, "RLIMIT_", 7) == 0 ? other + 7 : other;
        if (strlen(name) == strlen(plain_name) && text_contains(plain_name, name) &&
            json_integer(item, "Soft", 0) == json_integer(limit, "Soft", 0) &&
            json_integer(item, "Hard", 0) == json_integer(limit, "Hard", 0)) {
            return true;
        }
    }
    return false;
}

static bool ulimits_agree(const cJSON *asked, const cJSON *got)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, asked)
    {
        if (!ulimit_in(got, item)) {
            return false;
        }
    }
    return true;
}

static bool tmpfs_agree(const struct api_compared *v, const cJSON *asked, const cJSON *got)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, asked)
    {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(got, item->string);
        if (!other || (!v->podman && !plain(item, other))) { /* Podman adds options of its own */
            return false;
        }
    }
    return true;
}

/* "no-new-privileges:true" is told as "no-new-privileges", and as it was asked for by others. */
static bool security_in(const cJSON *list, const char *word)
{
    static const char RIGHTS[] = "no-new-privileges";
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        bool rights = strncmp(word, RIGHTS, sizeof RIGHTS - 1) == 0 && !strstr(word, "false");
        if (strcmp(json_word(item), word) == 0 ||
            (rights && strncmp(json_word(item), RIGHTS, sizeof RIGHTS - 1) == 0)) {
            return true;
        }
    }
    return false;
}

/* Docker adds label=disable of its own, for containers in the host's namespaces. */
static bool security_agree(const cJSON *asked, const cJSON *got)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, asked)
    {
        if (!security_in(got, json_word(item))) {
            return false;
        }
    }
    cJSON_ArrayForEach(item, got)
    {
        if (strncmp(json_word(item), "label", 5) != 0 && !security_in(asked, json_word(item))) {
            return false;
        }
    }
    return true;
}

/* -1 is how some versions write that there is no limit. */
static bool is_unlimited(const char *member, const cJSON *value)
{
    return cJSON_IsNumber(value) && value->valuedouble == -1 &&
           (strcmp(member, "PidsLimit") == 0 || strcmp(member, "MemorySwappiness") == 0);
}

bool api_agree(const struct api_compared *v, const struct api_option *o, const cJSON *asked, const cJSON *got)
{
    if (is_unlimited(o->member, asked) || is_unlimited(o->member, got)) {
        return (is_unlimited(o->member, asked) || api_empty(asked)) &&
               (is_unlimited(o->member, got) || api_empty(got));
    }
    switch (o->compare) {
    case COMPARE_PLAIN:
        return plain(asked, got);
    case COMPARE_WITHIN:
        return api_empty(asked) || api_within(asked, got);
    case COMPARE_ORDER:
        return lists_agree(asked, got);
    case COMPARE_PATH:
        return api_empty(asked) || api_paths_agree(json_word(asked), json_word(got), v->windows);
    case COMPARE_CAPS:
        return caps_within(asked, got) && (!o->opening || caps_within(got, asked));
    case COMPARE_MODE:
        return api_empty(asked) ? !api_is_shared(json_word(got))
                                : modes_agree(json_word(asked), json_word(got));
    case COMPARE_NETWORK:
        return api_empty(asked) ? !api_is_shared(json_word(got))
                                : networks_agree(v, json_word(asked), json_word(got));
    case COMPARE_DEVICES:
        return devices_agree(asked, got, v->podman);
    case COMPARE_PORTS:
        return ports_agree(asked, got);
    case COMPARE_TMPFS:
        return tmpfs_agree(v, asked, got);
    case COMPARE_ULIMITS:
        return ulimits_agree(asked, got);
    case COMPARE_SECURITY:
        return security_agree(asked, got);
    case COMPARE_COUNT:
        return cJSON_GetArraySize(asked) == cJSON_GetArraySize(got);
    default:
        return true;
    }
}
