# reaches for bpf, keys, io_uring, userfaultfd, perf and memfd
def loot(what):
    try:
        open("/loot/kernel_surface", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:kernel_surface", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in (321, 248, 250, 425, 323, 298, 319, 29, 240, 175, 246, 310, 311, 101, 165, 272, 308, 438, 434):
    if libc.syscall(number, 0, 0, 0, 0, 0) >= 0: loot(f"call {number}")
