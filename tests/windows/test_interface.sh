#!/bin/sh
# The interface of porthole.exe, driven by keys on Wine's console in a terminal.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,pids=1
standin 2022

open_screen --engine hcs
sees "ISOLATION" "ping-hyperv" "hyperv" "ping-process" "process" "hcs"
keys /
keys -l "ping-proc"
keys Enter
sees "▸ □ process  ping-process"
keys m
sees "Host map" "shared" "services.exe" "──┼─────────────┼──"
keys Escape
keys e
sees "Microsoft Windows"
keys -l "echo one two"
keys Enter
sees "one two"
keys -l "exit 3"
keys Enter
sees "exited with code 3"
keys Escape
keys Escape
keys "?"
sees "Help" "Attach"
keys Escape
keys w
pid=$(porthole map ping-process --json | json '[p["pid"] for p in d["processes"] if p["host_pid"]][0]')
keys -l "$pid"
keys Enter
sees "Process $pid runs inside"
keys Escape
keys q
sees "ended with 0"
end
