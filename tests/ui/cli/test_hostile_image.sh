#!/bin/sh
# Images whose places for mounts are links, devices, FIFOs: whatever the OCI runtime makes or removes stays in the
# container's folder. A canary of the host, to which the links lead, is compared before and after.
. "$(dirname "$0")/lib.sh"
can_launch
busybox=$(command -v busybox)
canary=$PORTHOLE_STATE/canary

make_canary() {
    rm -rf "$canary"
    mkdir -p "$canary/pts" "$canary/shm" "$canary/sub"
    for host in ptmx fd stdin stdout stderr core null zero full random urandom tty console mqueue self sys hosts \
        hostname resolv.conf passwd group file; do
        echo "of the host" >"$canary/$host"
    done
}

listing() {
    find "$canary" -printf '%P %y %m %U %s %l %T@ %C@\n' | sort
}

# image NAME: $root becomes that image; what the test wants to be hostile has been put there before.
new_root() {
    root=$PORTHOLE_STATE/root
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/tmp"
    cp "$busybox" "$root/bin/busybox"
    for applet in sh ls cat id sleep grep mkfifo ln mv rm mkdir echo true test stat; do
        ln -s busybox "$root/bin/$applet"
    done
}

import() {
    tar -C "$root" -cf "$PORTHOLE_STATE/image.tar" .
    "$program" image import "$1" "$PORTHOLE_STATE/image.tar" >/dev/null || fail "import of $1"
}

# safe WHAT COMMAND...: the canary is as it was; what the command printed is in $out
safe() {
    what=$1
    shift
    make_canary
    listing >"$PORTHOLE_STATE/before"
    out=$(timeout 60 "$@" 2>&1)
    code=$?
    listing >"$PORTHOLE_STATE/after"
    checks=$((checks + 1))
    [ $code -ne 124 ] || fail "$what hangs"
    difference=$(diff "$PORTHOLE_STATE/before" "$PORTHOLE_STATE/after") || fail "$what: the host's files: $difference"
}

made='for p in /dev /proc /sys /etc; do [ -d $p ] && [ ! -L $p ] || echo "not real: $p"; done
[ -c /dev/null ] || echo no null; [ -d /dev/pts ] || echo no pts; [ -e /proc/self/status ] || echo no proc
[ -d /sys/kernel ] || echo no sys; grep -q localhost /etc/hosts || echo no hosts
[ "$(cat /etc/hostname)" = box ] || echo no hostname; echo end'
works() {
    safe "$1" "$program" run --rm --hostname box "$2" sh -c "$made"
    is "$1" "$out" end
}

for place in dev proc sys etc; do
    for target in "$canary" "../../../../../../..$canary" "$place" /no/such/place; do
        new_root
        ln -s "$target" "$root/$place"
        import evil
        works "/$place is a link to $target" evil
    done
    new_root
    echo text >"$root/$place"
    import evil
    works "/$place is a file" evil
    new_root
    mkfifo "$root/$place"
    import evil
    works "/$place is a FIFO" evil
done

# All at once, and what lies in /dev.
new_root
for place in dev proc sys etc; do ln -s "$canary" "$root/$place"; done
import evil
works "all are links" evil
new_root
mkdir "$root/dev"
for place in pts shm mqueue ptmx fd stdin null console tty; do ln -s "$canary/$place" "$root/dev/$place"; done
import evil
works "places in /dev are links" evil
safe "a terminal" "$program" run --rm -t --hostname box evil sh -c 'test -c /dev/console && test -t 0 && echo "terminal"'
has "a terminal" "$out" terminal

for kind in link dangling fifo folder; do
    new_root
    mkdir "$root/etc"
    for name in hosts hostname resolv.conf; do
        case $kind in
        link) ln -s "$canary/$name" "$root/etc/$name" ;;
        dangling) ln -s /no/such/place "$root/etc/$name" ;;
        fifo) mkfifo "$root/etc/$name" ;;
        folder) mkdir "$root/etc/$name" ;;
        esac
    done
    import evil
    works "/etc/hosts is a $kind" evil
done
new_root
mkdir -p "$root/etc/hosts/full"
import evil
safe "/etc/hosts is a folder with something in it" "$program" run --rm evil true
has "and that is said" "$out" "has a folder with files there"

