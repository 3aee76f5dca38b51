#!/bin/sh
# tests/libvterm-source.sh DIR: puts the source of the libvterm that is installed into DIR/src/libvterm, for
# -DVTERM_SOURCE=DIR/src/libvterm: the library is then built with the sanitizers of the build, which see nothing of what
# happens within one that they were not built into. Needs apt and dpkg-dev. What is there already is not fetched again.
set -eu
[ $# -eq 1 ] || { echo "usage: tests/libvterm-source.sh DIR" >&2; exit 2; }
mkdir -p "$1"
work=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC1091
. "$here/debian-source.sh"

version=$(dpkg-query -W -f '${source:Version}' libvterm-dev)
mark=$work/.version
if [ "$(cat "$mark" 2>/dev/null)" != "$version" ]; then
    apt_sources
    fetch libvterm "$version"
    [ -f "$work/src/libvterm/src/state.c" ] || { echo "libvterm-source.sh: no source of libvterm $version" >&2; exit 1; }
    echo "$version" >"$mark"
fi
