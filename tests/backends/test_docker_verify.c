/* What was asked for against what was made: each setting alone, on documents; and daemons that say yes to
 * everything and make something else. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/api.h"
#include "backends/docker/api_options.h"
#include "backends/docker/api_spec.h"
#include "backends/json.h"
#include "core/memory.h"
#include "tests/backends/desk.h"
#include "tests/backends/pretender.h"

#define ID "e85b252b33ea0000000000000000000000000000000000000000000000000000"

static char *runtimes[] = {"runc", "kata", NULL};
static const struct api_engine DOCKER = {
    .default_runtime = "runc", .runtimes = runtimes, .isolation = ISOLATION_PROCESS};
static const struct api_engine PODMAN = {
    .podman = true, .default_runtime = "runc", .runtimes = runtimes, .isolation = ISOLATION_PROCESS};
static const struct api_engine WINDOWS = {.windows = true, .isolation = ISOLATION_PROCESS};

/* An inspect with something in every setting that there is. */
static const char FULL[] =
    "{\"Id\":\"e85b252b33ea0000000000000000000000000000000000000000000000000000\",\"Name\":\"/web\",\""
    "Image\":\"sha256:53e77f\",\"Config\":{\"Hostname\":\"web.own\",\"Domainname\":\"example.org\",\""
    "User\":\"0:0\",\"ExposedPorts\":{\"80/tcp\":{},\"81/tcp\":{}},\"Tty\":true,\"OpenStdin\":true,\""
    "Env\":[\"A=1\",\"B=two\"],\"Cmd\":[\"-c\",\"sleep 1000\"],\"Healthcheck\":{\"Test\":[\"CMD-SHELL"
    "\",\"true\"],\"Interval\":30000000000,\"Retries\":5},\"Image\":\"busybox\",\"Volumes\":{\"/anon\""
    ":{}},\"WorkingDir\":\"/tmp\",\"Entrypoint\":[\"/bin/sh\"],\"Labels\":{\"k\":\"v\",\"x\":\"y\"},\""
    "StopSignal\":\"INT\",\"StopTimeout\":3,\"MacAddress\":\"02:42:0a:4d:00:99\",\"NetworkDisabled\":"
    "true},\"HostConfig\":{\"Binds\":[\"/srv/data:/data:ro\",\"v1:/vol\"],\"LogConfig\":{\"Type\":\"j"
    "son-file\",\"Config\":{\"max-size\":\"1m\"}},\"NetworkMode\":\"n1\",\"PortBindings\":{\"80/tcp\""
    ":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"18080\"}]},\"RestartPolicy\":{\"Name\":\"on-failure\""
    ",\"MaximumRetryCount\":3},\"AutoRemove\":true,\"VolumeDriver\":\"local\",\"VolumesFrom\":[\"othe"
    "r\"],\"CapAdd\":[\"CAP_CHOWN\"],\"CapDrop\":[\"ALL\"],\"CgroupnsMode\":\"private\",\"Dns\":[\"1."
    "1.1.1\"],\"DnsOptions\":[\"ndots:2\"],\"DnsSearch\":[\"example.org\"],\"ExtraHosts\":[\"foo:1.2."
    "3.4\"],\"GroupAdd\":[\"5\"],\"IpcMode\":\"host\",\"Links\":[\"/db:/web/base\"],\"OomScoreAdj\":1"
    "00,\"PidMode\":\"host\",\"Privileged\":true,\"PublishAllPorts\":true,\"ReadonlyRootfs\":true,\"S"
    "ecurityOpt\":[\"no-new-privileges\",\"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\"}\",\""
    "label=disable\"],\"Tmpfs\":{\"/run\":\"size=1m\"},\"UTSMode\":\"host\",\"UsernsMode\":\"host\",\""
    "ShmSize\":33554432,\"Runtime\":\"runc\",\"CpuShares\":512,\"Memory\":67108864,\"NanoCpus\":50000"
    "0000,\"CgroupParent\":\"/own\",\"BlkioWeight\":300,\"BlkioWeightDevice\":[{\"Path\":\"/dev/vda\""
    ",\"Weight\":200}],\"BlkioDeviceReadBps\":[{\"Path\":\"/dev/vda\",\"Rate\":1000}],\"BlkioDeviceWr"
    "iteBps\":[{\"Path\":\"/dev/vda\",\"Rate\":1000}],\"BlkioDeviceReadIOps\":[{\"Path\":\"/dev/vda\""
    ",\"Rate\":10}],\"BlkioDeviceWriteIOps\":[{\"Path\":\"/dev/vda\",\"Rate\":10}],\"CpuPeriod\":1000"
    "00,\"CpuQuota\":5000,\"CpuRealtimePeriod\":1000,\"CpuRealtimeRuntime\":500,\"CpusetCpus\":\"0\","
    "\"CpusetMems\":\"0\",\"Devices\":[{\"PathOnHost\":\"/dev/null\",\"PathInContainer\":\"/dev/xnull"
    "\",\"CgroupPermissions\":\"r\"}],\"DeviceCgroupRules\":[\"c 10:229 r\"],\"DeviceRequests\":[{\"D"
    "river\":\"nvidia\",\"Count\":1}],\"KernelMemory\":1000000,\"KernelMemoryTCP\":1000000,\"MemoryRe"
    "servation\":33554432,\"MemorySwap\":134217728,\"MemorySwappiness\":10,\"OomKillDisable\":true,\""
    "PidsLimit\":77,\"Ulimits\":[{\"Name\":\"nofile\",\"Hard\":2000,\"Soft\":1000}],\"CpuCount\":2,\""
    "CpuPercent\":50,\"IOMaximumIOps\":5,\"IOMaximumBandwidth\":6,\"Mounts\":[{\"Type\":\"tmpfs\",\"T"
    "arget\":\"/tm\",\"TmpfsOptions\":{\"SizeBytes\":1000000}}],\"MaskedPaths\":[\"/proc/kcore\"],\"R"
    "eadonlyPaths\":[\"/proc/sys\"],\"Init\":true,\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\"},\"Stora"
    "geOpt\":{\"size\":\"10G\"},\"Annotations\":{\"a\":\"b\"}},\"Mounts\":[{\"Type\":\"volume\",\"Nam"
    "e\":\"v1\",\"Source\":\"/var/lib/docker/volumes/v1/_data\",\"Destination\":\"/vol\",\"RW\":true}"
    ",{\"Type\":\"tmpfs\",\"Source\":\"\",\"Destination\":\"/tm\",\"RW\":true},{\"Type\":\"volume\",\""
    "Name\":\"6345dbda35c59554f8e3fdc1265ff3a31d6ddda45504feb0c17a4ac4b4e980cc\",\"Source\":\"/var/li"
    "b/docker/volumes/6345dbda35c59554f8e3fdc1265ff3a31d6ddda45504feb0c17a4ac4b4e980cc/_data\",\"Dest"
    "ination\":\"/anon\",\"RW\":true},{\"Type\":\"bind\",\"Source\":\"/srv/data\",\"Destination\":\"/"
    "data\",\"RW\":false}],\"NetworkSettings\":{\"Networks\":{\"n1\":{\"IPAMConfig\":{\"IPv4Address\""
    ":\"10.77.0.9\"},\"Aliases\":[\"al\",\"e85b252b33ea\"],\"NetworkID\":\"22\",\"MacAddress\":\"02:4"
    "2:0a:4d:00:09\"},\"n2\":{\"IPAMConfig\":null,\"Aliases\":[\"zz\",\"e85b252b33ea\"],\"NetworkID\""
    ":\"34\"}}}}";

