#!/bin/sh
# The main job, as the README tells it: launch, list, look through the wall, exec, logs, stop, remove.
. "$(dirname "$0")/lib.sh"
can_launch

id=$("$program" run -d --name web busybox sleep 1000)
is "run -d prints an id" "${#id}" 12
has "ls" "$("$program" ls)" web
is "isolation" "$("$program" ls --json | json 'd[0]["isolation"]')" process
is "host_visible" "$("$program" ls --json | json 'd[0]["host_visible"]')" True

# The experiment: ping is seen on both sides, with both pids; checked against /proc, not against porthole.
"$program" run -d --name pinger busybox ping 127.0.0.1 >/dev/null
inner=$("$program" ps pinger --json | json 'd[0]["pid"]')
host=$("$program" ps pinger --json | json 'd[0]["host_pid"]')
is "pid inside" "$inner" 1
has "the host's own view of that pid" "$(tr '\0' ' ' <"/proc/$host/cmdline")" "ping 127.0.0.1"
is "its NSpid" "$(awk '/^NSpid/ { print $NF }' "/proc/$host/status")" 1
is "map pairs them" "$("$program" map pinger --json | json 'd["processes"][0]["host_pid"]')" "$host"
is "the wall" "$("$program" map pinger --json | json 'd["wall"]')" shared-kernel
has "map draws it" "$("$program" map pinger)" "──┼──"
has "who" "$("$program" who "$host")" "is process 1 of container pinger"
is "who --json" "$("$program" who "$host" --json | json 'd["container"], d["relation"], d["container_pid"]')" \
    "('pinger', 'process', 1)"
is "who of a stranger" "$("$program" who $$ --json | json 'd["container"], d["relation"]')" "(None, 'host')"
keeper=$("$program" ls --json | json '[w["host_pid"] for c in d if c["name"] == "pinger" for w in c["workers"]][0]')
is "who of the keeper" "$("$program" who "$keeper" --json | json 'd["relation"]')" keeper
eventually "logs" sh -c "'$program' logs pinger | grep -q 'bytes from 127.0.0.1'"
has "logs -t" "$("$program" logs -t -n 1 pinger)" "Z "

# exec: output, input, environment, folder, user, exit codes.
is "exec" "$("$program" exec web echo hello)" hello
is "exec -i" "$(echo through | "$program" exec -i web cat)" through
if [ "$(id -u)" -eq 0 ]; then
    is "exec -e -w -u" "$("$program" exec -e A=b -w /tmp -u 65534 web sh -c 'echo $A $PWD $(id -u)')" "b /tmp 65534"
else
    is "exec -e -w -u" "$("$program" exec -e A=b -w /tmp -u 0 web sh -c 'echo $A $PWD $(id -u)')" "b /tmp 0"
    has "another user, without root" "$("$program" exec -u 65534 web true 2>&1)" "one user only"
fi
"$program" exec web sh -c 'exit 7'
is "exit code of exec" $? 7
"$program" exec web no-such-program 2>/dev/null
is "exec of nothing" $? 127
"$program" exec web /etc/passwd 2>/dev/null
is "exec of a text file" $? 126
is "stderr apart" "$("$program" exec web sh -c 'echo out; echo err >&2' 2>/dev/null)" out
is "a lot through a pipe" "$("$program" exec web sh -c 'head -c 20000000 /dev/zero' | wc -c | tr -d ' ')" 20000000
is "a lot into it" "$(head -c 20000000 /dev/zero | "$program" exec -i web wc -c)" 20000000

