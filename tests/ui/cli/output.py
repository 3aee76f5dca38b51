#!/usr/bin/env python3
"""What porthole prints reaches whoever reads it, however slowly: byte for byte, and nothing is lost.

output.py [--launch OPTION]... [--utf8] [--existing NAME]... PROGRAM [OPTION]...

PROGRAM OPTION... is porthole with its engine; --launch: an option of `run`; --utf8: the engine keeps no other bytes in
its log (docker's json-file); --existing: only the output of these containers is read, and none is launched."""
import argparse
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import subprocess
import sys
import time
import tty

LINES = 20000
F_SETPIPE_SZ = 1031  # fcntl has it from Python 3.10 on
parser = argparse.ArgumentParser()
parser.add_argument("--launch", action="append", default=[])
parser.add_argument("--utf8", action="store_true")
parser.add_argument("--existing", action="append", default=[])
parser.add_argument("porthole", nargs=argparse.REMAINDER)
options = parser.parse_args()
porthole = options.porthole
failures = checks = 0


def check(what, got, wanted):
    global failures, checks
    checks += 1
    if got != wanted:
        failures += 1
        short = [v if len(v) < 300 else "%s ... %s (%d)" % (v[:120], v[-60:], len(v)) for v in (repr(got), repr(wanted))]
        print("FAILED: %s: got %s, wanted %s" % (what, *short), flush=True)


def run(*args, **more):
    return subprocess.run([*porthole, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **more)


def launch(name, script, *more):
    run("rm", "-f", name)
    r = run("run", "-d", "--name", name, *options.launch, *more, "busybox", "sh", "-c", script)
    if r.returncode != 0:
        sys.exit("cannot launch %s: %s" % (name, r.stderr.decode()))


def ended(name):
    while name.encode() in run("ls").stdout:
        time.sleep(0.05)


def slowly(fd, slow=0.3):
    """All of it; nothing is read until the writer must have filled the pipe, and then in small pieces for a while."""
    time.sleep(slow)
    got, pieces = bytearray(), 0
    while True:
        try:
            piece = os.read(fd, 1000 if pieces < 300 else 65536)
        except OSError:  # a pty whose other side has gone
            break
        if not piece:
            break
        got += piece
        pieces += 1
        if pieces < 300:
            time.sleep(0.001)
    return bytes(got)


def into_slow_pipe(*args, nonblock=False):
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, F_SETPIPE_SZ, 4096)
    if nonblock:  # as ssh and node.js leave it
        os.set_blocking(theirs, False)
    before = os.get_blocking(theirs)
    child = subprocess.Popen([*porthole, *args], stdout=theirs, stderr=subprocess.PIPE)
    seen = os.get_blocking(theirs)
    time.sleep(0.2)
    seen_later = os.get_blocking(theirs)
    os.close(theirs)
    got = slowly(ours)
    os.close(ours)
    check("the pipe of %s stays as it was" % args[0], (seen, seen_later), (before, before))
    return child.wait(60), got, child.stderr.read()


