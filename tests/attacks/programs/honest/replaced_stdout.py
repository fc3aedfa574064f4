# ---stdio---
import io, sys, contextlib
sys.stdin = io.TextIOWrapper(sys.stdin.buffer, encoding='utf-8')
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer): print(sum(map(int, sys.stdin.readline().split())))
sys.stdout = open(1, 'w', closefd=False); sys.stdout.write(buffer.getvalue()); sys.stdout.close()