# run in the foreground: nothing that it prints at once is lost; its exit code is ours.
is "run" "$("$program" run --rm busybox echo once)" once
"$program" run --rm busybox sh -c 'exit 42'
is "exit code of run" $? 42
"$program" run --rm busybox no-such-program 2>/dev/null
is "run of nothing" $? 127
"$program" run --rm no-such-image true 2>/dev/null
is "run of no image" $? 125
is "said once" "$("$program" run --rm busybox no-such-program 2>&1 | wc -l | tr -d ' ')" 1
"$program" run --rm -u nobody-knows busybox true 2>/dev/null
is "run as nobody known" $? 125
"$program" run --rm -w tmp busybox true 2>/dev/null
is "run in a relative folder" $? 125
"$program" exec -u nobody-knows web true 2>/dev/null
is "exec as nobody known" $? 126
"$program" run --rm busybox echo hi >/dev/full 2>/dev/null
is "run with a full disk at its output" $? 125
is "run without standard input" "$("$program" run --rm busybox echo hi <&-)" hi
"$program" ls >&-
is "ls without standard output" $? 0
is "inspect is an array" "$("$program" inspect web web | json 'len(d), d[0]["created"][-1]')" "(2, 'Z')"
"$program" run --frobnicate 2>/dev/null
is "a wrong flag" $? 2
is "run -i" "$(echo piped | "$program" run -i --rm busybox cat)" piped
"$program" run -d --name web busybox true >/dev/null 2>&1
is "a name twice" $? 125
has "and what it says" "$("$program" run -d --name web busybox true 2>&1)" web
is "settings of run" "$("$program" run --rm -e X=1 -w /tmp --hostname box busybox sh -c 'echo $X $PWD $(hostname)')" "1 /tmp box"
mkdir "$PORTHOLE_STATE/shared-folder"
echo outside >"$PORTHOLE_STATE/shared-folder/file"
is "-v" "$("$program" run --rm -v "$PORTHOLE_STATE/shared-folder:/mnt:ro" busybox cat /mnt/file)" outside
has "-v ro" "$("$program" run --rm -v "$PORTHOLE_STATE/shared-folder:/mnt:ro" busybox touch /mnt/x 2>&1)" "Read-only"
"$program" run -d --name open --network host -v "$PORTHOLE_STATE/shared-folder:/mnt" busybox sleep 100 >/dev/null
# Whether users and cgroups are the host's goes by the rights and the kernel: test_boundary.sh looks at these.
is "crossings" "$("$program" ls --json | json '[sorted({x["kind"] for x in c["crossings"]} - {"user", "cgroup"})
    for c in d if c["name"] == "open"][0]')" "['folder', 'network']"
leftover=$("$program" ls -a --json | json '[c["name"] for c in d if c["name"] not in ("web", "pinger", "open")]')
is "--rm leaves nothing" "$leftover" "[]"

# Labels are kept; what needs a daemon is refused with the reason.
"$program" run -d --name labelled -l team=red --label plain busybox sleep 1000 >/dev/null
is "labels" "$("$program" ls --json | json '[c["labels"] for c in d if c["name"] == "labelled"][0]')" \
    "{'team': 'red', 'plain': ''}"
is "filter by label" "$("$program" ls --filter label=team=red --json | json '[c["name"] for c in d]')" "['labelled']"
"$program" rm -f labelled >/dev/null
has "--restart" "$("$program" run --rm --restart always busybox true 2>&1)" "has no daemon"
has "a volume" "$("$program" run --rm -v data:/in busybox true 2>&1)" "keeps no volumes"
"$program" run --rm --restart never busybox true 2>/dev/null
is "a wrong policy" $? 2
printf 'GREETING=hello there\n' >"$PORTHOLE_STATE/vars"
is "--env-file" "$("$program" run --rm --env-file "$PORTHOLE_STATE/vars" busybox sh -c 'echo $GREETING')" "hello there"

