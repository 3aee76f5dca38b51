#!/bin/sh
# A network of the container's own: published ports lead in, nothing else does, and nothing of it is left behind.
. "$(dirname "$0")/lib.sh"
can_launch
[ "$(id -u)" -eq 0 ] || skip "the network nat needs root"
command -v pasta >/dev/null 2>&1 || skip "no pasta here"
[ -n "$(ip route show default 2>/dev/null)" ] || skip "this machine has no way out, so pasta has nothing to show inside"

answers() {
    [ "$(ask 127.0.0.1 "$port")" = "from inside" ]
}
gone() {
    ! test -d "/proc/$helper"
}

port=$(free_port)
server='while true; do echo from inside | nc -l -p 80; done'
"$program" run -d --name web -p "127.0.0.1:$port:80" busybox sh -c "$server" >/dev/null
is "launched" $? 0
eventually "a published port" answers
is "ls --json" "$(of web "c['ports']")" "['127.0.0.1:$port->80/tcp']"
has "ls" "$("$program" ls)" "127.0.0.1:$port->80/tcp"
is "a crossing" "$(of web "[(x['kind'], x['outside'], x['inside']) for x in c['crossings'] if x['kind'] == 'port']")" \
    "[('port', '127.0.0.1:$port', '80/tcp')]"
has "inspect" "$("$program" inspect web)" "127.0.0.1:$port"

# Its helper is known for what it is, on both sides of the wall.
helper=$(of web "[w['host_pid'] for w in c['workers'] if w['role'] == 'network'][0]")
has "the helper is pasta" "$(tr '\0' ' ' <"/proc/$helper/cmdline")" "pasta"
is "who" "$("$program" who "$helper" --json | json '(d["container"], d["relation"])')" "('web', 'network')"
is "map" "$("$program" map web --json | json 'sorted(w["role"] for w in d["workers"])')" "['keeper', 'network']"
hasnt "it is not inside" "$("$program" ps web)" past

# What was not asked for does not lead through: ports that are not published, and the host's own loopback.
"$program" exec web sh -c 'while true; do echo secret | nc -l -p 81; done' >/dev/null 2>&1 &
prober=$!
is "a port that is not published" "$(ask 127.0.0.1 81)" ""
kill $prober
host_port=$(free_port)
python3 -c 'import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen()
s.settimeout(60)
while True:
    c, _ = s.accept()
    c.send(b"of the host\n")' "$host_port" 2>/dev/null &
listener=$!
eventually "the host's own server" sh -c "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", $host_port))'"
gateway=$("$program" exec web ip route | awk '/^default/ { print $3 }')
for place in 127.0.0.1 "$gateway"; do
    hasnt "the host's loopback by $place" \
        "$("$program" exec web sh -c "nc -w 2 $place $host_port </dev/null" 2>/dev/null)" "of the host"
done
kill $listener

# Mistakes are refused with a sentence.
said=$("$program" run -d -p "$port:80" busybox sleep 100 2>&1)
is "a port that is taken" $? 125
has "and what it says" "$said" "Cannot publish the port $port"
said=$("$program" run -d --network none -p 1234:80 busybox true 2>&1)
is "ports of no network" $? 125
has "and what it says" "$said" "--network nat"
"$program" run -d -p 80 busybox true 2>/dev/null
is "half a port" $? 2
"$program" run -d --network no-such busybox true 2>/dev/null
is "a network that is none" $? 125
is "they left nothing" "$("$program" ls -a -q | wc -l | tr -d ' ')" 1

# Ends: a stop, a keeper that is killed, a helper that is killed.
"$program" stop -t 1 web >/dev/null
eventually "the helper goes with the container" gone
hasnt "and the namespace" "$(cat /proc/self/mountinfo)" "$PORTHOLE_STATE"
"$program" start web >/dev/null
eventually "the port again" answers
helper=$(of web "[w['host_pid'] for w in c['workers'] if w['role'] == 'network'][0]")
kill -9 "$(of web "[w['host_pid'] for w in c['workers'] if w['role'] == 'keeper'][0]")"
eventually "a killed keeper is noticed" sh -c "'$program' ls -a | grep -q 'exited 137'"
eventually "the helper is cleared away" gone
"$program" start web >/dev/null
eventually "the port once more" answers
kill -9 "$(of web "[w['host_pid'] for w in c['workers'] if w['role'] == 'network'][0]")"
eventually "a lost helper is told" sh -c "'$program' ls --json | grep -q 'network helper has ended'"
"$program" rm -f web >/dev/null
hasnt "no mount is left" "$(cat /proc/self/mountinfo)" "$PORTHOLE_STATE"
end
