# What the tests under Wine share. They need PORTHOLE_BINARY (porthole.exe), PORTHOLE_TESTS (the folder of the stand-ins) and
# PORTHOLE_SOURCE; checks as in tests/ui/cli/lib.sh.
PORTHOLE_REAL=$PORTHOLE_BINARY
. "$PORTHOLE_SOURCE/tests/ui/cli/lib.sh"
command -v wine >/dev/null 2>&1 || skip "no wine here"
wine_run=$PORTHOLE_SOURCE/tests/windows/wine.sh
export PORTHOLE_WINE="${PORTHOLE_WINE:-$PORTHOLE_SOURCE/build/wine}"
system32=$PORTHOLE_WINE/drive_c/windows/system32
program_data=$PORTHOLE_WINE/drive_c/ProgramData
patience=60

# porthole ARGS...: bounded, so that nothing hangs
porthole() {
    timeout -k 5 $patience "$wine_run" "$PORTHOLE_REAL" "$@"
}

# standin MAKE: this Windows has that computecore.dll from now on, and what comes with it; "none": it has none
standin() {
    "$wine_run" cmd /c exit >/dev/null 2>&1 # makes it, if this is the first test
    remove_standins
    [ "$1" = none ] || cp "$PORTHOLE_TESTS/standin-$1"/*.dll "$system32/"
}

remove_standins() {
    rm -f "$system32/computecore.dll" "$system32/vmcompute.dll" "$system32/computenetwork.dll"
}

workers=""
screen=""
clean_up() {
    [ -z "$screen" ] || tmux -L "$screen" kill-server >/dev/null 2>&1
    for pid in $workers; do
        kill "$pid" 2>/dev/null
    done
    remove_standins
    rm -rf "$PORTHOLE_STATE" "$program_data/standin" "$program_data/porthole" "$program_data/docker"
}

# worker NAME WORDS...: a process of that name, with those words in its command line, until the test ends
worker() {
    name=$1
    shift
    cp "$PORTHOLE_TESTS/worker.exe" "$PORTHOLE_STATE/$name"
    WINEPREFIX=$PORTHOLE_WINE WINEDEBUG=-all wine "$PORTHOLE_STATE/$name" $((patience * 2)) "$@" >/dev/null 2>&1 </dev/null &
    workers="$workers $!"
}

# open_screen ARGS...: porthole on a console of 100 columns and 30 rows, or those of the variables cols and rows
open_screen() {
    command -v tmux >/dev/null 2>&1 || skip "no tmux here"
    screens=$((${screens-0} + 1)) # a server of its own: one that is being killed takes new sessions with it
    screen=porthole-$$-$screens
    tmux -L "$screen" -f /dev/null new-session -d -x "${cols-100}" -y "${rows-30}" \
        "'$wine_run' '$PORTHOLE_REAL' $*; echo ended with \$?; sleep $((patience * 5))"
}

keys() {
    tmux -L "$screen" send-keys "$@"
}

shown() {
    tmux -L "$screen" capture-pane -p
}

# sees TEXT...: each is on the screen within the time, all at once
all_shown() {
    now=$(shown)
    for text in "$@"; do
        case $now in
        *"$text"*) ;;
        *) return 1 ;;
        esac
    done
}

sees() {
    checks=$((checks + 1))
    tries=0
    until all_shown "$@"; do
        tries=$((tries + 1))
        if [ $tries -gt $((patience * 10)) ] || ! tmux -L "$screen" has-session 2>/dev/null; then
            fail "never on the screen: $*"
            shown
            return 1
        fi
        sleep 0.1
    done
}