static cJSON *parsed(const char *text)
{
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    return json;
}

static struct api_repeat repeated(const cJSON *json, enum isolation mode, const struct api_engine *e)
{
    struct api_repeat r;
    struct launch_spec spec;
    struct error why = {0};
    assert_true(api_spec(&spec, json, e));
    spec.isolation = mode;
    if (!api_repeat(&r, json, spec.image, &spec, e, &why)) {
        fail_msg("%s", why.text);
    }
    launch_spec_done(&spec);
    return r;
}

static cJSON *member_of(cJSON *json, const struct api_option *o)
{
    return cJSON_GetObjectItemCaseSensitive(json, o->in_host ? "HostConfig" : "Config");
}

/* Settings that an inspect does not tell by themselves. */
static bool told_elsewhere(const struct api_option *o)
{
    return o->compare == COMPARE_NOT || o->compare == COMPARE_MOUNTS;
}

/* Who is in the host's UTS namespace has its name, and must not ask for one. */
static bool asked_for(const struct api_option *o)
{
    return !told_elsewhere(o) && strcmp(o->member, "Hostname") != 0;
}

static void the_document_has_every_setting(void **state)
{
    (void)state;
    cJSON *full = parsed(FULL);
    for (size_t i = 0; i < api_n_options; i++) {
        const struct api_option *o = &api_options[i];
        if (!told_elsewhere(o) && api_empty(json_at(member_of(full, o), o->member))) {
            fail_msg("%s is not in it", o->member);
        }
    }
    cJSON_Delete(full);
}

