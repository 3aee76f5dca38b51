#!/bin/sh
# A stop that became a kill says so, and why; one that did not says nothing. Locally, and on a simulated Windows host.
. "$(dirname "$0")/lib.sh"

# stop_says WHAT REMARK ENGINE ARGS...: it goes well, its name is printed, and the remark is on standard error
stop_says() {
    what=$1 remark=$2
    shift 2
    out=$("$program" --engine "$@" 2>"$PORTHOLE_STATE/remark")
    is "$what" "$? $out" "0 $last"
    if [ -n "$remark" ]; then
        has "$what: its remark" "$(cat "$PORTHOLE_STATE/remark")" "$remark"
    else
        is "$what: no remark" "$(cat "$PORTHOLE_STATE/remark")" ""
    fi
}

host=sim:systems=14,seed=7,still=1
last=ping-hyperv
stop_says "a stop" "" $host stop ping-hyperv
stop_says "a stop that is answered late" "" $host,shutdown=late,shutdown=strict,errors=old stop ping-hyperv
stop_says "a stop that is never answered" "" $host,shutdown=never,shutdown=bare stop ping-hyperv
stop_says "its time is over" "porthole: ping-hyperv was killed: it had not ended 30 s after it was asked to" \
    $host,speed=60,stubborn=1 stop ping-hyperv
stop_says "and nobody has answered" "HCS had not even answered that" \
    $host,speed=60,stubborn=1,shutdown=late stop -t 20 ping-hyperv
stop_says "nobody is there to be asked" "HCS_E_CONNECT_FAILED" $host,shutdown=unreachable stop ping-hyperv
stop_says "a kill at once was wanted" "" $host,stubborn=1 stop -t 0 ping-hyperv
out=$("$program" --engine $host,speed=300,stubborn=1,terminate=deaf stop ping-hyperv 2>&1)
is "it cannot be ended" $? 1
has "it cannot be ended" "$out" "it is still there"
hasnt "it cannot be ended" "$out" "was killed"

for time in -1 soon 1.5 "" 86401 99999999999999999999; do
    out=$("$program" --engine $host stop -t "$time" ping-hyperv 2>&1)
    is "a time of '$time'" $? 2
    has "a time of '$time'" "$out" "seconds from 0 (it is killed at once) to 86400 (a day), not '$time'"
done

# The local engine; without it what was found above counts all the same.
[ $failures -eq 0 ] || end
can_launch
last=deaf
"$program" run -d --name deaf busybox sleep 1000 >/dev/null
stop_says "a local stop" "porthole: deaf was killed: it had not ended 1 s after it was asked to" local stop -t 1 deaf
"$program" start deaf >/dev/null
stop_says "a local restart" "it had not ended 1 s" local restart -t 1 deaf
stop_says "a kill at once" "" local stop -t 0 deaf
"$program" start deaf >/dev/null
"$program" stop -t 600 deaf 2>"$PORTHOLE_STATE/long" >/dev/null &
stop=$!
sleep 1
stop_says "a kill beside a stop" "" local kill deaf
wait $stop
has "who asked for the stop is told" "$(cat "$PORTHOLE_STATE/long")" "somebody else killed it while it was stopping"
last=obedient
"$program" run -d --name obedient busybox sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done' >/dev/null
eventually "it listens" sh -c "'$program' ps obedient | grep -q sleep"
stop_says "a stop that is heard" "" local stop -t 60 obedient
end
