#!/bin/sh
# Launching through HCS: porthole.exe over stand-ins for computecore.dll, vmcompute.dll and computenetwork.dll, from an
# image in docker's store. What one command has made the next ones find, as on a real host.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,still=1,pids=1
standin 2022
rm -rf "$program_data/standin" "$program_data/porthole" "$program_data/docker"

# image NAME BUILD COMMAND LAYER...: in docker's store, the lowest layer first
image() {
    python3 - "$program_data/docker" "$@" <<'PYTHON'
import hashlib, json, os, sys
root, name, build, command, *layers = sys.argv[1:]
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
def write(path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w').write(text)
diffs, chain = [], None
for layer in layers:
    diffs.append('sha256:' + digest(layer))
    chain = diffs[0] if chain is None else 'sha256:' + digest(chain + ' ' + diffs[-1])
    folder = 'image/windowsfilter/layerdb/sha256/' + chain[7:]
    write(folder + '/cache-id', digest(layer + 'cache'))
    write(folder + '/size', '1000')
    write(folder + '/diff', diffs[-1])
    os.makedirs(os.path.join(root, 'windowsfilter', digest(layer + 'cache'), 'Files'), exist_ok=True)
    if layer == 'base':
        os.makedirs(os.path.join(root, 'windowsfilter', digest(layer + 'cache'), 'UtilityVM'), exist_ok=True)
config = json.dumps({'os': 'windows', 'os.version': '10.0.%s.1' % build, 'architecture': 'amd64',
                     'config': {'Cmd': command.split()}, 'rootfs': {'type': 'layers', 'diff_ids': diffs}})
write('image/windowsfilter/imagedb/content/sha256/' + digest(config), config)
names = os.path.join(root, 'image/windowsfilter/repositories.json')
json_names = json.load(open(names)) if os.path.exists(names) else {'Repositories': {}}
json_names['Repositories'].setdefault(name.split(':')[0], {})[name] = 'sha256:' + digest(config)
write('image/windowsfilter/repositories.json', json.dumps(json_names))
PYTHON
}

# left: what stands beyond the images
left() {
    (cd "$program_data" && find standin porthole/scratch -type f -o -type d -path 'porthole/scratch/*' 2>/dev/null | sort | tr '\n' ' ')
}

image nano:1 20348 "ping -t localhost" base app
image bare:1 20348 "ping -t localhost" other
has "images" "$(porthole images)" "nano:1"

for isolation in process hyperv; do
    is "launched: $isolation" "$(porthole run -d --isolation $isolation --name pinger -p 8080:80 nano:1)" "pinger"
    is "listed: $isolation" "$(porthole ls --json | json '[(c["isolation"], c["state"], c["owner"]) for c in d if c["name"] == "pinger"]')" \
        "[('$isolation', 'running', 'porthole')]"
    has "inside: $isolation" "$(porthole ps pinger)" "ping.exe"
    has "published already: $isolation" "$(porthole run -d --isolation hyperv --name other -p 8080:80 nano:1 2>&1)" "published already"
    has "its name is taken: $isolation" "$(porthole run -d --name pinger nano:1 2>&1)" "choose another name"
    hasnt "nothing of those: $isolation" "$(left)" "other"
    has "runs, and is not removed: $isolation" "$(porthole rm pinger 2>&1)" "it runs"
    if [ $isolation = process ]; then
        worker ping.exe
        shares() {
            [ "$(porthole map pinger --json | json '[p["pid"] == p["host_pid"] for p in d["processes"] if p["name"] == "ping.exe"]')" = "[True]" ]
        }
        eventually "the host sees ping, under the same pid" shares
        is "a shared kernel" "$(porthole map pinger --json | json 'd["wall"]')" "shared-kernel"
    else
        vm=$(porthole inspect pinger | grep -o '"RuntimeId":[^"]*"[^"]*"' | head -n 1 | cut -d'"' -f4)
        worker vmwp.exe "$(echo "$vm" | tr a-f A-F)"
        has_worker() {
            [ "$(porthole map pinger --json | json '[w["name"] for w in d["workers"]]')" = "['vmwp.exe']" ]
        }
        eventually "the host sees the worker" has_worker
        is "and no ping" "$(porthole map pinger --json | json '[p for p in d["processes"] if p["host_pid"]]')" "[]"
        is "a VM" "$(porthole map pinger --json | json 'd["wall"]')" "vm"
    fi
    is "removed: $isolation" "$(porthole rm -f pinger)" "pinger"
    is "nothing is left: $isolation" "$(left)" ""
    hasnt "and it is not listed: $isolation" "$(porthole ls)" "pinger"
    porthole run --isolation $isolation -p 8080:80 nano:1 cmd /c exit 7 >/dev/null 2>&1
    is "its exit code: $isolation" $? 7
    is "nothing is left of what has ended: $isolation" "$(left)" ""
    porthole run --isolation $isolation -p 8080:80 nano:1 nosuch.exe >/dev/null 2>&1
    is "no such command: $isolation" $? 127
    is "nothing is left of what could not run: $isolation" "$(left)" ""
done

# The experiment as newcomers repeat it.
shown=$(porthole demo --image nano:1)
is "demo" $? 0
has "demo: a VM" "$shown" "The host sees none of them."
porthole demo --clean >/dev/null
is "demo --clean" $? 0
is "nothing is left of it" "$(left)" ""

# Each call fails once: the launch fails with a sentence, or goes on; and nothing stays.
fails() {
    out=$(PORTHOLE_STANDIN_FAIL=$2 porthole run -d --isolation "$1" --name pinger -p 8080:80 nano:1 2>&1)
    is "$2 fails: $1" $? 125
    has "$2 fails, and that is said: $1" "$out" "cannot launch"
    is "$2 fails, and nothing stays: $1" "$(left)" ""
}
for call in NameToGuid CreateSandboxLayer HcnEnumerateNetworks HcnCreateEndpoint HcsCreateComputeSystem HcsGetComputeSystemProperties \
    HcsStartComputeSystem HcsCreateProcess; do
    fails hyperv $call
done
for call in CreateSandboxLayer ActivateLayer PrepareLayer GetLayerMountPath HcnCreateEndpoint HcnCreateNamespace HcnModifyNamespace \
    HcsCreateComputeSystem HcsStartComputeSystem HcsCreateProcess; do
    fails process $call
done

# Calls that fail while it is removed: tried again now, or by whichever porthole comes next.
porthole run -d --isolation hyperv --name pinger nano:1 >/dev/null
is "DestroyLayer lies" "$(PORTHOLE_STANDIN_FAIL=DestroyLayer porthole rm -f pinger)" "pinger"
is "and is called again" "$(left)" ""
for call in UnprepareLayer DeactivateLayer HcnDeleteEndpoint HcnDeleteNamespace; do
    porthole run -d --isolation process --name pinger -p 8080:80 nano:1 >/dev/null
    out=$(PORTHOLE_STANDIN_FAIL=$call porthole rm -f pinger 2>&1) || has "$call fails" "$out" "cannot remove pinger altogether"
    swept() {
        porthole ls >/dev/null
        [ -z "$(left)" ]
    }
    eventually "$call fails, and nothing stays" swept
done

# A porthole that is killed while it launches.
for call in ActivateLayer HcnCreateEndpoint HcnModifyNamespace HcsCreateComputeSystem; do
    PORTHOLE_STANDIN_DIE=$call porthole run -d --isolation process --name pinger -p 8080:80 nano:1 >/dev/null 2>&1
    has "killed in $call: something is left" "$(left)" "porthole/scratch/pinger"
    porthole ls >/dev/null
    is "killed in $call: swept" "$(left)" ""
done

PORTHOLE_STANDIN_DIE=HcsCreateComputeSystem porthole run -d --isolation process --name pinger nano:1 >/dev/null 2>&1
is "the name of one that was killed can be had" "$(porthole run -d --isolation hyperv --name pinger nano:1)" "pinger"
porthole rm -f pinger >/dev/null

# What another porthole is launching is not swept away, though HCS does not know it yet.
PORTHOLE_STANDIN=$PORTHOLE_STANDIN,delay=1500 porthole run -d --isolation process --name pinger nano:1 >"$PORTHOLE_STATE/launched" &
launching=$!
has_begun() {
    case $(left) in *porthole/scratch/pinger*) [ ! -e "$program_data/standin/systems/pinger.json" ] ;; *) false ;; esac
}
eventually "another porthole launches" has_begun
porthole ls >/dev/null
wait $launching
is "and was not disturbed" "$(cat "$PORTHOLE_STATE/launched")" "pinger"
has "it runs" "$(porthole ps pinger)" "ping.exe"
porthole kill pinger >/dev/null
is "killed, and nothing is left" "$(left)" ""

