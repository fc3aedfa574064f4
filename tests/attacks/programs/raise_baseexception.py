# raises what no handler expects
class Odd(BaseException):
    def __str__(self): raise KeyboardInterrupt
def add(a, b): raise Odd
raise Odd
