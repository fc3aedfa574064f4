# ---stdio---
import os, tempfile
a, b = map(int, open(0).read().split())
with tempfile.NamedTemporaryFile('w+') as f:
    f.write(str(a + b)); f.seek(0); print(f.read())
open('x', 'w').write('y'); os.remove('x')
