# changes modes and times of the host's files
def loot(what):
    try:
        open("/loot/change_modes", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:change_modes", str(what)[:80])


import os
for path in ("/proj/canary.txt", "/etc/passwd", "/tmp"):
    try:
        before = os.stat(path).st_mode; os.chmod(path, 0o777); os.utime(path, (0, 0))
        if os.stat(path).st_mtime == 0: loot(path)
    except OSError:
        pass
