# reaches out by every family and kind of socket, by pairs and by descriptors it may hold
def loot(what):
    try:
        open("/loot/abstract_and_raw_sockets", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:abstract_and_raw_sockets", str(what)[:80])


import ctypes, socket
for family in range(0, 46):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind); loot(f"socket {family} {kind}")
        except OSError:
            pass
        if family != socket.AF_UNIX:
            try:
                socket.socketpair(family, kind); loot(f"pair {family} {kind}")
            except (OSError, ValueError):
                pass
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for target in ("\0canary_abstract", "/var/run/docker.sock", "/run/systemd/notify"):
    for act in (lambda: left.connect(target), lambda: left.sendto(b"x", target), lambda: left.bind("\0mine"), lambda: left.sendmsg([b"x"], [], 0, target), lambda: left.listen()):
        try:
            act(); loot(f"reached {target!r}")
        except OSError:
            pass
