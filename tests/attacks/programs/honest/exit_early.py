# ---stdio---
import sys
def main():
    print(sum(map(int, input().split()))); sys.exit(0)
main()
print('never')
