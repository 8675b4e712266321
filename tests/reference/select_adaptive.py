"""Bounds of scores that are not known, image by image and pair by pair."""

import math

import numpy as np

from tests.reference.select import positions


def _sides(i, known, videos, position):
    """The nearest known images before and after image i in its video."""
    if videos[i] is None:
        return None, None
    before = [j for j in known if videos[j] == videos[i] and position[j] < position[i]]
    after = [j for j in known if videos[j] == videos[i] and position[j] > position[i]]
    left = max(before, key=lambda j: position[j]) if before else None
    right = min(after, key=lambda j: position[j]) if after else None
    return left, right


def _guess(i, known, scores, videos, position):
    """What the neighbours say of image i, and how wide a random walk spreads between them."""
    left, right = _sides(i, known, videos, position)
    if left is None and right is None:
        return None
    if left is None or right is None:
        j = right if left is None else left
        return scores[j], abs(position[i] - position[j]), False
    a, b = position[i] - position[left], position[right] - position[i]
    return (b * scores[left] + a * scores[right]) / (a + b), a * b / (a + b), True


def upper(scores, videos, frames, coverage, without=(), unit="pool_frames", fewest=30):
    """The bound of each image; known scores as they are, NaN where `without`."""
    position = positions(videos, frames, unit)
    n = len(scores)
    known = [i for i in range(n) if not math.isnan(scores[i]) and i not in without]
    errors = {}
    for i in known:
        guess = _guess(i, known, scores, videos, position)
        if guess is not None and guess[2]:
            octave = math.floor(math.log2(guess[1]))
            errors.setdefault(octave, []).append(max(scores[i] - guess[0], 0.0))
    margins = {o: np.quantile(e, coverage) for o, e in errors.items() if len(e) >= fewest}
    out = []
    for i in range(n):
        if i in without:
            out.append(math.nan)
        elif i in known:
            out.append(scores[i])
        else:
            guess = _guess(i, known, scores, videos, position)
            if guess is None or not margins or coverage == 1:
                out.append(math.inf)
                continue
            middle, spread, _ = guess
            larger = [o for o in margins if o >= math.floor(math.log2(spread))]
            if larger:
                out.append(middle + margins[min(larger)])
            else:
                most = max(margins)
                out.append(middle + margins[most] * math.sqrt(spread / 2.0**most))
    return out
