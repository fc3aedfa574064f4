# makes memory that its limit does not count: memfd, secret memory, shm, message queues, hugetlb
def loot(what):
    try:
        open("/loot/memory_files", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:memory_files", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number, arguments in ((319, (b"x", 0)), (447, (0,)), (29, (0, 1 << 20, 0o1600)), (68, (0, 0o1600)), (64, (0, 1, 0o1600)), (240, (b"/q", 0o102, 0o600, 0)), (323, (0,)), (248, (b"user", b"a", b"b", 1, -3))):
    if libc.syscall(number, *arguments) >= 0: loot(number)
try:
    open("/dev/shm/x", "w"); loot("/dev/shm")
except OSError:
    pass
