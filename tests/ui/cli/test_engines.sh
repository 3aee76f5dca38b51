#!/bin/sh
# Two engines of one kind at once: each has a name of its own, and so has what it runs. On the fake engine.
. "$(dirname "$0")/lib.sh"
fake=$(dirname "$program")/../tests/bin/porthole-fake
[ -x "$fake" ] || skip "there is no $fake"
both() {
    "$fake" --engine fake=containers=4 --engine fake=containers=4,seed=9 "$@"
}

is "engines" "$(both engines --json | json '[(e["name"], e["type"]) for e in d]')" \
    "[('fake', 'fake'), ('fake@containers=4,seed=9', 'fake')]"
is "ls" "$(both ls --json | json 'sorted(c["engine"] for c in d if c["name"] == "web-1")')" \
    "['fake', 'fake@containers=4,seed=9']"
said=$(both ps web-1 2>&1)
is "one of two" $? 1
is "and what it says" "$said" "porthole: there is a container web-1 on fake and on fake@containers=4,seed=9: \
say which, as in fake/web-1, or give its id"
is "of the first" "$(both inspect fake/web-1 | json 'd[0]["name"]')" web-1
id=$(both ls --json | json '[c["id"] for c in d if c["engine"] != "fake" and c["name"] == "web-1"][0]')
is "of the second" "$(both inspect fake@containers=4,seed=9/web-1 | json 'd[0]["id"]')" "$id"
is "by its id" "$(both inspect "$id" | json 'd[0]["name"]')" web-1
has "no such engine" "$(both ps nosuch/web-1 2>&1)" "no engine is called 'nosuch'"
has "not on that one" "$(both ps fake/nothing 2>&1)" "no such container: fake/nothing"

# By the names that the lists show, the settings' engines can be chosen.
mkdir -p "$XDG_CONFIG_HOME/porthole"
echo '{"engines": [{"name": "fake"}, {"name": "fake", "address": "containers=4,seed=9"}]}' \
    >"$XDG_CONFIG_HOME/porthole/settings.json"
is "engines of the settings" "$("$fake" engines --json | json 'len(d)')" 2
is "one of them" "$("$fake" --engine fake@containers=4,seed=9 inspect web-1 | json 'd[0]["id"]')" "$id"
end
