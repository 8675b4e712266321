"""Group hashes by comparing every pair."""


def groups(hashes, distance):
    """The group of each hash, numbered by first members."""
    found = [-1] * len(hashes)
    number = 0
    for start in range(len(hashes)):
        if found[start] >= 0:
            continue
        waiting = [start]
        found[start] = number
        while waiting:
            one = waiting.pop()
            for other in range(len(hashes)):
                if found[other] < 0 and bin(hashes[one] ^ hashes[other]).count("1") <= distance:
                    found[other] = number
                    waiting.append(other)
        number += 1
    return found
