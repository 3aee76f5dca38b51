#!/bin/sh
# porthole.exe where HCS (the stand-in computecore.dll) and Docker (on its pipe) know the same containers, both found by
# themselves.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,still=1
standin 2022

ids=$(porthole --engine hcs ls --json | json '" ".join(c["id"] for c in sorted(d, key=lambda c: c["isolation"], reverse=True) if c["owner"] == "docker")')
web=${ids%% *} cache=${ids##* }
is "two of docker's" "${#ids}" 129
of() { # what of these fields porthole tells of the container
    porthole ls -a --json | json "[tuple(c[f] for f in '$2'.split()) for c in d if c['id'] == '$1'][0]"
}
is "HCS alone" "$(of "$web" 'name engine engines owner crossings')" "('$(echo "$web" | cut -c1-12)', 'hcs', ['hcs'], 'docker', None)"

WINEPREFIX=$PORTHOLE_WINE WINEDEBUG=-all wine "$PORTHOLE_TESTS/daemon.exe" '\\.\pipe\docker_engine' "$web" "$cache" >/dev/null 2>&1 </dev/null &
workers="$workers $!"
both_online() {
    [ "$(porthole engines --json | json 'sorted((e["name"], e["state"]) for e in d)')" = "[('docker', 'online'), ('hcs', 'online')]" ]
}
eventually "both engines" both_online
is "one row" "$(of "$web" 'name engine image owner state isolation isolation_origin')" \
    "('web', 'docker', 'servercore:ltsc2022', 'compose shop', 'running', 'process', 'default')"
is "known by both" "$(of "$cache" 'name isolation note')" "('cache', 'hyperv', None)"
is "engines" "$(porthole ls --json | json "sorted([c['engines'] for c in d if c['id'] == '$cache'][0])")" "['docker', 'hcs']"
is "ports" "$(of "$web" ports)" "(['8080->80/tcp'],)"
is "docker's alone" "$(of c3c7d1e06b6b3d5b9c4d0c2f3a8e7f60112233445566778899aabbccddeeff00 'name state exit_code engines')" \
    "('old', 'exited', 3, ['docker'])"
is "processes are HCS's" "$(porthole ps web --json | json '(len(d) > 5, "docker-says.exe" in [p["name"] for p in d])')" \
    "(True, False)"
has "what is done is docker's" "$(porthole kill web 2>&1)" "docker was asked"
has "behind its back, when one says so" "$(porthole --engine hcs kill "$web" && echo done)" done
standin none
is "docker alone" "$(porthole ps web --json 2>/dev/null | json '[p["name"] for p in d]')" "['docker-says.exe']"
end
