"""Miss rate against false positives per image, and its log-average (PAPER §7)."""

import numpy as np

from labelnext.errors import ArgumentError
from labelnext.evaluate.matching import Matches
from labelnext.types import MissRateCurve

_REFERENCES = tuple(10 ** (-2 + k / 4) for k in range(9))  # in floats of Python: exactly .01, .1, 1
_LEAST_MISS_RATE = 1e-10  # log(0) otherwise; the Caltech toolbox has the same floor


def miss_rate_curve(matches: Matches) -> MissRateCurve:
    """The curve over all thresholds at which it can change.

    The first point is the silent detector: threshold ∞, no false positives, everything missed. Each
    other point holds every detection whose score is at least its threshold, so that equal scores
    come in together and their order does not matter (the Caltech toolbox makes a point of each
    detection). Ignored detections make no point. Images without truth count for the false
    positives per image. Several classes share the threshold: the curve pools them.

    Returns:
        The curve, strictest threshold first; `miss_rate` is NaN throughout if nothing is to be
        found. Empty if there are no images.
    """
    if matches.images == 0:
        return MissRateCurve(np.zeros(0), np.zeros(0), np.zeros(0))
    counted = ~matches.ignored
    scores, right = matches.scores[counted], matches.truth[counted] >= 0
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], right[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
    hits = np.append(0.0, np.cumsum(right)[last])
    false = np.append(0.0, np.cumsum(~right)[last])
    miss = 1 - hits / matches.instances if matches.instances else np.full(len(hits), np.nan)
    return MissRateCurve(false / matches.images, miss, np.append(np.inf, scores[last]))


def miss_rate_at(curve: MissRateCurve, fppi: float) -> float:
    """Miss rate at the last point of the curve that has at most `fppi` false positives per image.

    Where no point is that strict the miss rate is 1: only a silent detector would do. The scripts
    of Caltech and CityPersons agree on both.

    Args:
        curve: From `miss_rate_curve` or `authors_curve`.
        fppi: Reference, from 0.

    Returns:
        A share, 0 to 1; NaN if the curve is empty or its miss rates are undefined.
    """
    if not fppi >= 0:
        raise ArgumentError("miss_rate_at", "fppi", expected="a number from 0", got=fppi)
    if len(curve.miss_rate) == 0 or np.isnan(curve.miss_rate).any():
        return float("nan")
    reached = np.flatnonzero(curve.fppi <= fppi)
    return float(curve.miss_rate[reached[-1]]) if len(reached) else 1.0


def log_average_miss_rate(curve: MissRateCurve) -> float:
    """exp of the mean log miss rate at nine references, 10^(−2:.25:0) false positives per image.

    A miss rate of 0 counts as 1e-10, as in the Caltech toolbox, so a perfect detector gets 1e-10.

    Args:
        curve: From `miss_rate_curve` or `authors_curve`.

    Returns:
        A share, 1e-10 to 1; NaN where `miss_rate_at` is.
    """
    rates = [miss_rate_at(curve, fppi) for fppi in _REFERENCES]
    return float(np.exp(np.mean(np.log(np.maximum(rates, _LEAST_MISS_RATE)))))
