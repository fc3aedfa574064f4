# ---stdio---
total = 0
while True:
    try:
        line = input()
    except EOFError:
        break
    total += sum(map(int, line.split()))
print(total)
