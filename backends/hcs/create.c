#include "backends/hcs/create.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/json.h"
#include "core/memory.h"
#include "core/port.h"

static const char CLASS[] = "class/"; /* of a device: "class/<GUID>", as Docker writes it */
static const char PIPE[] = "\\\\.\\pipe\\";

enum { MEGABYTE = 1 << 20, TCP = 6, UDP = 17, COMPUTER_NAME = 15 };

/* A computer's name is of letters, digits and dashes, and no longer than NetBIOS has room for. */
static void add_hostname(cJSON *json, const struct create *c)
{
    char name[COMPUTER_NAME + 1];
    size_t n = 0;
    for (const char *at = c->id; *at && n < COMPUTER_NAME; at++) {
        name[n++] = isalnum((unsigned char)*at) ? *at : '-';
    }
    while (n > 1 && name[n - 1] == '-') {
        n--;
    }
    name[n] = '\0';
    cJSON_AddStringToObject(json, "HostName", c->spec->hostname ? c->spec->hostname : name);
}

/* HCS knows no other separator than its own. */
static void add_path(cJSON *json, const char *name, const char *path)
{
    char *copy = mem_string(path);
    for (char *at = copy; *at; at++) {
        *at = *at == '/' ? '\\' : *at;
    }
    cJSON_AddStringToObject(json, name, copy);
    free(copy);
}

/* "\\.\pipe\x" is known in the container by "x". */
static const char *pipe_name(const char *path)
{
    return strncmp(path, PIPE, sizeof PIPE - 1) == 0 ? path + sizeof PIPE - 1 : path;
}

static const char *device_class(const struct crossing *c)
{
    return strncmp(c->outside, CLASS, sizeof CLASS - 1) == 0 ? c->outside + sizeof CLASS - 1 : NULL;
}

static int check_crossing(const struct crossing *c, enum isolation mode, struct error *e)
{
    struct port port;
    switch (c->kind) {
    case CROSSING_FOLDER:
        return launch_name_ok(c->outside)
                   ? error_set(e, ERROR_UNSUPPORTED, 0,
                               "cannot launch: HCS keeps no volumes as %.64s; name a folder of the host",
                               c->outside)
                   : 0;
    case CROSSING_PIPE:
        return 0;
    case CROSSING_PORT:
        return port_of(c, &port)
                   ? 0
                   : error_set(e, ERROR_INVALID, 0, "cannot launch: %.64s is no port", c->outside);
    case CROSSING_DEVICE:
        if (mode != ISOLATION_PROCESS) {
            return error_set(
                e, ERROR_UNSUPPORTED, 0,
                "cannot launch with the device %.64s: Windows gives devices to process isolation only",
                c->outside);
        }
        return device_class(c)
                   ? 0
                   : error_set(e, ERROR_INVALID, 0,
                               "cannot launch: a device is named by its class, as class/<GUID>, not %.64s",
                               c->outside);
    default:
        return error_set(e, ERROR_UNSUPPORTED, 0,
                         "cannot launch: Windows containers cannot share the network %.64s", c->outside);
    }
}