/* Nothing is said where nothing differs; each setting that is ignored is named, whichever it is. */
static void each_setting_that_is_ignored_is_named(void **state)
{
    (void)state;
    cJSON *full = parsed(FULL);
    struct api_repeat r = repeated(full, ISOLATION_UNKNOWN, &DOCKER);
    for (size_t i = 0; i < api_n_options; i++) {
        const struct api_option *o = &api_options[i];
        for (int null = 0; null < 2 && asked_for(o); null++) {
            struct text differs = {0};
            cJSON *got = cJSON_Duplicate(full, true), *part = member_of(got, o);
            cJSON_DeleteItemFromObjectCaseSensitive(part, o->member);
            if (null) {
                cJSON_AddNullToObject(part, o->member);
            }
            if (api_verify(r.body, got, &DOCKER, &differs) || !strstr(differs.data, o->option) ||
                !strstr(differs.data, "asked ") || strstr(differs.data, "; ")) {
                fail_msg("%s is ignored, and this is said: %s", o->member, text_of(&differs));
            }
            text_done(&differs);
            cJSON_Delete(got);
        }
    }
    struct text differs = {0};
    assert_true(api_verify(r.body, full, &DOCKER, &differs));
    assert_true(api_verify_networks(r.networks, full, &DOCKER, &differs));
    assert_string_equal(text_of(&differs), "");
    api_repeat_done(&r);
    cJSON_Delete(full);
}

struct lie {
    const char *asked, *got, *said; /* a HostConfig; an inspect; NULL: nothing is to be said */
};

static void try_lies(const struct lie *lies, size_t n, const struct api_engine *e)
{
    for (size_t i = 0; i < n; i++) {
        struct text differs = {0}, body = {0};
        text_addf(&body, "{\"HostConfig\":%s}", lies[i].asked);
        cJSON *asked = parsed(text_of(&body)), *got = parsed(lies[i].got);
        bool same = api_verify(asked, got, e, &differs);
        if (same != !lies[i].said || (lies[i].said && !strstr(text_of(&differs), lies[i].said))) {
            fail_msg("asked %s, got %s: %s", lies[i].asked, lies[i].got, text_of(&differs));
        }
        text_done(&differs);
        text_done(&body);
        cJSON_Delete(asked);
        cJSON_Delete(got);
    }
}

