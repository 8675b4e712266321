"""Smoothing and selection by plain loops over all pairs (PAPER §4)."""

import math


def positions(videos, frames, unit):
    """Of each image: its rank among its video's frames, or its time; None for a still."""
    out = []
    for video, frame in zip(videos, frames, strict=True):
        if video is None:
            out.append(None)
        elif unit == "seconds":
            out.append(frame)
        else:
            peers = [f for v, f in zip(videos, frames, strict=True) if v == video]
            out.append(sum(f < frame for f in peers))
    return out


def near(i, j, videos, position, reach):
    """Whether two images are one, or frames of one video within reach."""
    if i == j:
        return True
    if videos[i] is None or videos[i] != videos[j]:
        return False
    return abs(position[i] - position[j]) <= reach + 1e-6


def smooth(scores, videos, frames, radius, sigma, unit="pool_frames", unscored=()):
    """Eq. 6 within each video, renormalised over what is there."""
    position = positions(videos, frames, unit)
    out = []
    for i in range(len(scores)):
        total = weights = 0.0
        for j in range(len(scores)):
            if j in unscored or not near(i, j, videos, position, radius):
                continue
            distance = 0 if i == j else position[i] - position[j]
            w = math.exp(-(distance**2) / (2 * sigma**2))
            total += w * scores[j]
            weights += w
        out.append(math.nan if i in unscored else total / weights)
    return out


def authors_smooth(scores, radius, sigma):
    """Eq. 6 over the whole pool as one array, padded with zeros, not renormalised."""
    w = [math.exp(-(d**2) / (2 * sigma**2)) for d in range(-radius, radius + 1)]
    padded = [0.0] * radius + list(scores) + [0.0] * radius
    return [
        sum(w[k] * padded[i + k] for k in range(2 * radius + 1)) / sum(w)
        for i in range(len(scores))
    ]


def authors_off_by_one(scores):
    """Slot i holds the score of image i+1."""
    return [scores[i + 1] if i + 1 < len(scores) else 0.0 for i in range(len(scores))]


def greedy(ranking, neighbours, budget, blocked):
    """Three passes; `neighbours(i)` is what i keeps out within a cycle. (chosen, passes)."""
    chosen, passes = [], []
    for number in (1, 2, 3):
        out = set()
        for i in ranking:
            if len(chosen) == budget:
                return chosen, passes
            if i in blocked or i in chosen or i in out:
                continue
            chosen.append(i)
            passes.append(number)
            if number < 3:
                out |= set(neighbours(i))
    return chosen, passes


def temporal(
    scores, videos, frames, budget, within, across, blocked=(), unit="pool_frames", ranking=None
):
    """(chosen, passes, blocked for later cycles)."""
    n = len(scores)
    position = positions(videos, frames, unit)

    def within_reach(i, reach):
        return [j for j in range(n) if near(i, j, videos, position, reach)]

    if ranking is None:
        ranking = sorted(range(n), key=lambda i: (-scores[i], i))
    chosen, passes = greedy(ranking, lambda i: within_reach(i, within), budget, blocked)
    later = set(blocked)
    for i in chosen:
        later |= set(within_reach(i, across))
    return chosen, passes, later


def authors_temporal(scores, budget, within, across, blocked=()):
    """The same with the authors' slices of one list over the whole pool."""
    n = len(scores)

    def sliced(i, reach):
        return list(range(n))[i - reach : i + reach]

    ranking = sorted(range(n), key=lambda i: (-scores[i], i))
    chosen, passes = greedy(ranking, lambda i: sliced(i, within), budget, blocked)
    later = set(blocked) | set(chosen)
    for i in chosen:
        later |= set(sliced(i, across))
    return chosen, passes, later
