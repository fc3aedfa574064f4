# makes compile, the parser, re and int take forever
import re, sys
def add(a, b):
    compile("-" * 100000 + "1", "x", "exec")
try:
    eval("(" * 190 + ")" * 190); compile("x = " + "+".join(["1"] * 10**6), "x", "exec")
except BaseException:
    pass
sys.set_int_max_str_digits(0)
re.match("(a+)+$", "a" * 60 + "b"); str(7 ** (10 ** 8))
