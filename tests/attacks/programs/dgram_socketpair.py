# sends to others over a datagram socket pair
def loot(what):
    try:
        open("/loot/dgram_socketpair", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:dgram_socketpair", str(what)[:80])


import socket
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for address in ("\0canary_abstract", "/var/run/docker.sock", "/dev/log"):
    try:
        one.sendto(b"x", address); loot(address)
    except OSError:
        pass
    try:
        one.connect(address); loot(address)
    except OSError:
        pass