# Volumes and devices go where the container would find the place, and that is below its root.
mkdir "$PORTHOLE_STATE/shared"
echo shared >"$PORTHOLE_STATE/shared/file"
new_root
mkdir -p "$root/run"
ln -s "$canary" "$root/data"
ln -s ../../../../run "$root/varrun"
ln -s /later "$root/soon"
ln -s dev "$root/devices"
import evil
safe "a volume at a link" "$program" run --rm -v "$PORTHOLE_STATE/shared:/data" evil cat /data/file
is "a volume at a link" "$out" shared
safe "a volume beyond a link" "$program" run --rm -v "$PORTHOLE_STATE/shared:/data/sub/new" evil cat /data/sub/new/file
is "a volume beyond a link" "$out" shared
safe "a file beyond a link" "$program" run --rm -v "$PORTHOLE_STATE/shared/file:/varrun/x.sock" evil cat /run/x.sock
is "a file beyond a link is where the container finds it" "$out" shared
safe "a link to what is missing" "$program" run --rm -v "$PORTHOLE_STATE/shared:/soon" evil cat /later/file
is "a link to what is missing" "$out" shared
safe "the host's folder in the place of /dev, by a link" \
    "$program" run --rm -v "$canary:/devices" evil cat /dev/fd
is "the host's folder in the place of /dev, by a link" "$out" "of the host"
safe "a folder to work in" "$program" run --rm -w /data/sub/work evil sh -c 'test -d /data/sub/work && echo yes'
is "a folder to work in" "$out" yes
"$program" run --rm -v "$PORTHOLE_STATE/shared:/bin/busybox" evil true 2>"$PORTHOLE_STATE/said"
is "a folder at a file" $? 125
has "and what is said" "$(cat "$PORTHOLE_STATE/said")" "the image has a file there"
if [ "$(id -u)" -eq 0 ]; then
    safe "a device beyond a link" "$program" run --rm --device /dev/null:/data/null evil sh -c 'stat -c %F /data/null'
    is "a device beyond a link" "$out" "character special file"
    safe "a device in /dev beyond a link" \
        "$program" run --rm --device /dev/zero:/devices/nought evil sh -c 'stat -c %F /dev/nought'
    is "a device in /dev beyond a link" "$out" "character special file"
fi

# Users: of the image's own files, never of the host's, and never of something that has no end.
new_root
mkdir "$root/etc"
ln -s "$canary/passwd" "$root/etc/passwd"
ln -s "$canary/group" "$root/etc/group"
import evil
safe "/etc/passwd is a link" "$program" run --rm evil echo in
is "/etc/passwd is a link" "$out" in
echo 'spy:x:0:0::/spy:/bin/sh' >"$canary/passwd"
"$program" run --rm -u spy evil true 2>/dev/null
is "a user of the host" $? 125
for name in passwd group; do
    new_root
    mkdir "$root/etc"
    mkfifo "$root/etc/fifo"
    ln -s fifo "$root/etc/$name"
    import evil
    safe "/etc/$name is a FIFO" "$program" run --rm evil true
    is "/etc/$name is a FIFO" "$code" 125
    has "/etc/$name is a FIFO" "$out" "/etc/$name is a FIFO"
done

# A container that has run before has made its links itself.
new_root
import evil
"$program" run -d --name again --hostname box -v "$PORTHOLE_STATE/shared:/data/x" evil \
    sh -c "test -e /once || { : >/once; mv /etc /old; ln -s $canary /etc; mv /data /data2; ln -s $canary /data; chmod 555 /; exit; }; $made" >/dev/null
eventually "it has ended" sh -c "'$program' ls -a --json | grep -q exited"
make_canary
safe "a second start" "$program" start again
eventually "it has ended again" sh -c "'$program' logs again | grep -q '^end'"
is "a second start" "$("$program" logs again | grep -v '^mv:')" end
listing >"$PORTHOLE_STATE/after"
is "the host's files after a second start" "$(diff "$PORTHOLE_STATE/before" "$PORTHOLE_STATE/after")" ""
safe "removing it" "$program" rm again

# An exec of a container that has made /etc/passwd a FIFO says so instead of waiting.
new_root
mkdir "$root/etc"
echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
import evil
"$program" run -d --name fifo evil sh -c 'rm /etc/passwd; mkfifo /etc/passwd; : >/ready; sleep 1000' >/dev/null
eventually "it is ready" test -e "$PORTHOLE_STATE"/containers/*/rootfs/ready
safe "exec with a FIFO" "$program" exec fifo true
has "exec with a FIFO" "$out" "/etc/passwd is a FIFO"
for folder in "$canary/work" /proc/self/fd/7/work /proc/1/cwd/x; do
    safe "exec in $folder" "$program" exec -w "$folder" -u 0 fifo true
done
safe "kill" "$program" kill fifo
safe "rm" "$program" rm -f fifo

# All of it again without root, where the files are a copy and the runtime has a user namespace.
if [ "$(id -u)" -eq 0 ] && setpriv --reuid 65534 test -x "$program" 2>/dev/null; then
    checks=$((checks + 1))
    setpriv --reuid 65534 --regid 65534 --clear-groups env -u PORTHOLE_STATE -u XDG_CONFIG_HOME sh "$0"
    code=$?
    [ $code -eq 0 ] || [ $code -eq 77 ] || fail "without root"
fi
end
