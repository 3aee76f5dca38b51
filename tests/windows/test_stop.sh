#!/bin/sh
# How containers end, by porthole.exe over hosts of every manner that HCS is known to have: when it answers a shutdown, and in
# which form it takes one.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
standin 2022
host=systems=14,seed=7,still=1

# stopped WORDS...: in each mode, by itself
stopped() {
    export PORTHOLE_STANDIN="$host$1"
    for name in ping-process ping-hyperv; do
        out=$(porthole stop -t 30 $name 2>&1)
        is "stop of $name$1" "$? $out" "0 $name"
    done
}
stopped ""
stopped ,shutdown=late,errors=old
stopped ,shutdown=never
stopped ,shutdown=strict
stopped ,shutdown=bare,errors=win32
stopped ,teardown=117000,speed=100,shutdown=late

# killed WORDS REMARK: it is over, and why it was a kill is said
killed() {
    export PORTHOLE_STANDIN="$host$1"
    out=$(porthole stop -t 1 ping-process 2>"$PORTHOLE_STATE/remark")
    is "stop that became a kill$1" "$? $out" "0 ping-process"
    has "its remark$1" "$(cat "$PORTHOLE_STATE/remark")" "$2"
}
killed ,stubborn=1 "ping-process was killed: it had not ended 1 s after it was asked to"
killed ,stubborn=1,shutdown=late "HCS had not even answered that"
killed ,stubborn=1,shutdown=never,terminate=never "HCS had not even answered that"
killed ,shutdown=unreachable "HCS_E_CONNECT_FAILED"
killed ,shutdown=strict,shutdown=bare,errors=old "Windows says: Invalid JSON document"

export PORTHOLE_STANDIN="$host,terminate=never"
is "a kill whose answer does not come" "$(porthole kill ping-hyperv 2>&1)" ping-hyperv
is "a time of none is a kill" "$(porthole stop -t 0 ping-hyperv 2>&1)" ping-hyperv
has "no time without end" "$(porthole stop -t -1 ping-hyperv 2>&1)" "seconds from 0"
export PORTHOLE_STANDIN="$host,disconnect=2500,stubborn=1"
has "a service that goes away has ended nothing" "$(porthole stop -t 60 ping-process 2>&1; echo "code $?")" "code 1"

# In the interface: a kill goes out beside the stop that is under way, and both say what became of them.
export PORTHOLE_STANDIN="$host,stubborn=1,shutdown=never"
open_screen --engine hcs
sees "ISOLATION" "ping-hyperv"
keys /
keys -l "ping-proc"
keys Enter
sees "▸ □ process  ping-process"
keys x
sees "is asked to end"
keys y
sees "Stopping ping-process"
keys C-k
sees "ends at once"
keys y
sees "ping-process was killed: it was terminated by somebody else"
keys q
sees "ended with 0"
end
