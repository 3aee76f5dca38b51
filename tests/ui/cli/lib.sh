# What the command line's tests share: a private state folder, cleaned up however the test ends; checks that say what
# they saw.
set -u
program=$PORTHOLE_BINARY
PORTHOLE_STATE=$(mktemp -d "${TMPDIR:-/tmp}/porthole-cli.XXXXXX")
export PORTHOLE_STATE
export XDG_CONFIG_HOME=$PORTHOLE_STATE/config
mkdir -p "$XDG_CONFIG_HOME/porthole"
# only ENGINE: without it all, and docker's containers are those of whoever runs the tests
only() {
    echo '{"engines": [{"name": "'"$1"'"}]}' >"$XDG_CONFIG_HOME/porthole/settings.json"
}
only local
failures=0
checks=0

clean_up() {
    for id in $("$program" ls -a -q 2>/dev/null); do
        "$program" rm -f "$id" >/dev/null 2>&1
    done
    rm -rf "$PORTHOLE_STATE"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
}

# is WHAT GOT WANTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"
}

# has WHAT TEXT PART
has() {
    checks=$((checks + 1))
    case $2 in
    *"$3"*) ;;
    *) fail "$1: '$3' is not in '$2'" ;;
    esac
}

# hasnt WHAT TEXT PART
hasnt() {
    checks=$((checks + 1))
    case $2 in
    *"$3"*) fail "$1: '$3' is in '$2'" ;;
    esac
}

# eventually WHAT COMMAND...: true within ten seconds
eventually() {
    checks=$((checks + 1))
    what=$1
    shift
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ]; then
            fail "$what: never true: $*"
            return
        fi
        sleep 0.05
    done
}

# json EXPRESSION: evaluates a Python expression over the JSON on standard input, as d
json() {
    python3 -c 'import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# ask ADDRESS PORT: what the server there says at once; nothing when there is none
ask() {
    python3 -c 'import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
print(s.recv(100).decode().strip())' "$1" "$2" 2>/dev/null
}

# of NAME EXPRESSION: of its row, as c
of() {
    "$program" ls -a --json | json "[$2 for c in d if c['name'] == '$1'][0]"
}

end() {
    echo "$checks checks, $failures failed"
    [ $failures -eq 0 ]
    exit $?
}

can_launch() {
    command -v runc >/dev/null 2>&1 || command -v crun >/dev/null 2>&1 || [ -x /usr/sbin/runc ] ||
        skip "no runc and no crun here"
    command -v busybox >/dev/null 2>&1 || skip "no busybox here"
    out=$("$program" engines --json | json '[o["reason"] for o in d[0]["isolations"] if o["isolation"] == "process"][0]')
    [ "$out" = None ] || skip "process isolation does not work here: $out"
}
