# leaves a thread that never ends
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
