"""Share groups out by trying every move of one group and every exchange of two, one by one."""

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
    parts = evened(groups, parts, shares, fixed)
    total = sum(size for _, size in groups)
    if max(map(abs, lacking(groups, parts, shares))) <= 0.01 * total:
        return parts
    other = evened(groups, largest_first(groups, shares, seed, fixed), shares, fixed)
    nearer = distance(groups, other, shares) < distance(groups, parts, shares) - 1e-6
    return other if nearer else parts


def evened(groups, parts, shares, fixed):
    """Take the best step until none helps."""
    while True:
        better = best_step(groups, parts, shares, fixed)
        if better is None:
            return parts
        parts = better


def largest_first(groups, shares, seed, fixed):
    """Each group to the part that lacks most."""
    parts = [fixed.get(number) for number in range(len(groups))]
    for number in sorted(
        range(len(groups)), key=lambda i: (groups[i][1], place(seed, groups[i][0])), reverse=True
    ):
        if number not in fixed:
            lack = lacking(groups, parts, shares)
            parts[number] = lack.index(max(lack))
    return parts


def lacking(groups, parts, shares):
    """How many images each part lacks."""
    total = sum(size for _, size in groups)
    return [
        share * total - sum(size for (_, size), of in zip(groups, parts, strict=True) if of == part)
        for part, share in enumerate(shares)
    ]


def best_step(groups, parts, shares, fixed):
    """The parts after the best move or, where none helps, the best exchange; None if none helps."""
    free = [number for number in range(len(groups)) if number not in fixed]
    moves = [
        [*parts[:number], target, *parts[number + 1 :]]
        for number in free
        for target in range(len(shares))
    ]
    exchanges = []
    for one in free:
        for other in free:
            changed = list(parts)
            changed[one], changed[other] = parts[other], parts[one]
            exchanges.append(changed)
    for steps in (moves, exchanges):
        best = min(steps, key=lambda after: distance(groups, after, shares), default=parts)
        if distance(groups, best, shares) < distance(groups, parts, shares) - 1e-5:
            return best
    return None


def distance(groups, parts, shares):
    """Sum of the squares of what each part has too much or too little."""
    return sum(lack**2 for lack in lacking(groups, parts, shares))
