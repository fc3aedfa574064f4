# ---stdio---
import sys, unicodedata
sys.stderr.write('Grüße, 世界 \U0001f600\n')
a, b = sys.stdin.buffer.read().decode('utf-8').split()
Σ = int(a) + int(b); naïve = f'{Σ}'
print(unicodedata.normalize('NFC', naïve))
