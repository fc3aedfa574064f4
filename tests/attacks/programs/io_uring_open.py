# opens files and sockets through io_uring, and asks for its own seccomp and landlock rules
def loot(what):
    try:
        open("/loot/io_uring_open", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:io_uring_open", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(512)
for number, arguments in ((425, (8, room)), (426, (3, 1, 1, 0, 0, 0)), (427, (3, 0, room, 1)), (317, (1, 0, room)), (444, (room, 8, 0)),
                          (157, (22, 2, room)), (157, (4, 1)), (157, (1, 0)), (157, (36, 1)), (157, (0x59616D61, -1)), (135, (0x0040000,)), (154, (1, room, 16))):
    if libc.syscall(number, *arguments) >= 0: loot(f"{number} {arguments[0]}")