static void what_is_otherwise_is_named_and_what_is_the_same_is_not(void **state)
{
    (void)state;
    static const struct lie lies[] = {
        {"{\"Memory\":64}", "{\"HostConfig\":{\"Memory\":0}}", "--memory: asked 64, got nothing"},
        {"{\"Memory\":64}", "{\"HostConfig\":{\"Memory\":32}}", "--memory: asked 64, got 32"},
        {"{\"NetworkMode\":\"none\"}", "{\"HostConfig\":{\"NetworkMode\":\"bridge\"}}",
         "--network: asked none"},
        {"{\"NetworkMode\":\"bridge\"}", "{\"HostConfig\":{\"NetworkMode\":\"host\"}}", "got host"},
        {"{\"NetworkMode\":\"bridge\"}", "{\"HostConfig\":{\"NetworkMode\":\"default\"}}", NULL},
        {"{\"NetworkMode\":\"container:web\"}", "{\"HostConfig\":{\"NetworkMode\":\"container:" ID "\"}}",
         NULL},
        {"{\"PidMode\":\"container:" ID "\"}", "{\"HostConfig\":{\"PidMode\":\"container:" ID "\"}}", NULL},
        {"{\"PidMode\":\"container:" ID "\"}", "{\"HostConfig\":{\"PidMode\":\"container:other\"}}",
         "--pid: asked container:"},
        {"{\"Devices\":[{\"PathOnHost\":\"/dev/a\",\"PathInContainer\":\"/dev/"
         "a\",\"CgroupPermissions\":\"r\"}]}",
         "{\"HostConfig\":{\"Devices\":[{\"PathOnHost\":\"/dev/"
         "a\",\"PathInContainer\":\"/dev/a\",\"CgroupPermissions\":\"rwm\"}]}}",
         "--device: asked /dev/a:/dev/a:r, got /dev/a:/dev/a:rwm"},
        {"{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8\"}]}}",
         "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8\"}]}}}",
         "--publish"},
        {"{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8\"}]}}",
         "{\"HostConfig\":{\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8\"}]}}}",
         NULL},
        {"{\"NetworkMode\":\"own\"}", "{\"HostConfig\":{\"NetworkMode\":\"bridge\"}}",
         "--network: asked own, got"},
        {"{\"CapAdd\":[\"CHOWN\"]}", "{\"HostConfig\":{\"CapAdd\":[\"CAP_CHOWN\"]}}", NULL},
        {"{\"CapAdd\":[\"CHOWN\"]}", "{\"HostConfig\":{\"CapAdd\":[\"CHOWN\",\"SYS_ADMIN\"]}}", "SYS_ADMIN"},
        {"{\"Binds\":[\"/a/../b/:/in/:ro\"]}",
         "{\"HostConfig\":{\"Binds\":[\"/a/../b/:/in/:ro\"]},\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/"
         "b\","
         "\"Destination\":\"/in\",\"RW\":false}]}",
         NULL},
        {"{\"Binds\":[\"/a:/in:ro\"]}",
         "{\"HostConfig\":{\"Binds\":[\"/a:/in\"]},\"Mounts\":[{\"Source\":\"/a\",\"Destination\":\"/in\","
         "\"RW\":true}]}",
         "--volume: asked /a:/in:ro, got /a:/in"},
        {"{\"Binds\":[\"/a:/in\"]}", "{\"HostConfig\":{},\"Mounts\":[]}",
         "--volume: asked /a:/in, got nothing"},
        {"{\"Binds\":[\"/a:/in\"]}",
         "{\"HostConfig\":{\"Binds\":[\"/b:/in\"]},\"Mounts\":[{\"Source\":\"/b\",\"Destination\":\"/in\"}]}",
         "got /b:/in"},
        {"{\"Binds\":[\"/a:/in\"]}",
         "{\"HostConfig\":{\"Binds\":[\"/a:/in\"]},\"Mounts\":[{\"Source\":\"/b\",\"Destination\":\"/in\"}]}",
         "got /b:/in"},
        {"{\"Binds\":[\"/a:/in\"]}", "{\"HostConfig\":{\"Binds\":[\"/a:/in\"]}}", NULL}, /* without a list */
        {"{\"Binds\":[\"/a:/in:ro\"]}", "{\"HostConfig\":{\"Binds\":[\"/a:/in\"]}}", "--volume"},
        {"{\"Binds\":[\"/a:/in\"]}", /* a daemon in a VM of the desktop */
         "{\"HostConfig\":{\"Binds\":[\"/a:/in\"]},\"Mounts\":[{\"Source\":\"/host/a\",\"Destination\":\"/"
         "in\"}]}",
         NULL},
        /* Openings that nobody asked for. */
        {"{}", "{\"HostConfig\":{\"Privileged\":true}}", "--privileged: asked nothing, got true"},
        {"{}", "{\"HostConfig\":{\"PidMode\":\"host\"}}", "--pid: asked nothing, got host"},
        {"{}", "{\"HostConfig\":{\"IpcMode\":\"shareable\"}}", NULL},
        {"{}", "{\"HostConfig\":{\"NetworkMode\":\"host\"}}", "--network: asked nothing, got host"},
        {"{}", "{\"HostConfig\":{\"Binds\":[\"/:/host\"]}}", "--volume: asked nothing, got /:/host"},
        {"{}", "{\"HostConfig\":{\"SecurityOpt\":[\"seccomp=unconfined\"]}}", "--security-opt"},
        {"{}", "{\"HostConfig\":{\"SecurityOpt\":[\"label=disable\"]}}", NULL},
        {"{}", "{\"HostConfig\":{\"CapAdd\":[\"SYS_ADMIN\"]}}", "--cap-add"},
    };
    try_lies(lies, sizeof lies / sizeof *lies, &DOCKER);
    static const struct lie podmans[] = {
        {"{\"NetworkMode\":\"own\"}",
         "{\"HostConfig\":{\"NetworkMode\":\"bridge\"},\"NetworkSettings\":{\"Networks\":{\"own\":{}}}}",
         NULL},
        {"{\"Sysctls\":{\"a\":\"1\"}}", "{\"HostConfig\":{}}", NULL}, /* not told: not compared */
        {"{\"Memory\":64}", "{\"HostConfig\":{\"Memory\":0}}", "--memory"},
        {"{\"Binds\":[\"/a:/in\"]}", "{\"HostConfig\":{}}", "--volume"},
        {"{\"Devices\":[{\"PathOnHost\":\"/dev/a\",\"CgroupPermissions\":\"r\"}]}",
         "{\"HostConfig\":{\"Devices\":[{\"PathOnHost\":\"\",\"CgroupPermissions\":\"\"}]}}", NULL},
    };
    try_lies(podmans, sizeof podmans / sizeof *podmans, &PODMAN);
    static const struct lie windows[] = {
        {"{\"Binds\":[\"C:\\\\Data:c:\\\\in:ro\"]}",
         "{\"HostConfig\":{\"Binds\":[\"C:\\\\Data:c:\\\\in:ro\"]},\"Mounts\":[{\"Source\":\"C:\\\\Data\","
         "\"Destination\":\"C:\\\\in\",\"RW\":false}]}",
         NULL},
        {"{\"Binds\":[\"C:\\\\Data:c:\\\\in:ro\"]}", "{\"HostConfig\":{},\"Mounts\":[]}", "--volume"},
    };
    try_lies(windows, sizeof windows / sizeof *windows, &WINDOWS);
}