# What a launch is refused for.
has "no utility VM" "$(porthole run -d --isolation hyperv bare:1 2>&1)" "no layer of the image has a utility VM"
has "no such network" "$(porthole run -d --isolation process --network nosuch nano:1 2>&1)" "no such network"
is "a network by its name" "$(porthole run -d --isolation hyperv --name named --network 'Default Switch' nano:1)" "named"
has "no ports but on NAT" "$(porthole run -d --isolation hyperv --network 'Default Switch' -p 81:81 nano:1 2>&1)" "cannot launch"
porthole rm -f named >/dev/null
has "no such image" "$(porthole run -d nosuch:1 2>&1)" "no image nosuch:1"
has "a name that is no folder's" "$(porthole run -d --name pinger. nano:1 2>&1)" "choose another name"
for name in nul Con.txt lpt1; do
    has "a name that is a device's: $name" "$(porthole run -d --name $name nano:1 2>&1)" "choose another name"
done
if chown -R nobody "$program_data/docker" 2>/dev/null; then
    has "images that somebody else has put there" "$(porthole images 2>&1)" "is not trusted"
    chown -R "$(id -u)" "$program_data/docker"
    has "images that an administrator has" "$(porthole images 2>&1)" "nano:1"
fi
rm -rf "$program_data/porthole"
has "no administrator" "$(timeout -k 5 $patience "$wine_run" "$PORTHOLE_TESTS/limited.exe" "$PORTHOLE_REAL" run -d nano:1 2>&1)" \
    "run as administrator"
is "and no folder was made" "$(ls "$program_data" | grep -c porthole)" 0
echo "somebody else's" >"$program_data/porthole"
has "a folder that is none of ours" "$(porthole run -d nano:1 2>&1)" "is not trusted"
rm -f "$program_data/porthole"
rm "$system32/vmcompute.dll"
has "no layers here" "$(porthole run -d nano:1 2>&1)" "the feature Containers"
is "nothing is left" "$(left)" ""
end
