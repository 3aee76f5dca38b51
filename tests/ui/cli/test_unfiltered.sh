#!/bin/sh
# An OCI runtime that runs containers but does not filter their system calls is not used, and that is said.
. "$(dirname "$0")/lib.sh"
can_launch
runc=$(command -v runc || echo /usr/sbin/runc)
[ -x "$runc" ] || skip "no runc here"
rm "$PORTHOLE_STATE/runtime.json"

# Both names, so that no other runtime of this machine is taken instead: what the bundle asks for is left out.
tools=$PORTHOLE_STATE/tools
mkdir "$tools"
cat >"$tools/runc" <<END
#!/bin/sh
last=
for word in "\$@"; do
    [ "\$last" != --bundle ] || python3 - "\$word/config.json" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))
config["linux"].pop("seccomp", None)
json.dump(config, open(sys.argv[1], "w"))
PYTHON
    last=\$word
done
exec "$runc" "\$@"
END
chmod 755 "$tools/runc"
cp "$tools/runc" "$tools/crun"
said=$(PATH=$tools:$PATH "$program" run --rm busybox true 2>&1)
is "a run without a filter" $? 125
has "and what it says" "$said" "runc cannot run a container here: it does not filter the container's system calls"
is "no verdict is kept" "$(ls "$PORTHOLE_STATE" | grep -c runtime.json)" 0

# A verdict of a version that did not look is no verdict.
is "with the real one" "$("$program" run --rm busybox grep -c '^Seccomp:.*2$' /proc/self/status)" 1
python3 - "$PORTHOLE_STATE/runtime.json" <<'END'
import json, sys
verdict = json.load(open(sys.argv[1]))
del verdict["seccomp"]
verdict["version"] = "of before"
json.dump(verdict, open(sys.argv[1], "w"))
END
"$program" run --rm busybox true
hasnt "an old verdict is looked into again" "$(cat "$PORTHOLE_STATE/runtime.json")" "of before"
end
