#!/bin/sh
# VM isolation by the command line: what the host sees and does not see, by the host's own means; ports; nothing is left.
. "$(dirname "$0")/lib.sh"
can_launch
[ "$(id -u)" -eq 0 ] || skip "run as root, the host's view is whole"
why=$("$program" engines --json | json '[o["reason"] or "" for e in d for o in e["isolations"] if o["isolation"] == "vm"][0]')
[ -z "$why" ] || skip "no VMs here: $why"

worker() { # NAME ROLE
    of "$1" "[w['host_pid'] for w in c['workers'] if w['role'] == '$2'][0]"
}
answers() {
    [ "$(ask 127.0.0.1 "$port")" = "from inside" ]
}
# host_runs WORDS: is there a process on the host with these words as its arguments?
host_runs() {
    ps -e -o args= | grep -qxF "$1"
}

# The experiment: the same process, seen by the host in one mode and not in the other.
"$program" run -d --name thin busybox sleep 7654321 >/dev/null
eventually "process isolation: the host runs it" host_runs "sleep 7654321"
"$program" rm -f thin >/dev/null
"$program" run -d --name thick --isolation vm busybox sleep 7654321 >/dev/null
is "launched in a VM" $? 0
is "the container has it" "$("$program" ps thick --json | json '[(p["pid"], p["command"], p["host_pid"]) for p in d]')" \
    "[(1, 'sleep 7654321', None)]"
host_runs "sleep 7654321" && fail "the host runs a process of the VM"
qemu=$(worker thick vm)
has "QEMU stands for it" "$(tr '\0' ' ' <"/proc/$qemu/cmdline")" "qemu-system"
isnt_root=$(awk '/^Uid:/ { print ($2 >= 65536) }' "/proc/$qemu/status")
is "QEMU is no root" "$isnt_root" 1
is "QEMU has no rights" "$(awk '/^CapBnd:/ { print $2 }' "/proc/$qemu/status")" 0000000000000000
is "and a filter of system calls" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$qemu/status")" 2
is "who" "$("$program" who "$qemu" --json | json '(d["container"], d["relation"])')" "('thick', 'worker')"
is "pid 1 of the host is not pid 1 of the guest" "$("$program" who 1 --json | json 'd["container"]')" "None"
is "map" "$("$program" map thick --json | json '(d["wall"], [p["host_pid"] for p in d["processes"]])')" "('vm', [None])"
is "its namespaces are its kernel's: nothing is said of them" \
    "$(of thick "(sorted({f['state'] for f in c['facts']}), c['facts'][0]['why'], c['crossings'])")" \
    "(['not told'], \"it runs in a VM: they are of that VM's kernel\", [])"
has "engines shows the template" "$("$program" engines)" "1 template of"
is "the host sees nothing of it" "$(of thick "c['host_visible']")" "False"
"$program" run -d --name small --isolation vm -m 10m busybox true 2>/dev/null
is "too little memory" $? 125
said=$("$program" run -d --isolation vm --network host busybox true 2>&1)
is "the host's network" $? 125
has "and what it says" "$said" "--network nat"

# Who asks QEMU for something may have to wait, for ever when it hangs.
kill -STOP "$qemu"
"$program" pause thick >/dev/null 2>&1 &
one=$!
"$program" pause thick >/dev/null 2>&1 &
two=$!
sleep 1
kill -CONT "$qemu"
wait $one $two
is "two pauses at once" "$(of thick "c['state']")" paused
kill -STOP "$qemu"
timeout 100 "$program" stop -t 1 thick >/dev/null
is "a paused VM that hangs can be stopped" "$(of thick "c['state']")" exited
"$program" rm -f thick >/dev/null

# Ports.
if command -v pasta >/dev/null 2>&1 && [ -n "$(ip route show default 2>/dev/null)" ]; then
    port=$(free_port)
    "$program" run -d --name web --isolation vm -p "127.0.0.1:$port:80" busybox \
        sh -c 'while true; do echo from inside | nc -l -p 80; done' >/dev/null
    is "launched with a port" $? 0
    eventually "a published port" answers
    helper=$(worker web network)
    is "who is the helper" "$("$program" who "$helper" --json | json '(d["container"], d["relation"])')" \
        "('web', 'network')"
    host_port=$(free_port)
    python3 -c 'import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
s.settimeout(60)
while True:
    c, _ = s.accept()
    c.send(b"of the host\n")' "$host_port" 2>/dev/null &
    listener=$!
    eventually "the host's own server" sh -c \
        "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", $host_port))'"
    for place in 127.0.0.1 10.0.2.2; do
        hasnt "the host's loopback by $place" \
            "$("$program" exec web sh -c "nc -w 2 $place $host_port </dev/null" 2>/dev/null)" "of the host"
    done
    kill $listener
    said=$("$program" run -d --isolation vm -p "127.0.0.1:$port:80" busybox sleep 100 2>&1)
    is "a port that is taken" $? 125
    has "and what it says" "$said" "Cannot publish the port"
    kill -9 "$helper"
    eventually "a lost helper is told" sh -c "'$program' ls --json | grep -q 'network helper has ended'"
    "$program" rm -f web >/dev/null
fi

# An image whose places for mounts are links and FIFOs runs as in process isolation.
root=$PORTHOLE_STATE/root
mkdir -p "$root/bin" "$root/etc"
cp "$(command -v busybox)" "$root/bin/busybox"
for place in dev proc sys; do ln -s "/no/such/$place" "$root/$place"; done
mkfifo "$root/etc/hosts"
ln -s ../../dev/full "$root/etc/hostname"
tar -C "$root" -cf "$PORTHOLE_STATE/image.tar" .
"$program" image import evil "$PORTHOLE_STATE/image.tar" >/dev/null
is "an image of links" "$(timeout 120 "$program" run --rm --isolation vm --hostname box evil busybox sh -c 'for p in /dev /proc /sys; do
    [ -d $p ] && [ ! -L $p ] || echo not real: $p; done; busybox cat /etc/hostname; echo >/dev/null && busybox grep -c localhost /etc/hosts' |
    tr '\n' ' ')" "box 2 "

is "no container is left" "$("$program" ls -a -q)" ""
hasnt "no mount is left" "$(cat /proc/self/mountinfo)" "$PORTHOLE_STATE"
test -d "/proc/$qemu" && fail "QEMU is left"
# A full disk of the host: the guest is told of each write that fails; it and its keeper go on.
disk=$PORTHOLE_STATE/disk
mkdir "$disk"
if dd if=/dev/zero of="$disk.img" bs=1M count=600 2>/dev/null && mkfs.ext4 -q "$disk.img" &&
    mount -o loop "$disk.img" "$disk" 2>/dev/null; then
    full() {
        PORTHOLE_STATE=$disk/state timeout 120 "$program" "$@"
    }
    trap 'full rm -f full >/dev/null 2>&1; umount "$disk"; clean_up' EXIT
    full run -d --name full --isolation vm -m 256m busybox sleep 1000 >/dev/null
    is "launched on a small disk" $? 0
    dd if=/dev/zero of="$disk/rest" bs=1M 2>/dev/null
    full exec full sh -c 'dd if=/dev/zero of=/x bs=1M count=50; sync' >/dev/null 2>&1
    is "a guest on a full disk" "$(full exec full echo alive)" alive
    is "and its state" "$(full ls -a --json | json 'd[0]["state"]')" running
    rm "$disk/rest"
    full rm -f full >/dev/null
    is "it can be removed" "$(full ls -a -q)" ""
else
    echo "SKIPPED a full disk: no loop device can be mounted here"
fi

end
