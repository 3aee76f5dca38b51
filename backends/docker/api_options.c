#include "backends/docker/api_options.h"

#include <string.h>

#include "backends/json.h"

#define HOST(member, option, ...)                                                                            \
    {                                                                                                        \
        member, option, __VA_ARGS__, .in_host = true                                                         \
    }

const struct api_option api_options[] = {
    {"ArgsEscaped", "", COMPARE_NOT},
    {"AttachStderr", "", COMPARE_NOT},
    {"AttachStdin", "", COMPARE_NOT},
    {"AttachStdout", "", COMPARE_NOT},
    {"Cmd", "the command", COMPARE_ORDER, .in_spec = true},
    {"Domainname", "--domainname", COMPARE_PLAIN},
    {"Entrypoint", "--entrypoint", COMPARE_ORDER, .in_spec = true},
    {"Env", "--env", COMPARE_WITHIN, .in_spec = true},
    {"ExposedPorts", "--expose", COMPARE_WITHIN, .in_spec = true}, /* by itself it opens nothing */
    {"Healthcheck", "--health-cmd", COMPARE_WITHIN},
    {"Hostname", "--hostname", COMPARE_PLAIN, .in_spec = true},
    {"Image", "the image", COMPARE_NOT, .in_spec = true},
    {"Labels", "--label", COMPARE_WITHIN, .in_spec = true},
    {"MacAddress", "--mac-address", COMPARE_PLAIN},
    {"NetworkDisabled", "--network none", COMPARE_PLAIN},
    {"OnBuild", "", COMPARE_NOT},
    {"OpenStdin", "--interactive", COMPARE_PLAIN, .in_spec = true},
    {"Shell", "", COMPARE_NOT},
    {"StdinOnce", "", COMPARE_NOT},
    {"StopSignal", "--stop-signal", COMPARE_PLAIN},
    {"StopTimeout", "--stop-timeout", COMPARE_PLAIN},
    {"Tty", "--tty", COMPARE_PLAIN, .in_spec = true},
    {"User", "--user", COMPARE_PLAIN, .in_spec = true},
    {"Volumes", "--volume (without a name)", COMPARE_WITHIN},
    {"WorkingDir", "--workdir", COMPARE_PATH, .in_spec = true},
    HOST("Annotations", "--annotation", COMPARE_WITHIN),
    HOST("AutoRemove", "--rm", COMPARE_PLAIN, .in_spec = true),
    HOST("Binds", "--volume", COMPARE_MOUNTS, .in_spec = true, .opening = true),
    HOST("BlkioDeviceReadBps", "--device-read-bps", COMPARE_PLAIN),
    HOST("BlkioDeviceReadIOps", "--device-read-iops", COMPARE_PLAIN),
    HOST("BlkioDeviceWriteBps", "--device-write-bps", COMPARE_PLAIN),
    HOST("BlkioDeviceWriteIOps", "--device-write-iops", COMPARE_PLAIN),
    HOST("BlkioWeight", "--blkio-weight", COMPARE_PLAIN),
    HOST("BlkioWeightDevice", "--blkio-weight-device", COMPARE_PLAIN),
    HOST("CapAdd", "--cap-add", COMPARE_CAPS, .opening = true),
    HOST("CapDrop", "--cap-drop", COMPARE_CAPS),
    HOST("Cgroup", "", COMPARE_NOT),
    HOST("CgroupParent", "--cgroup-parent", COMPARE_PLAIN),
    HOST("CgroupnsMode", "--cgroupns", COMPARE_MODE),
    HOST("ConsoleSize", "", COMPARE_NOT),
    HOST("ContainerIDFile", "", COMPARE_NOT),
    HOST("CpuCount", "--cpu-count", COMPARE_PLAIN),
    HOST("CpuPercent", "--cpu-percent", COMPARE_PLAIN),
    HOST("CpuPeriod", "--cpu-period", COMPARE_PLAIN),
    HOST("CpuQuota", "--cpu-quota", COMPARE_PLAIN),
    HOST("CpuRealtimePeriod", "--cpu-rt-period", COMPARE_PLAIN),
    HOST("CpuRealtimeRuntime", "--cpu-rt-runtime", COMPARE_PLAIN),
    HOST("CpuShares", "--cpu-shares", COMPARE_PLAIN),
    HOST("CpusetCpus", "--cpuset-cpus", COMPARE_PLAIN),
    HOST("CpusetMems", "--cpuset-mems", COMPARE_PLAIN),
    HOST("DeviceCgroupRules", "--device-cgroup-rule", COMPARE_PLAIN, .opening = true),
    HOST("DeviceRequests", "--gpus", COMPARE_PLAIN, .opening = true),
    HOST("Devices", "--device", COMPARE_DEVICES, .in_spec = true, .opening = true),
    HOST("Dns", "--dns", COMPARE_PLAIN),
    HOST("DnsOptions", "--dns-option", COMPARE_PLAIN),
    HOST("DnsSearch", "--dns-search", COMPARE_PLAIN),
    HOST("ExtraHosts", "--add-host", COMPARE_PLAIN),
    HOST("GroupAdd", "--group-add", COMPARE_PLAIN),
    HOST("IOMaximumBandwidth", "--io-maxbandwidth", COMPARE_PLAIN),
    HOST("IOMaximumIOps", "--io-maxiops", COMPARE_PLAIN),
    HOST("Init", "--init", COMPARE_PLAIN),
    HOST("IpcMode", "--ipc", COMPARE_MODE, .opening = true),
    HOST("Isolation", "--isolation", COMPARE_NOT, .in_spec = true),
    HOST("KernelMemory", "--kernel-memory", COMPARE_PLAIN),
    HOST("KernelMemoryTCP", "--kernel-memory-tcp", COMPARE_PLAIN),
    HOST("Links", "--link", COMPARE_COUNT),
    HOST("LogConfig", "--log-driver", COMPARE_WITHIN),
    HOST("MaskedPaths", "--security-opt systempaths", COMPARE_PLAIN),
    HOST("Memory", "--memory", COMPARE_PLAIN, .in_spec = true),
    HOST("MemoryReservation", "--memory-reservation", COMPARE_PLAIN),
    HOST("MemorySwap", "--memory-swap", COMPARE_PLAIN),
    HOST("MemorySwappiness", "--memory-swappiness", COMPARE_PLAIN),
    HOST("Mounts", "--mount", COMPARE_MOUNTS, .opening = true),
    HOST("NanoCpus", "--cpus", COMPARE_PLAIN, .in_spec = true),
    HOST("NetworkMode", "--network", COMPARE_NETWORK, .in_spec = true, .opening = true),
    HOST("OomKillDisable", "--oom-kill-disable", COMPARE_PLAIN),
    HOST("OomScoreAdj", "--oom-score-adj", COMPARE_PLAIN),
    HOST("PidMode", "--pid", COMPARE_MODE, .opening = true),
    HOST("PidsLimit", "--pids-limit", COMPARE_PLAIN),
    HOST("PortBindings", "--publish", COMPARE_PORTS, .in_spec = true, .opening = true),
    HOST("Privileged", "--privileged", COMPARE_PLAIN, .opening = true),
    HOST("PublishAllPorts", "--publish-all", COMPARE_PLAIN, .opening = true),
    HOST("ReadonlyPaths", "--security-opt systempaths", COMPARE_PLAIN),
    HOST("ReadonlyRootfs", "--read-only", COMPARE_PLAIN),
    HOST("RestartPolicy", "--restart", COMPARE_WITHIN, .in_spec = true),
    HOST("Runtime", "--runtime", COMPARE_NOT, .in_spec = true),
    HOST("SecurityOpt", "--security-opt", COMPARE_SECURITY, .opening = true),
    HOST("ShmSize", "--shm-size", COMPARE_PLAIN),
    HOST("StorageOpt", "--storage-opt", COMPARE_WITHIN),
    HOST("Sysctls", "--sysctl", COMPARE_PLAIN),
    HOST("Tmpfs", "--tmpfs", COMPARE_TMPFS),
    HOST("UTSMode", "--uts", COMPARE_MODE, .opening = true),
    HOST("Ulimits", "--ulimit", COMPARE_ULIMITS),
    HOST("UsernsMode", "--userns", COMPARE_MODE, .opening = true),
    HOST("VolumeDriver", "--volume-driver", COMPARE_PLAIN),
    HOST("VolumesFrom", "--volumes-from", COMPARE_PLAIN),
};
const size_t api_n_options = sizeof api_options / sizeof *api_options;

