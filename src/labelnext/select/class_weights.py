"""How much a rare class counts: weights that multiply scores or share a budget (STRATEGIES §10)."""

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.numerics import inverse_frequency, mean_rarity

_LEAST, _MOST = 1 / 8, 8.0  # so that no class drowns the others, or drowns


def class_weights(
    counts: Int64[np.ndarray, "classes"],
    *,
    kind: str = "inverse",
    pool: Int64[np.ndarray, "classes"] | None = None,
) -> Float64[np.ndarray, "classes"]:
    """One weight a class, larger for rarer ones.

    `inverse`: (n + K) / (n_c + 1), n = Σ n_c labelled objects of K classes (Brust et al., VISAPP
    2019). `pal`: r_c = 1 − ½ (n_c,labelled / N_labelled + n_c,pool / N_pool) over detections
    (Sharma et al., CVPR 2026).

    Departures: weights are clipped to [1/8, 8]; where nothing is labelled, or nothing detected in
    the pool, all its shares are 0.

    Args:
        counts: Labelled objects of each class; with `pal`, detections in labelled images.
        kind: `inverse` or `pal`.
        pool: Detections of each class in the pool; for `pal` alone.

    Returns:
        Weights from 1/8 to 8.

    Raises:
        ArgumentError: An unknown kind, negative counts, or a `pool` that is missing, of another
            length, or not for this kind.
    """
    function = "select.class_weights"
    _check_counts(function, "counts", counts)
    if kind not in ("inverse", "pal"):
        raise ArgumentError(function, "kind", expected="'inverse' or 'pal'", got=repr(kind))
    if (kind == "pal") != (pool is not None):
        raise ArgumentError(
            function, "pool", expected="given with kind='pal', and only then",
            got="none" if pool is None else f"one with kind={kind!r}",
        )  # fmt: skip
    if pool is None:
        weights = inverse_frequency(counts)
    else:
        _check_counts(function, "pool", pool, len(counts))
        weights = mean_rarity(counts, pool)
    clipped: np.ndarray = np.clip(weights, _LEAST, _MOST)
    return clipped


def _check_counts(
    function: str, argument: str, counts: Int64[np.ndarray, "classes"], length: int | None = None
) -> None:
    if length is not None and len(counts) != length:
        raise ArgumentError(
            function, argument, expected=f"one count for each of the {length} classes",
            got=f"{len(counts)} counts",
        )  # fmt: skip
    if not np.issubdtype(counts.dtype, np.integer) or (counts < 0).any():
        raise ArgumentError(
            function, argument, expected="whole numbers of 0 or more", got="another"
        )  # fmt: skip
