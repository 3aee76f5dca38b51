#!/bin/sh
# Two engines of one kind at once: each has a name of its own, and so has what it runs; and what lists are filtered by.
# On the fake engine.
. "$(dirname "$0")/lib.sh"
fake=$(dirname "$program")/../tests/bin/porthole-fake
[ -x "$fake" ] || skip "there is no $fake"
only fake
both() {
    "$fake" --engine fake=containers=4 --engine fake=containers=4,seed=9 "$@"
}

is "engines" "$(both engines --json | json '[(e["name"], e["type"]) for e in d]')" \
    "[('fake', 'fake'), ('fake@containers=4,seed=9', 'fake')]"
has "rows name their engine where there are several" "$(both ls)" ENGINE
hasnt "and only there" "$("$fake" ls)" ENGINE
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

# Filters, as docker's: what is in one place; several must all fit; a state shows those that do not run as well.
names() {
    "$fake" ls --json "$@" | json 'sorted(c["name"] for c in d)'
}
is "by label" "$(names --filter label=tier)" "['db', 'web-1']"
is "by label and value" "$(names --filter label=tier=back)" "['db']"
is "by project and name" "$(names --filter project=shop --filter name=web)" "['web-1']"
is "by health" "$(names -f health=unhealthy)" "['db']"
has "by state, without -a" "$(names --filter status=exited)" "nightly"
hasnt "by isolation" "$(names --filter isolation=vm)" "web-1"
"$fake" ls --filter status=asleep >/dev/null 2>&1
is "no such state" $? 2
has "and what it says" "$("$fake" ls --filter status=asleep 2>&1)" "'asleep' is no state to filter by"
is "what is told" "$("$fake" ls --json | json '[(c["health"], c["restart_policy"], c["project"], c["labels"]["tier"])
    for c in d if c["name"] == "web-1"]')" "[('healthy', 'always', 'shop', 'front')]"
has "in the table" "$("$fake" ls)" "running (unhealthy)"

# By the names that the lists show, the settings' engines can be chosen.
mkdir -p "$XDG_CONFIG_HOME/porthole"
echo '{"engines": [{"name": "fake"}, {"name": "fake", "address": "containers=4,seed=9"}]}' \
    >"$XDG_CONFIG_HOME/porthole/settings.json"
is "engines of the settings" "$("$fake" engines --json | json 'len(d)')" 2
is "one of them" "$("$fake" --engine fake@containers=4,seed=9 inspect web-1 | json 'd[0]["id"]')" "$id"
end
