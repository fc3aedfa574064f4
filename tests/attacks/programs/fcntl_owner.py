# has the kernel signal the server by F_SETOWN
def loot(what):
    try:
        open("/loot/fcntl_owner", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:fcntl_owner", str(what)[:80])


import fcntl, os
reader, writer = os.pipe()
try:
    fcntl.fcntl(reader, 8, os.getppid())
    loot("owner set")
except OSError:
    pass
