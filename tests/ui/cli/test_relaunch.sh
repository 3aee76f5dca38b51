#!/bin/sh
# The toggle from the command line: what can run how (check), and the same container again in the other mode
# (relaunch). On the fake engine, which has both modes; and on the real one, as far as it goes here.
. "$(dirname "$0")/lib.sh"
fake=$(dirname "$program")/../tests/bin/porthole-fake
server='trap "exit 0" TERM; echo ready; while :; do sleep 1; done' # it ends when it is asked to
# ready NAME: it is so far
ready() {
    eventually "$1 is ready" sh -c "'$program' logs $1 | grep -q ready"
}

# The rules of Windows, for a host that is elsewhere.
rule() {
    "$program" check --host-build "$1" --host-edition "$2" --image-build "$3" image --json |
        json '[m["verdict"] for m in d["modes"]]'
}
is "2022 on 2022" "$(rule 20348 server 20348)" "['ok', 'ok']"
is "2019 on 2022" "$(rule 20348 server 10.0.17763.1)" "['refuse', 'ok']"
is "2025 on 2022" "$(rule 20348 server 26100)" "['refuse', 'refuse']"
is "a client" "$(rule 26100 pro 26100)" "['warn', 'ok']"
"$program" check --host-build 20348 --image-build 26100 image >/dev/null
is "nothing works" $? 1
out=$("$program" check --host-build 20348 --image-build 17763 image)
is "something works" $? 0
has "the reason" "$out" "built for 17763, and this host takes 20348 only"
has "the source" "$out" "Version compatibility"
has "the host by name" "$out" "Windows Server 2022"
is "the default of a client" "$("$program" check --host-build 26100 --host-edition pro --image-build 26100 x --json | json 'd["default"]')" hyperv
"$program" check --host-build new image 2>/dev/null
is "no build" $? 2
"$program" check 2>/dev/null
is "no image" $? 2
"$program" check no-such-image >/dev/null 2>&1
is "an image that nobody has" $? 1

# By a Windows host that is here: the simulated one knows its build.
out=$("$program" --engine sim check --image-build 17763 image --json)
has "the host's own build" "$(echo "$out" | json 'd["host_build"] > 10000')" True
is "by the rules" "$(echo "$out" | json '(d["modes"][0]["verdict"], "17763" in d["modes"][0]["reason"])')" "('refuse', True)"

# By the engine that has it.
[ -x "$fake" ] || fail "there is no $fake"
if [ -x "$fake" ]; then
    only fake
    is "check, fake" "$("$fake" check busybox --json | json '[(m["isolation"], m["verdict"]) for m in d["modes"]]')" \
        "[('process', 'ok'), ('vm', 'ok')]"
    has "what it costs" "$("$fake" check busybox)" "it costs about 400 MB"
    is "check, no VMs" "$("$fake" --engine fake=novm=1 check busybox --json | json '[m["verdict"] for m in d["modes"]]')" \
        "['ok', 'refuse']"
    echo '{"engines": [{"name": "fake", "isolation": "hyperv"}]}' >"$XDG_CONFIG_HOME/porthole/settings.json"
    is "the settings' default" "$("$fake" check busybox --json | json 'd["default"]')" vm
    is "and of engines" "$("$fake" engines --json | json 'd[0]["default_isolation"]')" vm
    is "and what run does" "$("$fake" run busybox true >/dev/null 2>&1; echo $?)" 0
    only fake

    # Within one run of the program: the fake engine forgets all when it ends.
    is "relaunch" "$("$fake" relaunch --yes web-1 2>&1 | wc -l | tr -d ' ')" 1
    has "kept without a word" "$("$fake" relaunch ping-process 2>&1 </dev/null)" "ping-process is kept"
    hasnt "kept when told so" "$("$fake" relaunch --keep ping-process 2>&1 </dev/null)" "porthole:"
    has "no VMs, no relaunch" "$("$fake" --engine fake=novm=1 relaunch cache 2>&1)" \
        "Cannot relaunch cache as vm: This machine has no means to run VMs"
    only local
fi

