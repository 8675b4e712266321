"""Label saving restated: monotone fits by the min-max formula, crossings by search."""

from itertools import pairwise


def falling_fit(points):
    """(labels, fitted value) at each distinct number of labels; points: (labels, value).

    The min-max formula of isotonic regression: the fit at i is the least over starts a ≤ i of the
    greatest mean of values from a to an end b ≥ i. No value is pooled step by step.
    """
    places = sorted({n for n, _ in points})
    fit = []
    for i in range(len(places)):
        best = None
        for a in range(i + 1):
            means = []
            for b in range(i, len(places)):
                inside = [v for n, v in points if places[a] <= n <= places[b]]
                means.append(sum(inside) / len(inside))
            best = max(means) if best is None else min(best, max(means))
        fit.append((places[i], best))
    return fit


def first_at(fit, quality, slack=1e-9):
    """("reached", labels), or ("more than" / "beyond the range", end of the range)."""
    if fit[0][1] <= quality + slack:
        return ("reached" if fit[0][1] >= quality - slack else "more than"), fit[0][0]
    for (n0, v0), (n1, v1) in pairwise(fit):
        if v1 <= quality + slack:
            return "reached", n0 + (n1 - n0) * min(1, (v0 - quality) / (v0 - v1))
    return "beyond the range", fit[-1][0]


def saving(arm, baseline):
    """(reach, share saved) for curves whose values fall; a curve: list of (labels, value)."""
    ours = falling_fit([p for curve in arm for p in curve])
    theirs = falling_fit([p for curve in baseline for p in curve])
    quality = theirs[-1][1]
    _, needed = first_at(theirs, quality)
    reach, labels = first_at(ours, quality)
    return reach, (1 - labels / needed if needed else None)
