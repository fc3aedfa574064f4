# ---stdio---
import threading, queue
q = queue.Queue(); lock = threading.Lock(); total = [0]
def work():
    while (item := q.get()) is not None:
        with lock: total[0] += item
ts = [threading.Thread(target=work) for _ in range(8)]
for t in ts: t.start()
for w in input().split(): q.put(int(w))
for t in ts: q.put(None)
for t in ts: t.join()
print(total[0])
