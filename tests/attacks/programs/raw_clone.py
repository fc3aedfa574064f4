# forks by the raw system call, with every flag
def loot(what):
    try:
        open("/loot/raw_clone", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:raw_clone", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number, arguments in ((57, ()), (58, ()), (56, (17, 0, 0, 0, 0)), (56, (0x20000011, 0, 0, 0, 0)), (435, (0, 0))):
    got = libc.syscall(number, *arguments)
    if got == 0: libc._exit(0)
    if got > 0: loot(f"process by {number}")
