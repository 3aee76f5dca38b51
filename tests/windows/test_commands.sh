#!/bin/sh
# The command line of porthole.exe over the stand-in computecore.dll: the experiment of the two walls, consoles, and what is
# said when the service is not there, too old, or refuses.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,still=1,pids=1
standin 2022

has "version" "$(porthole --version)" "porthole "
has "engines" "$(porthole engines --json | json '[(e["name"], e["state"]) for e in d]')" "('hcs', 'online')"
is "both walls" "$(porthole ls --json | json 'sorted((c["name"], c["isolation"]) for c in d if c["name"].startswith("ping"))')" \
    "[('ping-hyperv', 'hyperv'), ('ping-process', 'process')]"
has "inside" "$(porthole ps ping-process)" "ping.exe"

# Process isolation: the same pid on both sides. Wine's services.exe plays the container's.
pid=$(porthole map ping-process --json | json '[p["host_pid"] for p in d["processes"] if p["name"] == "services.exe"][0]')
is "the same pid" "$(porthole map ping-process --json | json "[p['pid'] for p in d['processes'] if p['host_pid'] == $pid]")" \
    "[$pid]"
is "a shared kernel" "$(porthole map ping-process --json | json 'd["wall"]')" "shared-kernel"

# Hyper-V isolation: no process of it, but the worker.
vm=$(porthole inspect ping-hyperv | grep -o '"RuntimeId":[^"]*"[^"]*"' | head -n 1 | cut -d'"' -f4)
[ -n "$vm" ] || fail "no RuntimeId of ping-hyperv"
worker vmwp.exe "$(echo "$vm" | tr a-f A-F)"
has_worker() {
    [ "$(porthole map ping-hyperv --json | json '[w["name"] for w in d["workers"]]')" = "['vmwp.exe']" ]
}
eventually "the worker of the VM" has_worker
is "nothing through the wall" "$(porthole map ping-hyperv --json | json '[p for p in d["processes"] if p["host_pid"]]')" "[]"
is "there are processes inside" "$(porthole map ping-hyperv --json | json 'len(d["processes"]) > 5')" "True"
is "its wall" "$(porthole map ping-hyperv --json | json 'd["wall"]')" "vm"
host=$(porthole map ping-hyperv --json | json 'd["workers"][0]["host_pid"]')
is "who is the worker" "$(porthole who "$host" --json | json '(d["relation"], d["name"])')" "('worker', 'vmwp.exe')"
is "who is inside" "$(porthole who "$pid" --json | json "(d['relation'], d['container_pid'] == $pid, d['name'])")" \
    "('process', True, 'services.exe')"
is "who is nobody" "$(porthole who 4294967290 >/dev/null 2>&1; echo $?)" 1

# Consoles.
is "output" "$(porthole exec ping-process cmd /c echo hello)" "$(printf 'hello\r')"
porthole exec ping-process cmd /c exit 7
is "exit code" $? 7
porthole exec ping-process nosuch.exe >/dev/null 2>&1
is "no such program" $? 127
is "input to its end" "$(echo 'exit 5' | porthole exec -i ping-hyperv cmd.exe >/dev/null 2>&1; echo $?)" 5
PORTHOLE_STANDIN=$PORTHOLE_STANDIN,early=1
is "created before it was said" "$(porthole exec ping-process cmd /c echo early)" "$(printf 'early\r')"
has "pause needs a VM" "$(porthole pause ping-process 2>&1)" "process-isolated"
porthole pause ping-hyperv >/dev/null
is "pause of a VM" $? 0
porthole stop -t 5 ping-hyperv >/dev/null
is "stop" $? 0

# The service is not as one would like.
PORTHOLE_STANDIN=refuse=1
has "refused" "$(porthole ls 2>&1)" "Hyper-V Administrators"
is "nothing to be had without a registry" "$(porthole ls >/dev/null 2>&1; echo $?)" 125
store='HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\HostComputeService\VolatileStore'
"$wine_run" reg add "$store\ComputeSystem\one" /f >/dev/null
"$wine_run" reg add "$store\ComputeSystem\two" /v ComputeSystemType /t REG_DWORD /d 2 /f >/dev/null
has "told with the list" "$(porthole ls 2>&1 >/dev/null)" "Hyper-V Administrators"
is "what the registry tells" "$(porthole ls -a --json 2>/dev/null | json 'sorted((c["id"], c["isolation"], c["state"]) for c in d)')" \
    "[('one', 'unknown', 'unknown'), ('two', 'hyperv', 'unknown')]"
is "VMs are no containers" "$(porthole ls -q 2>/dev/null | tr -d '\r')" "one"
has "the engine says so" "$(porthole engines --json | json '[(e["name"], e["state"]) for e in d]')" "('hcs', 'limited')"
has "every action says who may" "$(porthole stop one 2>&1)" "join that group"
is "none is done" "$(porthole exec one cmd >/dev/null 2>&1; echo $?)" 1
has "the host side all the same" "$(porthole who 4294967290 2>&1; porthole who "$pid" --json)" '"host"'
"$wine_run" reg delete "$store" /f >/dev/null
PORTHOLE_STANDIN=missing=1
has "missing" "$(porthole ls 2>&1)" "engine hcs"
PORTHOLE_STANDIN=seed=1,old=1
standin 1809
has "as of 1809" "$(porthole ls)" "ping-hyperv"
is "exit code as of 1809" "$(porthole exec ping-process cmd /c exit 9 >/dev/null 2>&1; echo $?)" 9
standin old
has "too old" "$(porthole ls 2>&1)" "HcsOpenComputeSystem"
standin none
has "none" "$(porthole ls 2>&1)" "no computecore.dll"

# run.cmd: from any folder, with the words and the exit code of porthole; MSYS2's bash is played by a program that ends well.
tree="$PORTHOLE_STATE/tree"
mkdir -p "$tree/build/bin" "$tree/msys64/usr/bin" "$PORTHOLE_STATE/elsewhere"
cp "$PORTHOLE_SOURCE/run.cmd" "$tree/"
cp "$PORTHOLE_REAL" "$tree/build/bin/"
run_cmd() {
    (cd "$PORTHOLE_STATE/elsewhere" && MSYS2="$1" timeout -k 5 $patience "$wine_run" cmd /c '..\tree\run.cmd' $2 2>&1 | tr -d '\r')
}
has "run.cmd without MSYS2" "$(run_cmd "c:/nowhere (x86)" --version)" 'no MSYS2 in "c:/nowhere (x86)"'
cp "$PORTHOLE_TESTS/worker.exe" "$tree/msys64/usr/bin/bash.exe"
has "run.cmd starts porthole" "$(run_cmd "$("$wine_run" winepath -w "$tree/msys64" | tr -d '\r')" --version)" "porthole "

# A library that lies beside the program is not loaded.
mkdir "$PORTHOLE_STATE/planted"
cp "$PORTHOLE_REAL" "$PORTHOLE_TESTS/standin-2022/computecore.dll" "$PORTHOLE_STATE/planted/"
PORTHOLE_REAL=$PORTHOLE_STATE/planted/porthole.exe
has "planted" "$(cd "$PORTHOLE_STATE/planted" && porthole ls 2>&1)" "no computecore.dll"
end
