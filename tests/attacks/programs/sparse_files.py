# makes files that are huge, sparse, or many, and hides them in closed and deep folders
def loot(what):
    try:
        open("/loot/sparse_files", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:sparse_files", str(what)[:80])


import os
total = 0
os.mkdir("closed", 0o300)
deep = "d" * 200
for place in ("closed", *[deep] * 25):
    try:
        os.mkdir(place) if not os.path.isdir(place) else None
        os.chdir(place)
    except OSError:
        break
    for number in range(40):
        try:
            found = os.open(f"f{number}", os.O_CREAT | os.O_WRONLY)
            for _ in range(16): total += os.write(found, bytes(1 << 20))
            os.close(found)
        except OSError:
            break
if total > 700 << 20: loot(total)
