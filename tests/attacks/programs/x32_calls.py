# uses the numbers of another calling convention
def loot(what):
    try:
        open("/loot/x32_calls", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:x32_calls", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.syscall(0x40000000 + 41, 2, 1, 0) >= 0: loot("x32 socket")
