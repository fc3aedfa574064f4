# returns a list that contains itself
def add(a, b):
    x = []; x.append(x); return x
