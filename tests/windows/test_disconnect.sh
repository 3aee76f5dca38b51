#!/bin/sh
# The service goes away while the interface is open, and comes back.
. "$PORTHOLE_SOURCE/tests/windows/lib.sh"
export PORTHOLE_STANDIN=seed=1,disconnect=4000,returns=3000
standin 2022

open_screen --engine hcs
sees "ping-process" "hcs ●" "running"
sees "hcs ○"
sees "hcs ●" "running"
keys q
sees "ended with 0"
end
