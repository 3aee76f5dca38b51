#!/bin/sh
# The interface of porthole.exe, driven by keys on Wine's console in a terminal.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,pids=1
standin 2022

# Escape, and not as a part of the next key
back() {
    keys Escape
    sleep 0.5
}

open_screen --engine hcs
sees "ISOLATION" "ping-hyperv" "hyperv" "ping-process" "process" "hcs"
keys /
keys -l "ping-proc"
keys Enter
sees "▸ □ process  ping-process"
keys m
sees "Host map" "shared" "services.exe" "──┼─────────────┼──"
back
keys e
sees "typing" "Microsoft Windows [Version"
keys -l "echo one two"
keys Enter
sees "one two"
keys -l "exit 3"
keys Enter
sees "exited with code 3"
back
keys "?"
sees "Help" "Attach"
back
keys w
pid=$(porthole map ping-process --json | json '[p["pid"] for p in d["processes"] if p["host_pid"]][0]')
keys -l "$pid"
keys Enter
sees "Process $pid runs inside"
back
keys q
sees "ended with 0"
tmux -L "$screen" kill-server

# A process whose creation hangs in HCS is given up with Ctrl-C.
runs() {
    ps -eo args | grep -q "^[^ ]*porthole[.]exe --engine hcs exec ping-process $1"
}
for program in hangs.exe stuck.exe; do
    open_screen --engine hcs exec ping-process $program "2>&1"
    eventually "it is under way" runs $program
    keys C-c
    sees "ended with"
    tmux -L "$screen" kill-server
done
end