int create_check(const struct launch_spec *spec, enum isolation mode, struct error *e)
{
    enum launch_network network = launch_network(spec);
    if (spec->labels || spec->restart) {
        return error_set(e, ERROR_UNSUPPORTED, 0,
                         "cannot launch with %s: HCS keeps none; leave it out, or use the engine docker",
                         spec->labels ? "labels" : "a restart policy");
    }
    if (spec->cpus > 0 && (spec->cpus > UINT16_MAX || floor(spec->cpus) != spec->cpus)) {
        return error_set(e, ERROR_UNSUPPORTED, 0,
                         "cannot launch with %g processors: Windows counts whole ones", spec->cpus);
    }
    if (network == LAUNCH_NETWORK_HOST) {
        return error_set(
            e, ERROR_UNSUPPORTED, 0,
            "cannot launch with the host's network: Windows has no such mode; use nat and publish ports");
    }
    if (network == LAUNCH_NETWORK_NONE && port_any(spec->crossings, spec->n_crossings)) {
        return error_set(e, ERROR_INVALID, 0,
                         "cannot launch: ports are published, and the network is none; use nat");
    }
    for (size_t i = 0; i < spec->n_crossings; i++) {
        if (check_crossing(&spec->crossings[i], mode, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static char *print(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

static void add_version(cJSON *json, int major, int minor)
{
    cJSON *version = cJSON_AddObjectToObject(json, "SchemaVersion");
    cJSON_AddNumberToObject(version, "Major", major);
    cJSON_AddNumberToObject(version, "Minor", minor);
}

/* The old form writes the id in capitals. */
static void add_layers(cJSON *json, const cJSON *layers, const char *id)
{
    const cJSON *layer = NULL;
    cJSON *list = cJSON_AddArrayToObject(json, "Layers");
    cJSON_ArrayForEach(layer, layers)
    {
        cJSON *copy = cJSON_CreateObject();
        cJSON_AddStringToObject(copy, id, json_string(layer, "Id", ""));
        cJSON_AddStringToObject(copy, "Path", json_string(layer, "Path", ""));
        cJSON_AddItemToArray(list, copy);
    }
}

char *create_layers(const cJSON *layers)
{
    cJSON *json = cJSON_CreateObject();
    add_version(json, 2, 1);
    add_layers(json, layers, "Id");
    return print(json);
}

/* A port works only if it is there when the endpoint is made. */
static void add_port(cJSON *policies, const struct port *port)
{
    cJSON *policy = cJSON_CreateObject();
    cJSON_AddStringToObject(policy, "Type", "PortMapping");
    cJSON *settings = cJSON_AddObjectToObject(policy, "Settings");
    cJSON_AddNumberToObject(settings, "Protocol", port->protocol == PORT_TCP ? TCP : UDP);
    cJSON_AddNumberToObject(settings, "InternalPort", port->inside);
    cJSON_AddNumberToObject(settings, "ExternalPort", port->outside);
    if (port->address[0]) {
        cJSON_AddStringToObject(settings, "VIP", port->address);
    }
    cJSON_AddItemToArray(policies, policy);
}

char *create_endpoint(const struct launch_spec *spec)
{
    if (launch_network(spec) == LAUNCH_NETWORK_NONE) {
        return NULL;
    }
    cJSON *json = cJSON_CreateObject();
    add_version(json, 2, 0);
    if (launch_network(spec) == LAUNCH_NETWORK_OTHER) {
        cJSON_AddStringToObject(json, "HostComputeNetwork", spec->network);
    }
    cJSON *policies = cJSON_AddArrayToObject(json, "Policies");
    for (size_t i = 0; i < spec->n_crossings; i++) {
        struct port port;
        if (spec->crossings[i].kind == CROSSING_PORT && port_of(&spec->crossings[i], &port)) {
            add_port(policies, &port);
        }
    }
    return print(json);
}

/* Crossings, alike in both forms. */

static void add_folders(cJSON *json, const struct launch_spec *spec)
{
    cJSON *list = NULL;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind == CROSSING_FOLDER) {
            list = list ? list : cJSON_AddArrayToObject(json, "MappedDirectories");
            cJSON *folder = cJSON_CreateObject();
            add_path(folder, "HostPath", c->outside);
            add_path(folder, "ContainerPath", c->inside);
            cJSON_AddBoolToObject(folder, "ReadOnly", c->read_only);
            cJSON_AddItemToArray(list, folder);
        }
    }
}

static void add_pipes(cJSON *json, const struct launch_spec *spec)
{
    cJSON *list = NULL;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind == CROSSING_PIPE) {
            list = list ? list : cJSON_AddArrayToObject(json, "MappedPipes");
            cJSON *pipe = cJSON_CreateObject();
            cJSON_AddStringToObject(pipe, "HostPath", c->outside);
            cJSON_AddStringToObject(pipe, "ContainerPipeName",
                                    pipe_name(c->inside[0] ? c->inside : c->outside));
            cJSON_AddItemToArray(list, pipe);
        }
    }
}

static void add_devices(cJSON *json, const struct launch_spec *spec)
{
    cJSON *list = NULL;
    for (size_t i = 0; i < spec->n_crossings; i++) {
        const struct crossing *c = &spec->crossings[i];
        if (c->kind == CROSSING_DEVICE && device_class(c)) {
            list = list ? list : cJSON_AddArrayToObject(json, "AssignedDevices");
            cJSON *device = cJSON_CreateObject();
            cJSON_AddStringToObject(device, "Type", "ClassGuid");
            cJSON_AddStringToObject(device, "InterfaceClassGuid", device_class(c));
            cJSON_AddItemToArray(list, device);
        }
    }
}

static double megabytes(uint64_t bytes)
{
    return (double)((bytes + MEGABYTE - 1) / MEGABYTE);
}

/* Without this Windows ends the services in there 5 s after a shutdown has begun, whatever time a stop gives.
 */
static void add_shutdown_time(cJSON *container)
{
    cJSON *changes = cJSON_AddObjectToObject(container, "RegistryChanges");
    cJSON *values = cJSON_AddArrayToObject(changes, "AddValues"), *value = cJSON_CreateObject();
    cJSON *key = cJSON_AddObjectToObject(value, "Key");
    cJSON_AddStringToObject(key, "Hive", "System");
    cJSON_AddStringToObject(key, "Name", "ControlSet001\\Control");
    cJSON_AddStringToObject(value, "Name", "WaitToKillServiceTimeout");
    cJSON_AddStringToObject(value, "Type", "String");
    cJSON_AddStringToObject(value, "StringValue", "2147483647"); /* ms: the stop's own time is the limit */
    cJSON_AddItemToArray(values, value);
}

/* Process isolation. The path of the volume ends with a backslash here. */
static cJSON *process_system(const struct create *c)
{
    char path[256];
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "Owner", CREATE_OWNER);
    add_version(json, 2, 1);
    cJSON *container = cJSON_AddObjectToObject(json, "Container");
    cJSON *os = cJSON_AddObjectToObject(container, "GuestOs");
    add_hostname(os, c);
    cJSON *storage = cJSON_AddObjectToObject(container, "Storage");
    add_layers(storage, c->layers, "Id");
    snprintf(path, sizeof path, "%s\\", c->volume ? c->volume : "");
    cJSON_AddStringToObject(storage, "Path", path);
    add_shutdown_time(container);
    add_folders(container, c->spec);
    add_pipes(container, c->spec);
    add_devices(container, c->spec);
    if (c->spec->memory) {
        cJSON *memory = cJSON_AddObjectToObject(container, "Memory");
        cJSON_AddNumberToObject(memory, "SizeInMB", megabytes(c->spec->memory));
    }
    if (c->spec->cpus > 0) {
        cJSON *processor = cJSON_AddObjectToObject(container, "Processor");
        cJSON_AddNumberToObject(processor, "Count", c->spec->cpus);
    }
    if (c->space) {
        cJSON *network = cJSON_AddObjectToObject(container, "Networking");
        cJSON_AddBoolToObject(network, "AllowUnqualifiedDnsQuery", true);
        cJSON_AddStringToObject(network, "Namespace", c->space);
    }
    return json;
}

