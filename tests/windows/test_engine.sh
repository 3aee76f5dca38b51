#!/bin/sh
# The engine "hcs" and its provider as C programs over the stand-in computecore.dll.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
standin 2022
patience=240

# run WORDS PROGRAM ARGS...
run() {
    words=$1
    program=$2
    shift 2
    PORTHOLE_STANDIN=$words timeout -k 5 $patience "$wine_run" "$PORTHOLE_TESTS/$program.exe" "$@" >"$PORTHOLE_STATE/log" 2>&1
    code=$?
    [ $code -eq 0 ] || cat "$PORTHOLE_STATE/log"
    is "$program $*" $code 0
}

run systems=14,seed=7,still=1 calls_computecore
run systems=14,seed=7,disconnect=1500 calls_computecore disconnect
run systems=14,seed=7,still=1,delay=0,linger=30 calls_computecore early
run systems=14,seed=7,fresh=1 conformance_computecore
run systems=14,seed=7,fresh=1,shutdown=late,shutdown=strict,errors=old conformance_computecore
run systems=14,seed=7,fresh=1,shutdown=never,shutdown=bare,terminate=late,errors=win32 conformance_computecore
end
