#!/bin/sh
# The experiment. What it shows is compared with /proc, which is read here by its own means.
. "$(dirname "$0")/lib.sh"

# Both halves, as a machine shows them that has both modes.
fake=$(dirname "$program")/../tests/bin/porthole-fake
out=$("$fake" --engine fake=containers=0 demo --batch)
is "both modes" $? 0
has "they are beside each other" "$out" "demo-ping-process: process isolation   "
has "the host sees the one" "$out" "process 1 is its process 20000"
has "and not the other" "$out" "The host sees none of them."
has "but what stands for it" "$out" "qemu-system-x86"
out=$("$fake" --engine fake=containers=0,novm=1 demo --batch)
is "one mode will do" $? 0
has "and why there is one only" "$out" "This machine has no means to run VMs"
"$fake" --engine fake=refuse=1 demo --batch >/dev/null 2>&1
is "no engine" $? 125
"$program" demo words 2>/dev/null
is "words" $? 2

can_launch
# seen_by_host ID: pids of "ping 127.0.0.1" on the host that descend from that container's keeper, and each one's
# number in its innermost namespace
seen_by_host() {
    python3 -c 'import glob, sys
def read(path):
    try:
        return open(path, "rb").read()
    except OSError:
        return b""
def status(pid, key):
    return [l.split()[1:] for l in read("/proc/%s/status" % pid).decode(errors="replace").split("\n") if l.startswith(key + ":")]
def kept_by(pid):
    while pid not in ("0", "1"):
        words = read("/proc/%s/cmdline" % pid).split(b"\0")
        if words[0].endswith(b"porthole-keeper"):
            return words[-2].decode()
        parent = status(pid, "PPid")
        if not parent:
            return None
        pid = parent[0][0]
for path in glob.glob("/proc/[0-9]*"):
    pid = path[6:]
    words = read(path + "/cmdline").split(b"\0")
    if words[1:2] == [b"127.0.0.1"] and words[0].endswith(b"ping") and kept_by(pid) == sys.argv[1]:
        print(pid, status(pid, "NSpid")[0][-1])' "$1"
}
id_of() {
    "$program" ls -a --json | json "[c['id'] for c in d if c['name'] == '$1'][0]"
}

out=$("$program" demo --batch)
is "demo" $? 0
seen=$(seen_by_host "$(id_of demo-ping-process)")
is "the host sees one ping, which is number 1 inside" "$(echo "$seen" | awk 'NF == 2 { print $2 }')" 1
has "and that is what the picture says" "$out" "process 1 is its process ${seen% *}"
vm=$("$program" engines --json | json '[o["available"] for o in d[0]["isolations"] if o["isolation"] == "vm"][0]')
if [ "$vm" = True ]; then
    is "the host sees no ping of the VM" "$(seen_by_host "$(id_of demo-ping-vm)")" ""
    has "and that is what the picture says" "$out" "The host sees none of them."
    worker=$("$program" map demo-ping-vm --json | json '[w["host_pid"] for w in d["workers"] if w["role"] == "vm"][0]')
    has "the worker is a real one" "$(tr '\0' ' ' <"/proc/$worker/cmdline")" qemu
    has "and in the picture" "$out" "$worker"
else
    reason=$("$program" engines --json | json '[o["reason"] for o in d[0]["isolations"] if o["isolation"] == "vm"][0]')
    has "why there is no VM" "$(echo "$out" | tr -s ' \n' '  ')" "$(echo "$reason" | cut -d ' ' -f 1)"
    is "nothing else was launched" "$("$program" ls -a -q | wc -l | tr -d ' ')" 1
fi

# Again, and after one has been stopped: the same containers.
first=$(id_of demo-ping-process)
"$program" demo --batch >/dev/null
is "twice is once" "$(id_of demo-ping-process)" "$first"
"$program" kill demo-ping-process >/dev/null
eventually "stopped" sh -c "'$program' ls -a --json | grep -q exited"
"$program" demo --batch >/dev/null
is "it is started again" "$(seen_by_host "$first" | awk '{ print $2 }')" 1
"$program" demo --clean >/dev/null
is "clean" "$("$program" ls -a -q)" ""
"$program" demo --clean
is "nothing to clean" $? 0
"$program" demo --batch --image no-such-image >/dev/null 2>&1
is "no image" $? 125
end
