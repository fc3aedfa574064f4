# makes folders until the inodes are gone
def loot(what):
    try:
        open("/loot/many_folders", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:many_folders", str(what)[:80])


import os
made = 0
try:
    for n in range(200000): os.mkdir(f"d{n}"); made += 1
except OSError:
    pass
if made > 100000: loot(made)
