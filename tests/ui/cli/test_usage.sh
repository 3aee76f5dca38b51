#!/bin/sh
# Help, wrong usage, broken settings: one clear sentence, the right exit code, and documents that know every option.
. "$(dirname "$0")/lib.sh"

for command in $("$program" --help | awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }'); do
    help=$("$program" "$command" --help)
    is "$command --help" $? 0
    has "$command --help" "$help" "Usage: porthole $command"
    "$program" "$command" --no-such-option >/dev/null 2>&1
    is "$command with a wrong option" $? 2
    grep -qE "\.BR .*\b$command\b" "$PORTHOLE_SOURCE/ui/cli/porthole.1" || fail "the manual page does not know $command"
    for option in $(echo "$help" | grep -oE -- '--[a-z][a-z-]*' | sort -u); do
        grep -qF -- "$(echo "$option" | sed 's/-/\\-/g')" "$PORTHOLE_SOURCE/ui/cli/porthole.1" ||
            fail "the manual page does not know $option of $command"
    done
done
"$program" no-such-command >/dev/null 2>&1
is "no such command" $? 2
"$program" --engine nonsense ls >/dev/null 2>&1
is "no such engine" $? 125
has "version" "$("$program" --version)" "porthole "
has "who without a number" "$("$program" who me 2>&1)" "positive number"
nowhere() {
    DOCKER_HOST=unix://$PORTHOLE_STATE/docker.sock "$program" --engine local --engine docker "$@"
}
has "an engine that was named and is not there" "$(nowhere ls 2>&1)" "engine docker: cannot reach"
nowhere ls >/dev/null 2>&1
is "and the list is not complete" $? 125
has "a container that may be there" "$(nowhere ps nobody 2>&1)" "engine docker: cannot reach"
echo '{ "theme": "dark", // fine
  "colour": 1 }' >"$PORTHOLE_STATE/settings.json"
has "an unknown key names its line" "$("$program" --settings "$PORTHOLE_STATE/settings.json" ls 2>&1)" "line 2"
echo '{ "theme": ' >"$PORTHOLE_STATE/settings.json"
"$program" --settings "$PORTHOLE_STATE/settings.json" ls >/dev/null 2>&1
is "settings that are not JSON" $? 1
has "the interface without a terminal" "$("$program" </dev/null 2>&1 | cat)" "terminal"
"$program" ls >/dev/full 2>/dev/null
is "a full disk at standard output" $? 1
end
