#!/bin/sh
# Whose a container's namespaces are, on the local engine: compared with /proc, not with porthole.
. "$(dirname "$0")/lib.sh"
can_launch

# same NAMESPACE PID: has it the host's, as process 1 or kthreadd or this shell shows it?
same() {
    [ "$(readlink "/proc/$2/ns/$1")" = "$(readlink "/proc/$$/ns/$1")" ] && echo host || echo own
}
fact() { # NAME FACT FIELD
    of "$1" "[f['$3'] for f in c['facts'] if f['fact'] == '$2'][0]"
}

"$program" run -d --name plain busybox sleep 1000 >/dev/null
pid=$(of plain "c['pid']")
for pair in mount:mnt network:net pid:pid ipc:ipc uts:uts user:user cgroup:cgroup; do
    is "${pair%%:*}" "$(fact plain "ns.${pair%%:*}" state)" "$(same "${pair#*:}" "$pid")"
    is "where it was read" "$(fact plain "ns.${pair%%:*}" source)" "{'how': 'seen', 'what': '/proc/$pid/ns/${pair#*:}'}"
done
for kind in mount network pid ipc uts; do
    is "its own" "$(fact plain "ns.$kind" state)" own
    is "and no crossing" "$(of plain "[x for x in c['crossings'] or [] if x['kind'] == '$kind']")" "[]"
done
is "in inspect, too" "$("$program" inspect plain | json 'sorted(d[0]["porthole"])')" "['crossings', 'facts']"

if [ "$(id -u)" -eq 0 ]; then
    "$program" run -d --name netted --network host busybox sleep 1000 >/dev/null
    is "the host's network" "$(fact netted ns.network state)" host
    is "once" "$(of netted "[x['outside'] for x in c['crossings'] if x['kind'] == 'network']")" "['host']"

    # When it does not run any more, there is nothing to be seen.
    "$program" kill netted >/dev/null
    is "of what does not run, what was asked for" "$(fact netted ns.network source)" \
        "{'how': 'asked', 'what': '--network'}"
    is "and no more" "$(fact netted ns.pid state)" "not told"
fi

# An engine that tells nothing.
fake=$(dirname "$program")/../tests/bin/porthole-fake
if [ -x "$fake" ]; then
    is "silence" "$("$fake" --engine fake ls -a --json | json \
        'sorted({f["state"] for c in d for f in c["facts"] if f["fact"] != "ns.network"})')" "['not told']"
    is "no source" "$("$fake" --engine fake ls -a --json | json \
        '{str(f["source"]) for c in d for f in c["facts"] if f["state"] == "not told"}')" "{'None'}"
    is "and no crossings, known or not" "$("$fake" --engine fake ls -a --json | json \
        '[c["name"] for c in d if c["crossings"] == [] and c["isolation"] == "process"]')" "[]"
fi
end
