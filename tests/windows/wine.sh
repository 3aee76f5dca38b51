#!/bin/sh
# tests/windows/wine.sh PROGRAM ARGS...: runs it under Wine, with a Windows of our own in PORTHOLE_WINE (build/wine).
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
export WINEPREFIX="${PORTHOLE_WINE:-$here/build/wine}"
export WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES="mscoree,mshtml="
if [ ! -f "$WINEPREFIX/ready" ]; then
    mkdir -p "$WINEPREFIX"
    ( # one makes it, others wait (not for Wine's services, which must not inherit the lock)
        flock 9
        [ -f "$WINEPREFIX/ready" ] || { { wine wineboot -i && wine winecfg -v win10; } >"$WINEPREFIX/boot.log" 2>&1 </dev/null 9>&- && touch "$WINEPREFIX/ready"; }
    ) 9>"$WINEPREFIX/lock"
fi
if [ -t 1 ]; then
    exec wine "$@"
fi
# Wine's services start with the first program and stay for a while: they must not keep somebody waiting for the end of
# what that program prints.
out=$(mktemp) err=$(mktemp)
code=0
wine "$@" >"$out" 2>"$err" || code=$?
cat "$out"
cat "$err" >&2
rm -f "$out" "$err"
exit $code
