#!/bin/sh
# Which number a process has in its container, and how it belongs to it: checked against what the container itself says.
. "$(dirname "$0")/lib.sh"
can_launch
[ "$(id -u)" -eq 0 ] || skip "namespaces are entered by root only"

who() {
    "$program" who "$1" --json | json "$2"
}

# running COMMAND: the host pid of the process with that command line; false when there is none
running() {
    python3 -c 'import glob, sys
for name in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        if open(name, "rb").read() == sys.argv[1].replace(" ", "\0").encode() + b"\0":
            print(name.split("/")[2])
            sys.exit(0)
    except OSError:
        pass
sys.exit(1)' "$1"
}

"$program" run -d --name outer busybox sleep 1000 >/dev/null
"$program" run -d --name other busybox sleep 1000 >/dev/null
first=$("$program" ls --json | json '[c["pid"] for c in d if c["name"] == "outer"][0]')

# A nested pid namespace: the process is 1 in there, and something else in the container.
unshare=$(command -v unshare)
"$unshare" --version >/dev/null 2>&1 || skip "no unshare here"
nsenter -a -t "$first" unshare -pf sleep 20010.25 &
entered=$!
eventually "it runs" running "sleep 20010.25"
nested=$(running "sleep 20010.25")
levels=$(awk '/^NSpid/ { print NF - 1 }' "/proc/$nested/status")
is "three numbers" "$levels" 3
mine=$(awk '/^NSpid/ { print $3 }' "/proc/$nested/status")
is "the number at the container's level" "$(who "$nested" '(d["container"], d["container_pid"])')" "('outer', $mine)"
is "entered from outside" "$(who "$nested" 'd["membership"]')" namespace
has "and said" "$("$program" who "$nested")" "entered the container's process namespace from outside"
hasnt "not process 1" "$("$program" who "$nested")" "is process 1 of"
kill "$entered" "$nested" 2>/dev/null

# By exec it is inside in every way.
"$program" exec outer sh -c 'sleep 20020.25' &
runner=$!
eventually "it runs" running "sleep 20020.25"
inside=$(running "sleep 20020.25")
is "by exec" "$(who "$inside" '(d["container"], d["container_pid"], d["membership"], d["thread"])')" \
    "('outer', $(awk '/^NSpid/ { print $NF }' "/proc/$inside/status"), 'full', None)"
kill "$inside"
wait "$runner"

# A process of the host that was put into the container's cgroup is not in its process namespace.
sleep 20030.25 &
guest=$!
put() {
    for line in $(sed 's/^[0-9]*:\([^:]*\):/\1|/' "/proc/$first/cgroup"); do
        name=${line%%|*} path=${line#*|}
        case $name in
        "") root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts) ;;
        *) root=$(awk -v n="${name#name=}" '$3 == "cgroup" && ("," $4 ",") ~ ("[,=]" n ",") { print $2; exit }' /proc/mounts) ;;
        esac
        [ -n "$root" ] && echo "$guest" >"$root$path/cgroup.procs" 2>/dev/null
    done
}
put
is "in its cgroup only" "$(who "$guest" '(d["container"], d["container_pid"], d["membership"])')" "('outer', None, 'cgroup')"
has "and said" "$("$program" who "$guest")" "put into the container's cgroup from outside"
kill "$guest"

# A thread has a number of its own.
python3 -c 'import threading, time
t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start()
print(t.native_id, flush=True); time.sleep(60)' >"$PORTHOLE_STATE/thread" &
python=$!
eventually "it has a thread" test -s "$PORTHOLE_STATE/thread"
thread=$(cat "$PORTHOLE_STATE/thread")
is "who is a thread" "$(who "$thread" '(d["pid"], d["thread"], d["relation"])')" "($python, $thread, 'host')"
has "in words" "$("$program" who "$thread")" "$thread is a thread of $python"
kill "$python"

# What has ended and was not waited for belongs to its container still, and does not stand alone in the map.
"$program" run -d --name careless busybox sh -c 'sleep 0.2 & exec sleep 1000' >/dev/null
parent=$("$program" ls --json | json '[c["pid"] for c in d if c["name"] == "careless"][0]')
zombie() {
    awk -v p="$parent" '/^State/ { s = $2 } /^Pid:/ { n = $2 } /^PPid/ && $2 == p && s == "Z" { print n }' \
        /proc/[0-9]*/status 2>/dev/null | grep .
}
eventually "it has ended" zombie
pid=$(zombie)
if [ -n "$pid" ]; then
    is "a zombie" "$(who "$pid" '(d["container"], d["container_pid"])')" \
        "('careless', $(awk '/^NSpid/ { print $NF }' "/proc/$pid/status"))"
    has "said" "$("$program" who "$pid")" "has ended"
    hasnt "not unpaired" "$("$program" map careless)" " $pid "
else
    fail "there is no zombie to look at"
fi

is "the host has no such process" "$("$program" who 4194305 2>&1)" "porthole: the host has no process 4194305"
end
