# tests/debian-source.sh - to be read by a script: sources of Debian's packages, which apt fetches and checks. Nothing in
# the system is changed. The script says in $work where all of it goes.

# Source entries of the repositories that this system has, with lists of their own.
apt_sources() {
    mkdir -p "$work/apt/lists/partial" "$work/apt/parts"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/apt/parts/$(basename "$file")"
    done
    sed -n 's/^deb \(.*\)/deb-src \1/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null \
        >"$work/apt/parts/lists.list" || true
    apt="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/apt/parts -o Dir::State::Lists=$work/apt/lists"
    # shellcheck disable=SC2086
    [ -n "$(find "$work/apt/lists" -maxdepth 1 -name '*Sources*' -print -quit)" ] ||
        apt-get $apt update || true # others' repositories often have no sources; what is missing of ours is told below
}

# fetch PACKAGE VERSION: unpacks its source as $work/src/PACKAGE.
fetch() {
    mkdir -p "$work/dsc" "$work/src"
    rm -rf "$work/src/$1"
    # shellcheck disable=SC2086
    (cd "$work/dsc" && apt-get $apt source --download-only "$1=$2" &&
        dpkg-source --no-check -x "$1_${2#*:}.dsc" "$work/src/$1")
}
