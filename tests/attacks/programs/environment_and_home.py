# looks for keys in the environment, in /proc, in homes and in the working tree
def loot(what):
    try:
        open("/loot/environment_and_home", "w").write(str(what))
    except OSError:
        pass
    print("LOOT:environment_and_home", str(what)[:80])


import glob, os
found = [v for v in os.environ.values() if "canary" in v]
for pattern in ("/proc/*/environ", "/root/.*", "/home/*/.*", "/nonexistent/.*", "/proj/*", "/repo/*", "/attacks/*", "/tmp/*", "/deps/reward_kit*/**", "/run/secrets/*"):
    for path in glob.glob(pattern):
        try:
            if open(path, "rb").read(20): found.append(path)
        except OSError:
            pass
if [item for item in found if not item.startswith(f"/proc/{os.getpid()}/") and not item.startswith("/proc/self/")]: loot(found)
