# loops in an exit function
import atexit
@atexit.register
def forever():
    while True: pass