/* Hyper-V isolation, in the old form: Docker sends it through vmcompute.dll; Microsoft's hcsshim has code
 * that hands it to computecore.dll as it is (internal/hcsoci/create.go), as we do. Not verified on a real
 * host. It has no place for registry values (hcsshim's internal/hcs/schema1), so that Windows' own 5 s for
 * services stay in there. */
static cJSON *hyperv_system(const struct create *c)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "SystemType", "Container");
    cJSON_AddStringToObject(json, "Name", c->id);
    cJSON_AddStringToObject(json, "Owner", CREATE_OWNER);
    add_hostname(json, c);
    cJSON_AddStringToObject(json, "LayerFolderPath", c->folder ? c->folder : "");
    cJSON_AddBoolToObject(json, "IgnoreFlushesDuringBoot", true);
    add_layers(json, c->layers, "ID");
    cJSON_AddBoolToObject(json, "HvPartition", true);
    cJSON *runtime = cJSON_AddObjectToObject(json, "HvRuntime");
    cJSON_AddStringToObject(runtime, "ImagePath", c->utility_vm ? c->utility_vm : "");
    add_folders(json, c->spec);
    add_pipes(json, c->spec);
    if (c->spec->memory) {
        cJSON_AddNumberToObject(json, "MemoryMaximumInMB", megabytes(c->spec->memory));
    }
    if (c->spec->cpus > 0) {
        cJSON_AddNumberToObject(json, "ProcessorCount", c->spec->cpus);
    }
    if (c->endpoint) {
        cJSON *list = cJSON_AddArrayToObject(json, "EndpointList");
        cJSON_AddItemToArray(list, cJSON_CreateString(c->endpoint));
        cJSON_AddBoolToObject(json, "AllowUnqualifiedDNSQuery", true);
    }
    return json;
}

char *create_system(const struct create *c)
{
    return print(c->mode == ISOLATION_PROCESS ? process_system(c) : hyperv_system(c));
}