static void the_isolation_is_what_is_told_and_a_vm_must_be(void **state)
{
    (void)state;
    static const struct {
        const struct api_engine *engine;
        enum isolation asked;
        const char *got, *said;
    } cases[] = {
        {&DOCKER, ISOLATION_VM, "{\"HostConfig\":{\"Runtime\":\"runc\"}}", "asked vm (kata), got runc"},
        {&DOCKER, ISOLATION_VM, "{\"HostConfig\":{\"Runtime\":\"kata\"}}", NULL},
        {&DOCKER, ISOLATION_VM, "{\"HostConfig\":{\"Runtime\":\"own\"}}", "got own"},
        {&DOCKER, ISOLATION_VM, "{\"HostConfig\":{}}", "got one that docker does not tell"},
        {&DOCKER, ISOLATION_VM, "{}", "does not tell"},
        {&DOCKER, ISOLATION_PROCESS, "{\"HostConfig\":{\"Runtime\":\"kata\"}}", "asked process"},
        {&DOCKER, ISOLATION_PROCESS, "{\"HostConfig\":{}}", NULL},
        {&DOCKER, ISOLATION_UNKNOWN, "{\"HostConfig\":{\"Runtime\":\"kata\"}}", NULL},
        {&PODMAN, ISOLATION_VM, "{\"HostConfig\":{\"Runtime\":\"oci\"}}",
         "got one that Podman does not tell"},
        {&PODMAN, ISOLATION_VM, "{\"HostConfig\":{\"Runtime\":\"/usr/bin/krun\"}}", NULL},
        {&WINDOWS, ISOLATION_VM, "{\"HostConfig\":{\"Isolation\":\"process\"}}", "asked hyperv"},
        {&WINDOWS, ISOLATION_VM, "{\"HostConfig\":{\"Isolation\":\"\"}}", "does not tell"},
        {&WINDOWS, ISOLATION_VM, "{\"HostConfig\":{\"Isolation\":\"hyperv\"}}", NULL},
        {&WINDOWS, ISOLATION_PROCESS, "{\"HostConfig\":{\"Isolation\":\"hyperv\"}}", "got hyperv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text differs = {0};
        cJSON *got = parsed(cases[i].got);
        const char *runtime = cases[i].engine == &DOCKER && cases[i].asked == ISOLATION_VM ? "kata" : NULL;
        bool same = api_verify_isolation(cases[i].asked, runtime, got, cases[i].engine, &differs);
        if (same != !cases[i].said || (cases[i].said && !strstr(text_of(&differs), cases[i].said))) {
            fail_msg("%s: %s", cases[i].got, text_of(&differs));
        }
        text_done(&differs);
        cJSON_Delete(got);
    }
}

/* Once more. */

static void a_repeat_has_all_that_was_there(void **state)
{
    (void)state;
    cJSON *full = parsed(FULL);
    struct api_repeat r = repeated(full, ISOLATION_UNKNOWN, &DOCKER);
    assert_string_equal(text_of(&r.lost), "");
    for (size_t i = 0; i < api_n_options; i++) {
        const struct api_option *o = &api_options[i];
        const cJSON *was = json_at(member_of(full, o), o->member);
        const cJSON *is = json_at(o->in_host ? json_at(r.body, "HostConfig") : r.body, o->member);
        bool written_anew = strcmp(o->member, "Binds") == 0 || strcmp(o->member, "Links") == 0 ||
                            strcmp(o->member, "SecurityOpt") == 0 || strcmp(o->member, "Hostname") == 0;
        if (!written_anew && !api_empty(was) && !cJSON_Compare(was, is, true)) {
            fail_msg("%s is not the same", o->member);
        }
    }
    const cJSON *host = json_at(r.body, "HostConfig");
    assert_int_equal(cJSON_GetArraySize(json_at(host, "Binds")), 3); /* and the one without a name */
    assert_non_null(strstr(cJSON_GetArrayItem(json_at(host, "Binds"), 2)->valuestring, ":/anon"));
    assert_string_equal(json_at(host, "Links")->child->valuestring, "db:base");
    const cJSON *first = json_at(r.body, "NetworkingConfig.EndpointsConfig.n1");
    assert_string_equal(json_string(first, "IPAMConfig.IPv4Address", ""), "10.77.0.9");
    assert_int_equal(cJSON_GetArraySize(json_at(first, "Aliases")), 1); /* the other is its id */
    assert_string_equal(json_at(r.networks, "n2.Aliases")->child->valuestring, "zz");
    api_repeat_done(&r);
    cJSON_Delete(full);
}

static void what_a_vm_cannot_share_is_listed(void **state)
{
    (void)state;
    cJSON *full = parsed(FULL);
    struct api_repeat r = repeated(full, ISOLATION_VM, &DOCKER);
    assert_string_equal(text_of(&r.lost), "--pid host; --ipc host; --uts host; --security-opt seccomp");
    assert_string_equal(json_string(r.body, "HostConfig.Runtime", ""), "kata");
    assert_null(json_at(r.body, "HostConfig.PidMode"));
    assert_int_equal(cJSON_GetArraySize(json_at(r.body, "HostConfig.CapDrop")), 1);
    api_repeat_done(&r);
    cJSON_Delete(full);
}

static bool has_word(char *const *block, const char *word)
{
    for (; block && *block; block++) {
        if (strcmp(*block, word) == 0) {
            return true;
        }
    }
    return false;
}

/* For another engine: each setting that a spec has no room for is named. */
static void what_a_spec_cannot_say_is_named(void **state)
{
    (void)state;
    cJSON *full = parsed(FULL);
    char **beyond = api_beyond(full, &DOCKER);
    const char *const some[] = {
        "--cap-drop",     "--privileged", "--read-only",        "--pids-limit",   "--ulimit",
        "--tmpfs",        "--dns",        "--health-cmd",       "--init",         "--sysctl",
        "--security-opt", "--network n2", "--network-alias al", "--ip 10.77.0.9", "--pid host",
        "--mount /tm",    "--log-driver", "--cpuset-cpus 0",    "--shm-size",     "--stop-signal INT"};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        if (!has_word(beyond, some[i])) {
            fail_msg("%s is not named", some[i]);
        }
    }
    assert_false(has_word(beyond, "--memory"));
    assert_true(api_alone(full));
    free(beyond);
    cJSON_Delete(full);
    cJSON *plain =
        parsed("{\"Id\":\"" ID "\",\"Config\":{\"Image\":\"a\",\"StopSignal\":\"SIGTERM\"},"
               "\"HostConfig\":{\"Memory\":64,\"MemorySwap\":128,\"ShmSize\":67108864,\"IpcMode\":"
               "\"private\",\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{}},\"MaskedPaths\":[\"/a\"]}}");
    assert_null(api_beyond(plain, &DOCKER));
    assert_false(api_alone(plain));
    cJSON_Delete(plain);
    struct api_spec_device {
        const char *rights, *word;
    } devices[] = {{"r", NULL}, {"rwm", NULL}, {"rw", "--device /dev/a"}};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        struct text t = {0};
        struct launch_spec spec;
        text_addf(&t,
                  "{\"Id\":\"" ID
                  "\",\"Config\":{\"Image\":\"a\"},\"HostConfig\":{\"Devices\":[{\"PathOnHost\":"
                  "\"/dev/a\",\"PathInContainer\":\"/dev/a\",\"CgroupPermissions\":\"%s\"}]}}",
                  devices[i].rights);
        cJSON *json = parsed(text_of(&t));
        assert_true(api_spec(&spec, json, &DOCKER));
        assert_int_equal(spec.crossings[0].read_only, strcmp(devices[i].rights, "r") == 0);
        assert_int_equal(has_word(spec.beyond, "--device /dev/a"), devices[i].word != NULL);
        launch_spec_done(&spec);
        cJSON_Delete(json);
        text_done(&t);
    }
}

