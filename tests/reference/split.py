"""Share groups out by trying every move of one group, one by one."""

from hashlib import blake2b


def place(seed, name):
    """Where a group lies between 0 and 1."""
    return (
        int.from_bytes(blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest(), "big") / 2**64
    )


def allot(groups, shares, seed, fixed):
    """Part of each group; `groups` are pairs of name and size."""
    parts = []
    for number, (name, _) in enumerate(groups):
        if number in fixed:
            parts.append(fixed[number])
            continue
        at, part, reach = place(seed, name), 0, shares[0]
        while part < len(shares) - 1 and at >= reach:
            part += 1
            reach += shares[part]
        parts.append(part)
    while True:
        before = distance(groups, parts, shares)
        best = None
        for number in range(len(groups)):
            for target in range(len(shares)):
                if number in fixed or target == parts[number]:
                    continue
                moved = [*parts[:number], target, *parts[number + 1 :]]
                after = distance(groups, moved, shares)
                if after < before - 1e-5 and (best is None or after < best):
                    best, chosen = after, moved
        if best is None:
            return parts
        parts = chosen


def distance(groups, parts, shares):
    """Sum of the squares of what each part has too much or too little."""
    total = sum(size for _, size in groups)
    found = 0.0
    for part, share in enumerate(shares):
        size = sum(size for (_, size), of in zip(groups, parts, strict=True) if of == part)
        found += (size - share * total) ** 2
    return found
