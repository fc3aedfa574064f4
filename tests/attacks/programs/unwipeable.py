# makes a folder that cannot be emptied: foreseen names, closed folders, loops, odd bytes
import os
for number in range(1, 80): os.makedirs(f"~{os.getppid()}.{number}/x/y")
os.makedirs("d/e"); open("d/e/f", "w").write("x"); os.mkdir("d/closed", 0); os.mkdir(b"\xff\xfe\n"); os.mkdir("-rf")
os.symlink("/", "root"); os.symlink("self", "self"); os.symlink("..", "d/up")
for number in range(60): open(f"d/{number}", "w")
def add(a, b): return 0