/* What the form changes is changed, and the rest stays as only the engine knows it. */
static void what_the_spec_says_otherwise_is_otherwise(void **state)
{
    (void)state;
    struct api_repeat r;
    struct launch_spec spec;
    struct error why;
    cJSON *full = parsed(FULL);
    assert_true(api_spec(&spec, full, &DOCKER));
    spec.memory = 32 << 20;
    while (spec.n_crossings > 0) {
        spec.n_crossings--;
        free((char *)spec.crossings[spec.n_crossings].outside);
        free((char *)spec.crossings[spec.n_crossings].inside);
    }
    assert_true(launch_add_port(&spec, "9090:90", NULL) == 0);
    assert_true(api_repeat(&r, full, "other", &spec, &DOCKER, &why));
    const cJSON *host = json_at(r.body, "HostConfig");
    assert_int_equal(json_integer(host, "Memory", 0), 32 << 20);
    assert_null(json_at(host, "MemorySwap"));
    assert_int_equal(json_integer(host, "PidsLimit", 0), 77);
    assert_int_equal(cJSON_GetArraySize(json_at(host, "Devices")), 0);
    assert_int_equal(cJSON_GetArraySize(json_at(host, "PortBindings.80/tcp")), 0);
    assert_int_equal(cJSON_GetArraySize(json_at(host, "PortBindings.90/tcp")), 1);
    assert_string_equal(json_string(r.body, "Image", ""), "other");
    api_repeat_done(&r);
    launch_spec_done(&spec);
    cJSON_Delete(full);
}

