#!/bin/sh
# What another user could have written is neither read nor run: folders of state, files in them, programs, settings.
. "$(dirname "$0")/lib.sh"
work=$PORTHOLE_STATE/trust
mkdir "$work"
canary=$work/canary
cat >"$work/evil" <<'EOF'
#!/bin/sh
echo "$0 $*" >>"$(dirname "$0")/canary"
EOF
chmod 755 "$work/evil"

# verdict FOLDER PROGRAM: what porthole itself would have kept of a runtime that works
verdict() {
    mkdir -p "$1"
    python3 - "$1" "$2" <<'EOF'
import json, os, sys
folder, program = sys.argv[1:]
st = os.stat(program)
boot = open("/proc/sys/kernel/random/boot_id").read().strip()
json.dump({"fingerprint": "%s %d.%09d %s" % (program, st.st_mtime_ns // 10**9, st.st_mtime_ns % 10**9, boot),
           "path": program, "name": "runc", "version": "1", "overlay": True, "seccomp": True}, open(folder + "/runtime.json", "w"))
EOF
    chmod 600 "$1/runtime.json"
}

# in FOLDER ARGS...: porthole on another state folder; what it prints, and its code behind it
in_folder() {
    folder=$1
    shift
    PORTHOLE_STATE=$folder "$program" "$@" 2>&1
    echo "code $?"
}

# refused WHAT FOLDER SENTENCE: neither read nor used
refused() {
    out=$(in_folder "$2" ls -a)
    has "$1: ls says why" "$out" "$3"
    has "$1: ls fails" "$out" "code 125"
    has "$1: run says why" "$(in_folder "$2" run --rm busybox true)" "$3"
    has "$1: engines says why" "$(in_folder "$2" engines)" "$3"
    [ ! -e "$canary" ] || fail "$1: ran $(cat "$canary")"
    rm -f "$canary"
}

if [ "$(id -u)" -eq 0 ]; then
    verdict "$work/theirs" "$work/evil"
    chown -R 65534 "$work/theirs"
    refused "a folder of another user" "$work/theirs" "$work/theirs belongs to another user (uid 65534, not 0)"

    mkdir -m 700 "$work/above"
    verdict "$work/above/state" "$work/evil"
    chown 65534 "$work/above"
    refused "a folder below another user's" "$work/above/state" "$work/above belongs to another user"
    refused "a folder to be made below another user's" "$work/above/new/state" "$work/above belongs to another user"
    [ ! -e "$work/above/new" ] || fail "a folder was made below another user's"

    mkdir -m 700 "$work/real"
    ln -s "$work/real" "$work/link"
    chown -h 65534 "$work/link"
    refused "by a link of another user" "$work/link" "$work/link belongs to another user"

    mkdir -m 700 "$work/run-theirs" "$work/run-theirs/run"
    chown 65534 "$work/run-theirs/run"
    refused "the folder of the sockets" "$work/run-theirs" "$work/run-theirs/run belongs to another user"

    can_run=yes
    command -v runc >/dev/null 2>&1 || [ -x /usr/sbin/runc ] || can_run=no
    mkdir -m 700 "$work/planted"
    verdict "$work/planted" "$work/evil"
    chown 65534 "$work/planted/runtime.json"
    in_folder "$work/planted" engines >/dev/null
    [ ! -e "$canary" ] || fail "a file of another user in a folder of ours named a program that ran"

    # settings of another user, as with sudo -E
    mkdir -p "$work/home/porthole"
    echo '{"theme": "nosuch", "engines": [{"name": "fake"}]}' >"$work/home/porthole/settings.json"
    chown -R 65534 "$work/home"
    out=$(XDG_CONFIG_HOME=$work/home "$program" --engine local ls 2>&1)
    has "settings of another user" "$out" "the settings are left out: $work/home/porthole/settings.json belongs to another user"
    hasnt "settings of another user are not read" "$(XDG_CONFIG_HOME=$work/home "$program" --engine local --help 2>&1)" nosuch

    # settings that may not even be opened, with the HOME of another user
    chown -R 0 "$work/home"
    chmod 700 "$work/home"
    chmod 711 "$PORTHOLE_STATE" "$work"
    if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$program"; then
        out=$(setpriv --reuid 65534 --regid 65534 --clear-groups env XDG_CONFIG_HOME="$work/home" "$program" --engine sim ls 2>&1)
        has "settings that may not be opened" "$out" "the settings are left out: Cannot open the settings $work/home"
        has "settings that may not be opened: it goes on" "$out" "ISOLATION"
    fi
    chmod 700 "$PORTHOLE_STATE" "$work"

    # a daemon of another user, as with sudo -E
    mkdir -p "$work/theirs-run/podman"
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$work/theirs-run/podman/podman.sock"
    chown -R 65534 "$work/theirs-run"
    out=$(env -u DOCKER_HOST XDG_RUNTIME_DIR="$work/theirs-run" "$program" --engine docker engines --json 2>&1)
    hasnt "a daemon of another user" "$out" "$work/theirs-run"
fi

verdict "$work/open" "$work/evil"
chmod 777 "$work/open"
refused "a folder that all may write" "$work/open" "$work/open can be written by other users (mode 0777), so it is not used: chmod go-w $work/open"
chmod 770 "$work/open"
refused "a folder that a group may write" "$work/open" "can be written by other users (mode 0770)"

mkdir -m 777 "$work/wide"
verdict "$work/wide/state" "$work/evil"
chmod 777 "$work/wide"
refused "a folder below one that all may write" "$work/wide/state" "$work/wide can be written by other users"

# Files that were planted while a folder was open: the verdict names no program, whatever it says.
verdict "$work/own" "$work/evil"
chmod 700 "$work/own"
in_folder "$work/own" engines >/dev/null
in_folder "$work/own" ls >/dev/null
[ ! -e "$canary" ] || fail "runtime.json named a program, and it ran: $(cat "$canary")"
verdict "$work/loose" "$work/evil"
chmod 700 "$work/loose"
chmod 666 "$work/loose/runtime.json"
in_folder "$work/loose" engines >/dev/null
[ ! -e "$canary" ] || fail "a verdict that all may write was followed"
rm -f "$work/own/runtime.json"
mkfifo "$work/own/runtime.json"
has "a FIFO in place of a file ends" "$(PORTHOLE_STATE=$work/own timeout 60 "$program" ls -a 2>&1; echo "code $?")" "code 0"
rm -f "$work/own/runtime.json"

# Relative parts of PATH are not searched, whatever program it is.
mkdir "$work/here"
for name in runc crun busybox cp qemu-system-x86_64 mksquashfs pasta ssh docker-credential-x; do
    cp "$work/evil" "$work/here/$name"
done
for path in ".:$PATH" ":$PATH" "here:$PATH" "$PATH:"; do
    (cd "$work/here" && PATH=$path PORTHOLE_STATE=$work/fresh "$program" engines >/dev/null 2>&1)
    (cd "$work/here" && PATH=$path DOCKER_HOST=ssh://127.0.0.1:1 "$program" --engine docker ls >/dev/null 2>&1)
    [ ! -e "$work/here/canary" ] || fail "PATH=$path: ran $(cat "$work/here/canary")"
    rm -rf "$work/here/canary" "$work/fresh"
done

# A state names what is killed and removed: it must be the container's own.
state() { # FILE MEMBERS
    cat >"$1" <<EOF
{"id":"0123456789ab","state":"running","boot":"$(cat /proc/sys/kernel/random/boot_id)",
 "isolation":"process","argv":["sh"],$2"spec":{"image":"busybox","name":"planted"}}
EOF
    chmod 600 "$1"
}
mkdir -m 700 -p "$work/own/containers/0123456789ab" "$work/own/states"
sleep 1000 &
victim=$!
started=$(awk '{ print $22 }' "/proc/$victim/stat")
state "$work/own/states/0123456789ab.json" "\"pid\":$victim,"
in_folder "$work/own" ls -a >/dev/null
in_folder "$work/own" rm -f planted >/dev/null
kill -0 $victim 2>/dev/null || fail "a pid without a start time was killed"
if [ "$(id -u)" -eq 0 ] && group=$(find /sys/fs/cgroup -maxdepth 1 -name pids -o -maxdepth 1 -name cgroup.procs | head -n 1) &&
    [ -n "$group" ]; then
    [ -d "$group" ] || group=/sys/fs/cgroup
    name=porthole-test-$$
    if mkdir "$group/$name" && echo $victim >"$group/$name/cgroup.procs"; then
        mkdir -m 700 -p "$work/own/containers/0123456789ab"
        state "$work/own/states/0123456789ab.json" "\"cgroup\":\"/$name\","
        out=$(in_folder "$work/own" ls -a)
        has "another cgroup: the row says it" "$out" lost
        in_folder "$work/own" rm -f 0123456789ab >/dev/null
        kill -0 $victim 2>/dev/null || fail "a process of a cgroup that is not the container's was killed"
        [ -d "$group/$name" ] || fail "a cgroup that is not the container's was removed"
    fi
fi
kill $victim 2>/dev/null
wait $victim 2>/dev/null
[ -z "${name-}" ] || rmdir "$group/$name" 2>/dev/null

end