const struct api_option *api_option_find(const char *member, bool in_host)
{
    for (size_t i = 0; i < api_n_options; i++) {
        if (api_options[i].in_host == in_host && strcmp(api_options[i].member, member) == 0) {
            return &api_options[i];
        }
    }
    return NULL;
}

bool api_empty(const cJSON *value)
{
    return !value || cJSON_IsNull(value) || cJSON_IsFalse(value) ||
           (cJSON_IsNumber(value) && value->valuedouble == 0) ||
           (cJSON_IsString(value) && value->valuestring[0] == '\0') ||
           ((cJSON_IsArray(value) || cJSON_IsObject(value)) && !value->child);
}

bool api_is_shared(const char *mode)
{
    return strcmp(mode, "host") == 0 || strncmp(mode, "container:", 10) == 0;
}

bool api_is_own_alias(const cJSON *alias, const char *id)
{
    enum { SHORT_ID = 12 };
    return strncmp(json_word(alias), id, SHORT_ID) == 0;
}

/* What docker writes where nothing was asked for (seen in 20.10 and 28). The paths that are masked are a list
 * that grows with docker: only one that is empty was asked for. */
static bool is_usual(const char *member, const cJSON *value, const cJSON *host)
{
    static const struct {
        const char *member, *value;
    } usual[] = {{"IpcMode", "private"},     {"IpcMode", "shareable"},  {"CgroupnsMode", "private"},
                 {"CgroupnsMode", "host"},   {"PidMode", "private"},    {"UTSMode", "private"},
                 {"StopSignal", "SIGTERM"},  {"StopSignal", "15"},      {"SecurityOpt", "label=disable"},
                 {"LogConfig", "json-file"}, {"LogConfig", "k8s-file"}, {"LogConfig", "local"}};
    const char *text = cJSON_IsString(value) ? value->valuestring
                       : strcmp(member, "LogConfig") == 0 && api_empty(json_at(value, "Config"))
                           ? json_string(value, "Type", "")
                       : cJSON_GetArraySize(value) == 1 && cJSON_IsString(value->child)
                           ? value->child->valuestring
                           : "";
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (strcmp(usual[i].member, member) == 0 && strcmp(usual[i].value, text) == 0) {
            return true;
        }
    }
    double number = cJSON_IsNumber(value) ? value->valuedouble : 0;
    double memory = json_number(host, "Memory", 0);
    return (strcmp(member, "ShmSize") == 0 && (number == 67108864 || number == 65536000)) ||
           (strcmp(member, "MemorySwap") == 0 && (number == -1 || number == 2 * memory)) ||
           ((strcmp(member, "MemorySwappiness") == 0 || strcmp(member, "PidsLimit") == 0) && number == -1);
}

bool api_option_beyond(const struct api_option *o, const cJSON *json)
{
    const cJSON *host = json_at(json, "HostConfig");
    const cJSON *value = json_at(o->in_host ? host : json_at(json, "Config"), o->member);
    if (strcmp(o->member, "MaskedPaths") == 0 || strcmp(o->member, "ReadonlyPaths") == 0) {
        return cJSON_IsArray(value) && !value->child && !json_bool(host, "Privileged", false);
    }
    return !o->in_spec && o->compare != COMPARE_NOT && !api_empty(value) && !is_usual(o->member, value, host);
}
