"""Stable logistic functions and entropies in float32, in nats, without warnings at 0 and 1."""

from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int64

from labelnext.types import Activation

# Added to p before its logarithm: changes no p above 1e-29, and makes 0 ln 0 finite, hence 0.
TINY = 1e-37
# Beyond it a logistic is 0 or 1 to within 1e-37, and exp stays within float32.
_LOGIT_LIMIT = 86.0

Plane = Float32[np.ndarray, "height width"]
Stack = Float32[np.ndarray, "classes height width"]


def sigmoid(logits: Float32[np.ndarray, "..."]) -> Float32[np.ndarray, "..."]:
    """1 / (1 + e^-x), to float32 accuracy at both ends; values beyond ±86 saturate."""
    out: np.ndarray = np.clip(logits, np.float32(-_LOGIT_LIMIT), np.float32(_LOGIT_LIMIT))
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += np.float32(1)
    np.divide(np.float32(1), out, out=out)
    return out


def softmax(logits: Stack) -> Stack:
    """e^x_c / Σ_c e^x_c over the first axis; shifted by the largest logit, none overflows."""
    out: Stack = logits - logits.max(axis=0)
    np.exp(out, out=out)
    out /= out.sum(axis=0)
    return out


def add_entropy(probabilities: Stack, activation: Activation, total: Plane) -> None:
    """Add the entropy in nats at every pixel of one level to `total`, in place (PAPER Eq. 3).

    What is added is never negative: p, ln p and their products are rounded, their signs are not.

    Args:
        probabilities: `[classes, height, width]` in [0, 1].
        activation: `sigmoid`: the sum over classes of −p ln p − (1−p) ln(1−p), 0 to classes·ln 2.
            `softmax`: −Σ_c p_c ln p_c, 0 to ln classes.
        total: What it is added to.
    """
    scratch = np.empty_like(total)
    for plane in probabilities:
        _subtract_p_ln_p(plane, total, scratch)
        if activation == "sigmoid":
            _subtract_p_ln_p(np.float32(1) - plane, total, scratch)


def inverse_frequency(counts: Int64[np.ndarray, "classes"]) -> Float64[np.ndarray, "classes"]:
    """(n + K) / (n_c + 1) of each of K classes, n = Σ n_c: above 0, larger for rarer ones."""
    weights: np.ndarray = (counts.sum() + len(counts)) / (counts + 1.0)
    return weights


def mean_rarity(
    first: Int64[np.ndarray, "classes"], second: Int64[np.ndarray, "classes"]
) -> Float64[np.ndarray, "classes"]:
    """1 less the mean of a class's shares in two sets of counts; in an empty set all are 0."""
    shares = [counts / max(int(counts.sum()), 1) for counts in (first, second)]
    rare: np.ndarray = 1 - (shares[0] + shares[1]) / 2
    return rare


def jensen_shannon(
    p: Float64[np.ndarray, "n classes"], q: Float64[np.ndarray, "#n classes"]
) -> Float64[np.ndarray, "n"]:
    """½ KL(p‖m) + ½ KL(q‖m) with m = ½(p + q), row by row; in nats, 0 to ln 2.

    `q` may be one row, with which every row of `p` is compared.
    """
    from scipy.special import rel_entr  # takes long to import

    middle = (p + q) / 2
    sums = (rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=1) / 2
    at_least_zero: np.ndarray = np.maximum(sums, 0)  # rounding may leave less
    return at_least_zero


def window_mean(plane: Plane, radius: int) -> Plane:
    """Mean over the (2·radius+1)² window around each pixel, of its in-image pixels only (Eq. 1).

    For a plane without negative values. Sums run in float64, so means are exact to float32
    rounding; what a running sum leaves below 0 where all values are 0 is set to 0.
    """
    cv2 = opencv()
    reach = min(radius, max(plane.shape) - 1)  # further out there is no pixel
    side = 2 * reach + 1
    sums: Plane = cv2.boxFilter(
        plane, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    np.maximum(sums, np.float32(0), out=sums)
    rows, columns = (_window_count(size, reach) for size in plane.shape)
    np.divide(sums, rows[:, None] * columns, out=sums)
    return sums


def _window_count(size: int, radius: int) -> Float32[np.ndarray, "pixels"]:
    place = np.arange(size, dtype=np.float32)
    count: np.ndarray = np.minimum(place + radius, size - 1) - np.maximum(place - radius, 0)
    return count + np.float32(1)


def _subtract_p_ln_p(p: Plane, total: Plane, scratch: Plane) -> None:
    """total −= p ln p, in place; 0 ln 0 is 0. `scratch` is overwritten."""
    np.add(p, np.float32(TINY), out=scratch)
    opencv().log(scratch, dst=scratch)  # twice as fast as numpy's, and as exact
    np.multiply(scratch, p, out=scratch)
    np.subtract(total, scratch, out=total)


def opencv() -> Any:
    """The cv2 module, imported on first use: it alone takes 0.2 s, more than most commands."""
    import cv2

    return cv2
