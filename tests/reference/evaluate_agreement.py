"""Most boxes of one image that can be paired, by trying every choice in turn."""


def most_pairs(first, second, least, share, used=frozenset()):
    """first, second: (box, class); `share` gives the overlap of two boxes."""
    if not first:
        return 0
    (box, kind), rest = first[0], first[1:]
    best = most_pairs(rest, second, least, share, used)
    for i, (other, other_kind) in enumerate(second):
        if i not in used and other_kind == kind and share(box, other) >= least:
            best = max(best, 1 + most_pairs(rest, second, least, share, used | {i}))
    return best


def f1(images, least, min_score, share):
    """images: (rows, rows) of (box, class, score); None where there is no box."""
    matched = total = 0
    for one, other in images:
        a, b = ([(x, k) for x, k, s in rows if s >= min_score] for rows in (one, other))
        matched += most_pairs(a, b, least, share)
        total += len(a) + len(b)
    return 2 * matched / total if total else None
