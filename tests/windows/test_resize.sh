#!/bin/sh
# The console window gets another size: the interface, a shell in it, and `exec -it` follow.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,still=1
standin 2022

# on_console WORDS...: porthole on a console whose size can be changed
on_console() {
    command -v tmux >/dev/null 2>&1 || skip "no tmux here"
    screens=$((${screens-0} + 1))
    screen=porthole-$$-$screens
    tmux -L "$screen" -f /dev/null new-session -d -x 120 -y 40 \
        "'$wine_run' '$PORTHOLE_TESTS/console_probe.exe' resizable '$PORTHOLE_STATE/size' '$PORTHOLE_REAL' $*; echo ended with \$?; sleep $((patience * 5))"
}

is_taken() {
    [ ! -e "$PORTHOLE_STATE/size" ]
}

resize() {
    echo "$1 $2" >"$PORTHOLE_STATE/part"
    mv "$PORTHOLE_STATE/part" "$PORTHOLE_STATE/size"
    eventually "the size is set" is_taken
}

# The bottom line stands in that row.
bottom_is() {
    shown | sed -n "$1p" | grep -q "$2"
}

on_console --engine hcs
sees "ISOLATION" "ping-process" "hcs ●"
eventually "drawn in 40 rows" bottom_is 40 "q quit"
resize 24 90
eventually "drawn anew in 24 rows" bottom_is 24 "q quit"
keys /
keys -l "ping-proc"
keys Enter
sees "▸ □ process  ping-process"
keys e
sees "typing" "Microsoft Windows [Version"
mode() {
    keys -l "cls & mode"
    keys Enter
}
mode
sees "Lines:          13" "Columns:        90"
resize 30 100
eventually "drawn anew in 30 rows" bottom_is 30 "leave the console"
mode
sees "Lines:          19" "Columns:        100"
keys C-]
keys q
keys y
sees "ended with 0"
tmux -L "$screen" kill-server

on_console --engine hcs exec -it ping-process cmd.exe
sees "Microsoft Windows [Version"
mode
sees "Lines:          40" "Columns:        120"
resize 24 90
mode
sees "Lines:          24" "Columns:        90"
keys -l "exit 5"
keys Enter
sees "ended with 5"
end
