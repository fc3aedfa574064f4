# hangs, floods and forges in atexit, excepthook, destructors, tracing and threads that outlive
import atexit, os, sys, threading, time
def forge(*_):
    for number in (3, 6):
        try:
            os.write(number, b"\0\0\0\0y\0\0\0\0")
        except OSError:
            pass
atexit.register(time.sleep, 60); atexit.register(forge)
sys.excepthook = sys.unraisablehook = threading.excepthook = forge
sys.settrace(forge); threading.settrace(forge); sys.setprofile(None)
class Last:
    def __del__(self): forge(); time.sleep(60)
last = Last()
threading.Thread(target=lambda: [forge() or time.sleep(0.1) for _ in range(600)]).start()
def add(a, b): return 0