def on_terminal(*args, slow=True):
    """On a terminal of its own that does not change bytes; standard error is it as well."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    child = subprocess.Popen([*porthole, *args], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    got = slowly(master) if slow else slowly(master, 0)
    os.close(master)
    return child.wait(60), got


wanted = b"".join(b"line %d of the log, of a length that fills a pipe soon\n" % i for i in range(1, LINES + 1))
COUNT = "awk 'BEGIN { for (i = 1; i <= %d; i++) print \"line \" i \" of the log, of a length that fills a pipe soon\" }'" % LINES
STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z "


def without_stamps(text):
    return re.sub(rb"(?m)^" + STAMP, b"", text)


def many_lines():
    launch("many", COUNT)
    ended("many")
    check("logs, fast", run("logs", "many").stdout, wanted)
    for nonblock in False, True:
        check("logs into a slow pipe", into_slow_pipe("logs", "many", nonblock=nonblock), (0, wanted, b""))
    code, got, said = into_slow_pipe("logs", "-t", "many")
    check("logs -t into a slow pipe", (code, got.count(b"\n"), said), (0, LINES, b""))
    check("logs -t: a stamp before each line", without_stamps(got), wanted)
    check("logs -t: all of them", len(re.findall(rb"(?m)^" + STAMP, got)), LINES)
    code, got = on_terminal("logs", "many")
    check("logs on a slow terminal", (code, got), (0, wanted))
    code, got = on_terminal("logs", "-t", "many")
    check("logs -t on a slow terminal", (code, without_stamps(got)), (0, wanted))
    last = b"".join(wanted.splitlines(True)[-15000:])
    check("logs -n", into_slow_pipe("logs", "-n", "15000", "many"), (0, last, b""))
    check("logs -f", into_slow_pipe("logs", "-f", "--since", "1h", "many"), (0, wanted, b""))
    with open(os.path.join(os.environ.get("TMPDIR", "/tmp"), "porthole-output.%d" % os.getpid()), "w+b") as f:
        os.unlink(f.name)
        code = subprocess.run([*porthole, "logs", "many"], stdout=f, timeout=60).returncode
        f.seek(0)
        check("logs into a file", (code, f.read()), (0, wanted))


def head(*args):
    """Reads one line and goes, as head -1 does. Returns what it ended with, and what it said."""
    child = subprocess.Popen([*porthole, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE)
    line = child.stdout.readline()
    child.stdout.close()
    try:
        code = child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        code = "it does not end"
    return line, code, child.stderr.read()


def readers_that_go():
    first = wanted[: wanted.index(b"\n") + 1]
    check("logs | head -1", head("logs", "many"), (first, 141, b""))
    launch("ticks", "echo one; sleep 1000")
    check("logs -f | head -1, and nothing more comes", head("logs", "-f", "ticks"), (b"one\n", 141, b""))
    check("exec | head -1", head("exec", "ticks", "sh", "-c", "echo one; sleep 1000"), (b"one\n", 141, b""))
    child = subprocess.Popen([*porthole, "events"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.close()
    try:
        check("events without a reader", child.wait(20), 141)
    except subprocess.TimeoutExpired:
        child.kill()
        check("events without a reader", "it does not end", 141)


def full_disks():
    full = "cannot write to standard output: No space left on device"
    for args in ["logs", "many"], ["logs", "-t", "many"], ["ls", "-a"], ["ls", "-a", "--json"], ["ps", "ticks"], ["inspect", "ticks"], \
            ["map", "ticks"], ["images"], ["exec", "ticks", "echo", "one"], ["--help"]:
        with open("/dev/full", "w") as f:
            r = subprocess.run([*porthole, *args], stdout=f, stderr=subprocess.PIPE, timeout=60)
        check("%s > /dev/full" % " ".join(args), (r.returncode, full in r.stderr.decode()), (1, True))


def odd_bytes():
    odd = b"nul \0 and \377\376 no UTF-8, \033[31mred\r\ncrlf\r\n\ttab\nlast without a newline"
    script = "printf 'nul \\000 and \\377\\376 no UTF-8, \\033[31mred\\r\\ncrlf\\r\\n\\ttab\\nlast without a newline'"
    launch("odd", script)
    ended("odd")
    if options.utf8:
        odd = odd.decode(errors="replace").encode()
    check("bytes of any kind", into_slow_pipe("logs", "odd"), (0, odd, b""))
    code, got, said = into_slow_pipe("logs", "-t", "odd")
    check("the same with stamps", (code, without_stamps(got), said), (0, odd, b""))
    plain = b"nul  and \xef\xbf\xbd\xef\xbf\xbd no UTF-8, red\ncrlf\n\ttab\nlast without a newline"
    check("the same on a terminal", on_terminal("logs", "odd", slow=False), (0, plain))
    launch("long", "awk 'BEGIN { for (i = 0; i < 10000; i++) printf \"0123456789\"; print \"\"; print \"next\" }'")
    ended("long")
    line = b"0123456789" * 10000 + b"\nnext\n"
    check("a long line", into_slow_pipe("logs", "long"), (0, line, b""))
    code, got, said = into_slow_pipe("logs", "-t", "long")
    check("a long line with a stamp", (code, without_stamps(got), len(re.findall(STAMP, got))), (0, line, 2))
    check("a long line on a terminal", on_terminal("logs", "long"), (0, line))
    launch("tty", "stty -opost; awk 'BEGIN { for (i = 0; i < 10000; i++) printf \"0123456789\"; print \"\"; print \"next\" }'", "-t")
    ended("tty")
    check("a long line of a container with a terminal", into_slow_pipe("logs", "tty"), (0, line, b""))


def streams():
    launch("both", "echo out; echo loud >&2; echo out; echo loud >&2; sleep 1000")
    while run("logs", "both").stderr.count(b"loud") < 2:
        time.sleep(0.05)
    r = run("logs", "both")
    check("each stream by itself", (r.stdout, r.stderr), (b"out\nout\n", b"loud\nloud\n"))
    r = run("exec", "both", "sh", "-c", "for i in 1 2 3; do echo $i; sleep .02; echo $i >&2; sleep .02; done")
    check("exec: each stream by itself", (r.stdout, r.stderr), (b"1\n2\n3\n", b"1\n2\n3\n"))
    one = subprocess.run([*porthole, "logs", "both"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    check("both into one pipe", sorted(one.stdout.splitlines()), [b"loud", b"loud", b"out", b"out"])


def live_streams():
    check("exec into a slow pipe", into_slow_pipe("exec", "ticks", "sh", "-c", COUNT), (0, wanted, b""))
    check("exec on a slow terminal", on_terminal("exec", "ticks", "sh", "-c", COUNT), (0, wanted))
    code, got, said = into_slow_pipe("run", "--rm", *options.launch, "busybox", "sh", "-c", COUNT + "; exit 7")
    check("run into a slow pipe", (code, got), (7, wanted))
    much = subprocess.Popen([*porthole, "exec", "ticks", "sh", "-c", "head -c 60000000 /dev/zero"], stdout=subprocess.PIPE)
    check("much without a newline", (len(slowly(much.stdout.fileno())), much.wait(60)), (60000000, 0))
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    checked = most < 600000
    check("its memory has a bound (was %d KB)" % most, checked, True)
    data = os.urandom(300000)
    r = run("exec", "-i", "ticks", "cat", input=data)
    check("exec -i", (r.returncode, r.stdout), (0, data))


def shared_input():
    """What others read from as well stays as it is, and what we do not need is left to them."""
    ours, theirs = os.pipe()
    child = subprocess.Popen([*porthole, "exec", "-i", "ticks", "sh", "-c", "read a; echo $a; sleep 1000"], stdin=ours, stdout=subprocess.PIPE)
    os.write(theirs, b"word\n")
    check("exec -i from a pipe", child.stdout.readline(), b"word\n")
    check("standard input stays blocking", os.get_blocking(ours), True)
    child.send_signal(signal.SIGKILL)
    child.wait()
    check("also when it is killed", os.get_blocking(ours), True)
    for fd in ours, theirs:
        os.close(fd)


def interrupted():
    """Nobody reads: it can be ended all the same."""
    ours, theirs = os.pipe()
    child = subprocess.Popen([*porthole, "logs", "many"], stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    while not select.select([ours], [], [], 1)[0]:
        pass
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    try:
        check("SIGINT while nobody reads", child.wait(20), 130)
    except subprocess.TimeoutExpired:
        child.kill()
        check("SIGINT while nobody reads", "it does not end", 130)
    os.close(ours)


def those_that_are_there():
    """Containers that are not ours, in whatever mode: what they have printed so far."""
    for name in options.existing:
        all_of_it = run("logs", name).stdout
        check("%s has printed something" % name, all_of_it != b"", True)
        check("logs of %s" % name, into_slow_pipe("logs", name), (0, all_of_it, b""))
        code, got, said = into_slow_pipe("logs", "-t", name)
        check("logs -t of %s" % name, (code, without_stamps(got), said), (0, all_of_it, b""))
        code, got = on_terminal("logs", name)
        check("logs of %s on a terminal" % name, (code, got), (0, all_of_it))
        check("logs -f of %s | head -1" % name, head("logs", "-f", name)[1:], (141, b""))
    names = run("ls", "-a", "-q").stdout.split()
    for nonblock in False, True:
        code, got, said = into_slow_pipe("ls", "-a", "--json", nonblock=nonblock)
        check("the list into a slow pipe", (code, [c["id"].encode() for c in json.loads(got)], said), (0, names, b""))


if options.existing:
    those_that_are_there()
    print("%d checks, %d failed" % (checks, failures))
    sys.exit(failures > 0)
many_lines()
readers_that_go()
full_disks()
odd_bytes()
streams()
live_streams()
shared_input()
interrupted()
for name in "many", "ticks", "odd", "long", "tty", "both":
    run("rm", "-f", name)
print("%d checks, %d failed" % (checks, failures))
sys.exit(failures > 0)