# With real containers: into the same mode, since this is what every machine can do.
can_launch
"$program" run -d --name web -e A=kept busybox sh -c "$server" >/dev/null
ready web
id=$("$program" relaunch --isolation process --yes web)
is "relaunch" $? 0
is "the new one has the settings" "$("$program" exec "$id" sh -c 'echo $A')" kept
is "its name, and the old one is gone" "$("$program" ls -a --json | json '[c["name"] for c in d]')" "['web-process']"
is "its mode was asked for" "$("$program" ls --json | json 'd[0]["isolation_origin"]')" requested
"$program" relaunch --isolation process --keep --name again web-process >/dev/null
is "both" "$("$program" ls -a --json | json 'sorted(c["name"] for c in d)')" "['again', 'web-process']"
"$program" relaunch --isolation process --name again web-process >/dev/null 2>&1
is "a name that is taken" $? 125
is "failure changes nothing" "$("$program" ls --json | json 'sorted(c["name"] for c in d)')" "['again', 'web-process']"
"$program" run -d --name brief busybox true >/dev/null
eventually "it has exited" sh -c "'$program' ls -a | grep -q 'exited 0'"
said=$("$program" relaunch --isolation process --yes brief 2>&1 >/dev/null)
is "one that does not go on running" $? 1
has "the old one is kept then" "$said" "brief is kept"
is "it is" "$("$program" ls -a --json | json 'sorted(c["name"] for c in d if c["name"].startswith("brief"))')" \
    "['brief', 'brief-process']"
"$program" relaunch --isolation sideways web-process 2>/dev/null
is "no mode" $? 2
"$program" relaunch nothing 2>/dev/null
is "no container" $? 1

# The toggle itself, where the machine can do both.
vm=$("$program" engines --json | json '[o["available"] for e in d for o in e["isolations"] if e["name"] == "local" and o["isolation"] == "vm"][0]')
if [ "$vm" = True ]; then
    "$program" relaunch --yes web-process >/dev/null
    is "into a VM" "$("$program" ls -a --json | json '[(c["name"], c["isolation"], c["host_visible"]) for c in d if c["name"].startswith("web")]')" \
        "[('web-vm', 'vm', False)]"
    is "with the settings" "$("$program" exec web-vm sh -c 'echo $A')" kept
    "$program" relaunch --yes web-vm >/dev/null
    is "and out of it" "$("$program" ls -a --json | json '[(c["name"], c["isolation"]) for c in d if c["name"].startswith("web")]')" \
        "[('web-process', 'process')]"
    is "with the settings still" "$("$program" exec web-process sh -c 'echo $A')" kept
fi

# The image is the one that it had, also where its name means another one by now.
folder=$(mktemp -d)
mkdir -p "$folder/bin" "$folder/dev" "$folder/etc" "$folder/proc" "$folder/sys" "$folder/tmp"
cp "$(command -v busybox)" "$folder/bin/busybox"
for applet in sh cat sleep echo; do ln -s busybox "$folder/bin/$applet"; done
echo first >"$folder/version"
"$program" image import moving "$folder" >/dev/null
"$program" run -d --name tagged moving sh -c "$server" >/dev/null
ready tagged
echo second >"$folder/version"
"$program" image import moving "$folder" >/dev/null
"$program" relaunch --isolation process --yes tagged >/dev/null
is "the image that it had" "$("$program" exec tagged-process cat /version)" first
"$program" rm -f tagged-process >/dev/null
rm -rf "$folder"

# Ports go from the old one to the new one; both cannot have them.
if [ "$(id -u)" -eq 0 ] && command -v pasta >/dev/null 2>&1 && [ -n "$(ip route show default 2>/dev/null)" ]; then
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$program" run -d --name served -p "127.0.0.1:$port:80" busybox sh -c "$server" >/dev/null
    ready served
    "$program" relaunch --isolation process --keep served >/dev/null
    is "ports are handed over" \
        "$("$program" ls -a --json | json '[(c["name"], c["state"]) for c in d if c["ports"]]')" \
        "[('served', 'exited'), ('served-process', 'running')]"
fi
end