/* Daemons that make something else. */

#define NEW     "POST /v1.41/containers/create"
#define START   "POST /v1.41/containers/" ID "/start"
#define REMOVE  "DELETE /v1.41/containers/" ID
#define INSPECT "GET /v1.41/containers/" ID "/json"

static const struct {
    const char *info, *headers, *got, *own, *said; /* own: libpod's; said NULL: it is started */
} daemons[] = {
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"Name\":\"elsewhere\",\"Runtimes\":{\"runc\":{},"
     "\"kata\":"
     "{}}}",
     "", "\"Runtime\":\"runc\"", "", "isolation: asked vm (kata), got runc"},
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"Name\":\"elsewhere\",\"Runtimes\":{\"runc\":{},"
     "\"kata\":"
     "{}}}",
     "", "\"Runtime\":\"kata\"", "", NULL},
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"Name\":\"elsewhere\",\"Runtimes\":{\"runc\":{},"
     "\"kata\":"
     "{}}}",
     "", "\"Runtime\":\"kata\",\"Privileged\":true", "", "--privileged"},
    {"{\"OSType\":\"windows\",\"Isolation\":\"process\"}", "", "\"Isolation\":\"process\"", "",
     "asked hyperv"},
    {"{\"OSType\":\"windows\",\"Isolation\":\"process\"}", "", "\"Isolation\":\"hyperv\"", "", NULL},
    /* Podman whose default runs VMs, and one that says so only. */
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"krun\",\"Runtimes\":{\"krun\":{}}}",
     "Libpod-Api-Version: 4.3.1\r\n", "\"Runtime\":\"oci\"", "{\"OCIRuntime\":\"krun\"}", NULL},
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"krun\",\"Runtimes\":{\"krun\":{}}}",
     "Libpod-Api-Version: 4.3.1\r\n", "\"Runtime\":\"oci\"", "{\"OCIRuntime\":\"/usr/bin/crun\"}",
     "got /usr/bin/crun"},
    {"{\"OSType\":\"linux\",\"DefaultRuntime\":\"krun\",\"Runtimes\":{\"krun\":{}}}",
     "Libpod-Api-Version: 4.3.1\r\n", "\"Runtime\":\"oci\"", "{}", "got one that Podman does not tell"},
};

static void try_daemon(size_t i)
{
    char *headers = NULL;
    struct text head = {0}, got = {0};
    text_addf(&head, "Api-Version: 1.41\r\n%s", daemons[i].headers);
    text_addf(&got,
              "{\"Id\":\"" ID
              "\",\"Name\":\"/new\",\"Config\":{\"Image\":\"a\"},\"State\":{\"Status\":\"created\"},"
              "\"HostConfig\":{%s}}",
              daemons[i].got);
    headers = text_take(&head);
    const struct rule rules[] = {
        {.request = "GET /_ping", .headers = headers, .body = "OK"},
        {.request = "GET /v1.41/info", .body = daemons[i].info},
        {.request = "GET /v1.41/events", .headers = "Content-Type: application/json\r\n", .stays = true},
        {.request = "GET /v1.41/containers/json", .body = "[]"},
        {.request = NEW,
         .status = "201 Created",
         .body = "{\"Id\":\"" ID "\",\"Warnings\":[\"no swap here\"]}"},
        {.request = INSPECT, .body = text_of(&got)},
        {.request = "GET /v4.0.0/libpod/containers/" ID "/json", .body = daemons[i].own},
        {.request = START, .status = "204 No Content"},
        {.request = REMOVE, .status = "204 No Content"},
        {.request = NULL}};
    struct desk *k = desk_new();
    struct desk_answer h = {0};
    struct launch_spec spec;
    desk_place(k);
    struct pretender *daemon = pretender_new(&k->loop, k->address + 7, rules);
    desk_open(k, k->address);
    DESK_UNTIL(k, session_settled(k->session));
    launch_spec_init(&spec);
    spec.image = mem_string("a");
    spec.isolation = ISOLATION_VM;
    session_launch(k->session, 0, &spec, desk_answered, &h);
    DESK_UNTIL(k, h.done);
    if (daemons[i].said) {
        if (!strstr(h.why.text, daemons[i].said) || !strstr(h.why.text, "it is removed again")) {
            fail_msg("%s: %s", daemons[i].got, h.why.text);
        }
    } else if (h.why.kind != ERROR_NONE) {
        fail_msg("%s: %s", daemons[i].got, h.why.text);
    }
    if (!daemons[i].said) {
        assert_string_equal(h.remark, "the engine warns: no swap here");
    } else {
        assert_non_null(strstr(h.why.text, "no swap here")); /* it may be the reason */
    }
    assert_int_equal(pretender_count(daemon, START), daemons[i].said ? 0 : 1);
    assert_int_equal(pretender_count(daemon, REMOVE), daemons[i].said ? 1 : 0);
    launch_spec_done(&spec);
    desk_answer_done(&h);
    desk_close(k);
    pretender_free(daemon);
    desk_free(k);
    free(headers);
    text_done(&got);
}

