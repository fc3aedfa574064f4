# makes files until the disk is full
def loot(what):
    try:
        open("/loot/many_files", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:many_files", str(what)[:80])


import os
made = 0
try:
    for n in range(100000):
        with open(f"f{n}", "wb") as file: file.write(b"x" * 65536)
        made += 65536
except OSError:
    pass
if made > 200 << 20: loot(made)
