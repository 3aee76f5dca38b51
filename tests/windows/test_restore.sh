#!/bin/sh
# A program that dies leaves the console as it was.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
standin none
cp "$PORTHOLE_TESTS/console_probe.exe" "$PORTHOLE_STATE/probe.exe"
for end in crash abort; do
    echo "@probe.exe modes modes.txt"
    echo "@probe.exe $end"
    echo "@probe.exe modes modes.txt"
done >"$PORTHOLE_STATE/all.cmd"
echo "@echo over" >>"$PORTHOLE_STATE/all.cmd"
cd "$PORTHOLE_STATE" || exit 1
command -v tmux >/dev/null 2>&1 || skip "no tmux here"
screen=porthole-$$
tmux -L "$screen" -f /dev/null new-session -d -x 100 -y 40 "'$wine_run' cmd /c all.cmd; sleep $patience"
sees "over"
modes=$(sort modes.txt | uniq -c | awk '{ print $1 }')
is "all modes are the same" "$modes" 4
[ "$modes" = 4 ] || cat modes.txt
end
