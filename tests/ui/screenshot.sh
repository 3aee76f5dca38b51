#!/bin/sh
# Makes ui/screenshot.svg and ui/screenshot-vm.svg, the pictures in the README, from the real program on real containers
# in both modes (needs root, runc and what VMs take).
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$here/build/release}
PORTHOLE_STATE=$(mktemp -d)
export PORTHOLE_STATE
porthole=$build/bin/porthole
clean_up() {
    "$porthole" ls -a -q | xargs -r "$porthole" rm -f >/dev/null
    rm -rf "$PORTHOLE_STATE"
}
trap clean_up EXIT
"$porthole" run -d --name web -m 256m busybox sh -c 'httpd -f -p 127.0.0.1:80 -h /etc & sleep 100000' >/dev/null
"$porthole" run -d --name pinger busybox ping 127.0.0.1 >/dev/null
"$porthole" run -d --name builder busybox sh -c 'while :; do sleep 0.05; done' >/dev/null
"$porthole" run -d --name shell -t -i busybox sh >/dev/null
"$porthole" run -d --name metrics --network host busybox sleep 100000 >/dev/null
"$porthole" run -d --name vault --isolation=vm busybox ping 127.0.0.1 >/dev/null
"$porthole" run -d --name nightly busybox sh -c 'exit 1' >/dev/null
"$porthole" pause shell >/dev/null
"$build/tests/screenshot" 30x108 '/pinger<Enter><wait>/<Ctrl-U><Enter>m<wait>' "$here/ui/screenshot.svg" "$porthole"
"$build/tests/screenshot" 30x108 '/vault<Enter><wait>/<Ctrl-U><Enter>m<wait>' "$here/ui/screenshot-vm.svg" "$porthole"