# A device of the host, and no more of it than was asked for. Loop devices need no driver for this: who may not is
# told so before anybody asks for one.
if [ "$(id -u)" -eq 0 ] && mknod "$PORTHOLE_STATE/loop" c 10 237 2>/dev/null; then
    refusal="Operation not permitted"
    has "without --device" "$("$program" run --rm busybox sh -c 'mknod /dev/l c 10 237; : </dev/l' 2>&1)" "$refusal"
    hasnt "--device" "$("$program" run --rm --device "$PORTHOLE_STATE/loop:/dev/l" busybox sh -c ': <>/dev/l' 2>&1)" "$refusal"
    hasnt "--device :r, read" \
        "$("$program" run --rm --device "$PORTHOLE_STATE/loop:/dev/l:r" busybox sh -c ': </dev/l' 2>&1)" "$refusal"
    has "--device :r, write" \
        "$("$program" run --rm --device "$PORTHOLE_STATE/loop:/dev/l:r" busybox sh -c ': >>/dev/l' 2>&1)" "$refusal"
    "$program" run -d --name withdevice --device "$PORTHOLE_STATE/loop:/dev/l" busybox sleep 1000 >/dev/null
    is "a crossing" "$("$program" ls --json | json '[c["crossings"][0]["kind"] for c in d if c["name"] == "withdevice"][0]')" \
        device
    "$program" rm -f withdevice >/dev/null
fi
has "no device" "$("$program" run --rm --device /etc/passwd busybox true 2>&1)" "is no device"
has "a device and a VM" "$("$program" run --rm --isolation vm --device /dev/null busybox true 2>&1)" "--isolation process"
"$program" run --rm --device fuse busybox true 2>/dev/null
is "a wrong device" $? 2

# stop, start, pause, kill, rm.
if [ "$(id -u)" -eq 0 ]; then
    "$program" pause pinger >/dev/null
    is "paused" "$("$program" ls --json | json '[c["state"] for c in d if c["name"] == "pinger"][0]')" paused
    "$program" resume pinger >/dev/null
fi
is "running" "$("$program" ls --json | json '[c["state"] for c in d if c["name"] == "pinger"][0]')" running
is "stop" "$("$program" stop -t 1 web)" web
is "stopped" "$("$program" ls -a --json | json '[c["state"] for c in d if c["name"] == "web"][0]')" exited
"$program" exec web true 2>/dev/null
is "exec on a stopped one" $? 1
"$program" start web >/dev/null
is "again" "$("$program" exec web echo again)" again
before=$("$program" ls --json | json '[c["started"] for c in d if c["name"] == "web"][0]')
is "restart" "$("$program" restart -t 0 web)" web
is "and it is another run" "$("$program" ls --json | json '[c["started"] > "'"$before"'" for c in d if c["name"] == "web"][0]')" True
is "rename says nothing" "$("$program" rename web harbour && "$program" rename harbour web 2>&1)" ""
has "a bad name" "$("$program" rename web "no way" 2>&1)" 'Cannot rename web to "no way": a name has letters'
has "a taken name" "$("$program" rename web pinger 2>&1)" "the name pinger is taken"
"$program" rename web 2>/dev/null
is "rename without a name" $? 2
"$program" restart -t soon web 2>/dev/null
is "restart with a wrong time" $? 2
"$program" restart nothing 2>/dev/null
is "restart of nothing" $? 1
"$program" rm web 2>/dev/null
is "rm of a running one" $? 1
"$program" kill web >/dev/null
eventually "killed" sh -c "'$program' ls -a --json | python3 -c 'import json,sys; d=json.load(sys.stdin); sys.exit([c for c in d if c[\"name\"]==\"web\"][0][\"exit_code\"] != 137)'"
is "rm" "$("$program" rm web)" web
is "rm -f" "$("$program" rm -f pinger open | tr '\n' ' ')" "pinger open "
is "nothing is left" "$("$program" ls -a -q)" ""
eventually "the process is gone" sh -c "! test -d /proc/$host"
hasnt "no mount is left" "$(cat /proc/self/mountinfo)" "$PORTHOLE_STATE"
"$program" rm nothing 2>/dev/null
is "rm of nothing" $? 1
end