static void what_is_not_as_asked_is_never_started(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++) {
        try_daemon(i);
    }
}

/* Who gives up between the create and the start leaves nothing behind. */
static void what_is_given_up_half_way_is_removed(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {.request = "GET /_ping", .headers = "Api-Version: 1.41\r\n", .body = "OK"},
        {.request = "GET /v1.41/info", .body = "{\"OSType\":\"linux\"}"},
        {.request = "GET /v1.41/events", .headers = "Content-Type: application/json\r\n", .stays = true},
        {.request = "GET /v1.41/containers/json", .body = "[]"},
        {.request = NEW, .status = "201 Created", .body = "{\"Id\":\"" ID "\"}"},
        {.request = INSPECT, .headers = "Content-Type: application/json\r\n", .stays = true},
        {.request = REMOVE, .status = "204 No Content"},
        {.request = NULL}};
    struct desk *k = desk_new();
    struct desk_answer h = {0};
    struct launch_spec spec;
    desk_place(k);
    struct pretender *daemon = pretender_new(&k->loop, k->address + 7, rules);
    desk_open(k, k->address);
    DESK_UNTIL(k, session_settled(k->session));
    launch_spec_init(&spec);
    spec.image = mem_string("a");
    struct op *op = session_launch(k->session, 0, &spec, desk_answered, &h);
    DESK_UNTIL(k, pretender_count(daemon, INSPECT) > 0);
    op_cancel(op);
    DESK_UNTIL(k, pretender_count(daemon, REMOVE) == 1);
    assert_int_equal(pretender_count(daemon, START), 0);
    launch_spec_done(&spec);
    desk_close(k);
    pretender_free(daemon);
    desk_free(k);
}

/* Which modes are offered. */
static void only_what_is_known_to_work_is_offered(void **state)
{
    (void)state;
    static char *missing[] = {"kata", NULL}, *programs[] = {"runc", "/usr/bin/kata-runtime", NULL};
    struct api_engine e = DOCKER;
    e.programs = programs;
    char *why = api_why_not(&e, ISOLATION_VM);
    assert_null(why);
    e.missing = missing;
    why = api_why_not(&e, ISOLATION_VM);
    assert_non_null(strstr(why, "its program /usr/bin/kata-runtime is not on this host"));
    assert_null(api_runtime_for(&e, ISOLATION_VM));
    free(why);
    why = api_why_not(&PODMAN, ISOLATION_VM);
    assert_non_null(strstr(why, "Podman takes no wish for a runtime"));
    assert_non_null(strstr(why, "runc"));
    free(why);
    assert_null(api_why_not(&PODMAN, ISOLATION_PROCESS));
    struct api_engine read;
    cJSON *info =
        parsed("{\"OSType\":\"linux\",\"DefaultRuntime\":\"runc\",\"Runtimes\":{\"io.containerd.kata.v2\":{},"
               "\"krun\":{\"path\":\"/usr/bin/krun\"},\"own\":{\"runtimeType\":\"io.containerd.run.own.v1\"},"
               "\"runc\":{\"path\":\"runc\"},\"kata\":{}}}");
    static const char *const wanted[] = {"containerd-shim-kata-v2", "/usr/bin/krun",
                                         "containerd-shim-run-own-v1", "runc", ""};
    api_engine_read(&read, info, NULL);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_string_equal(read.programs[i], wanted[i]);
    }
    api_engine_done(&read);
    cJSON_Delete(info);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_has_every_setting),
        cmocka_unit_test(each_setting_that_is_ignored_is_named),
        cmocka_unit_test(what_is_otherwise_is_named_and_what_is_the_same_is_not),
        cmocka_unit_test(the_isolation_is_what_is_told_and_a_vm_must_be),
        cmocka_unit_test(a_repeat_has_all_that_was_there),
        cmocka_unit_test(what_a_vm_cannot_share_is_listed),
        cmocka_unit_test(what_a_spec_cannot_say_is_named),
        cmocka_unit_test(what_the_spec_says_otherwise_is_otherwise),
        cmocka_unit_test(what_is_not_as_asked_is_never_started),
        cmocka_unit_test(what_is_given_up_half_way_is_removed),
        cmocka_unit_test(only_what_is_known_to_work_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
