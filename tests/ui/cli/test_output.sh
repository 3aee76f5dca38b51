#!/bin/sh
# Nothing that is printed is lost on the way to whoever reads it, from containers in both modes.
. "$(dirname "$0")/lib.sh"
if [ -x "${PORTHOLE_FAKE-}" ]; then
    only fake
    python3 "$(dirname "$0")/output.py" --existing web-1 --existing untrusted-build "$PORTHOLE_FAKE"
    is "the fake engine, in both modes" $? 0
    only local
fi
can_launch
python3 "$(dirname "$0")/output.py" "$program"
is "process isolation" $? 0
why=$("$program" engines --json | json '[o["reason"] or "" for e in d for o in e["isolations"] if o["isolation"] == "vm"][0]')
if [ -z "$why" ]; then
    python3 "$(dirname "$0")/output.py" --launch=--isolation=vm "$program"
    is "VM isolation" $? 0
else
    echo "not in VMs: $why"
fi
end
