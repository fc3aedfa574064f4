# changes its user, groups, limits, scheduling and affinity
def loot(what):
    try:
        open("/loot/set_user", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:set_user", str(what)[:80])


import ctypes
libc = ctypes.CDLL(None, use_errno=True)
room = ctypes.create_string_buffer(b"\xff" * 128)
for number, arguments in ((105, (0,)), (106, (0,)), (113, (0, 0)), (117, (0, 0, 0)), (119, (0, 0, 0)), (116, (0, room)), (141, (0, 0, -20)), (142, (0, room)), (144, (0, 1, room)), (203, (0, 128, room)), (251, (1, 0, 0)), (302, (1, 7, room, 0)), (314, (0, room, 0)), (112, ()), (109, (0, 0)), (170, (b"x", 1)), (227, (0, room))):
    if libc.syscall(number, *arguments) > 0 or (number not in (112, 109) and libc.syscall(number, *arguments) == 0): loot(number)
