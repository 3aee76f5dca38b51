#!/bin/sh
# The simulated Windows host looks the same in porthole.exe on a console as on Linux: the screens are those of tests/ui.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export NO_COLOR=1
cols=120
rows=40

is_golden() {
    shown | sed 's/ *$//' >"$PORTHOLE_STATE/now"
    sed 's/ *$//' "$PORTHOLE_SOURCE/tests/ui/screens/$1.txt" | cmp -s - "$PORTHOLE_STATE/now"
}

# golden NAME: the screen becomes that
golden() {
    checks=$((checks + 1))
    tries=0
    until is_golden "$1"; do
        tries=$((tries + 1))
        if [ $tries -gt $((patience * 5)) ] || ! tmux -L "$screen" has-session 2>/dev/null; then
            fail "$1 looks otherwise here:"
            sed 's/ *$//' "$PORTHOLE_SOURCE/tests/ui/screens/$1.txt" | diff - "$PORTHOLE_STATE/now"
            return
        fi
        sleep 0.2
    done
}

# look NAME KEYS...: what these keys show
look() {
    name=$1
    shift
    open_screen --engine sim:systems=14,seed=20,still=1
    sees "ISOLATION" "ping-process"
    keys "$@"
    golden "$name"
    keys q
    sees "ended with 0"
    tmux -L "$screen" kill-server
}

look sim-120x40 [ [
look sim-map-process-120x40 / p i n g - p r o c e s s Enter ]
look sim-map-hyperv-120x40 / p i n g - h y p e r v Enter ]
end
