# takes descriptors of other processes by pidfd_open, pidfd_getfd and process_vm calls
def loot(what):
    try:
        open("/loot/pidfd_getfd", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:pidfd_getfd", str(what)[:80])


import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(64)
iov = (ctypes.c_ulong * 2)(ctypes.addressof(room), 8)
for pid in {1, 2, os.getppid(), os.getpid() - 1, os.getpid() + 1}:
    got = libc.syscall(434, pid, 0)
    if got >= 0:
        loot(f"pidfd {pid}")
        for number in range(10):
            if libc.syscall(438, got, number, 0) >= 0: loot(f"fd {number} of {pid}")
        if libc.syscall(424, got, 0, 0, 0) == 0: loot(f"signal {pid}")
    for call in (310, 311):
        if libc.syscall(call, pid, iov, 1, iov, 1, 0) > 0: loot(f"vm {pid}")
    if libc.syscall(312, os.getpid(), pid, 0, 0, 0) >= 0: loot(f"kcmp {pid}")
