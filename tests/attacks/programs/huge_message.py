# answers the tester with a gigabyte
import os
for number in range(3, 12):
    try:
        os.write(number, b"\xff\xff\xff\x7f" + b"x" * 100000)
    except OSError:
        pass
