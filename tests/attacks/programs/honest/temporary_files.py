# ---stdio---
import json, os, pathlib, shutil, tempfile
a, b = map(int, input().split())
with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d, 'sub', 'x.json'); p.parent.mkdir(); p.write_text(json.dumps([a, b])); os.chmod(p, 0o600)
    shutil.copy(p, d); print(sum(json.loads(pathlib.Path(d, 'x.json').read_text())))
# ---fn---
import csv, io, tempfile
def add(a, b):
    with tempfile.TemporaryFile('w+', newline='') as f:
        csv.writer(f).writerow([a, b]); f.seek(0)
        return sum(map(int, next(csv.reader(f))))
