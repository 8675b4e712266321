"""Fig. 4 of the paper: the time that the whole loop takes, over b and B."""

from dataclasses import dataclass
from math import floor, log10

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.cost import Machine, grid

IMAGES = 51_363  # of Caltech's training videos (Table 1)
_PER_CYCLE = (50, 100, 250, 500, 1000, 1500, 2500)
_TOTALS = (2500, 5000, 7500, 10_000, 15_000)
FOUND = (
    "At B = 7,500 of 51,363 frames the loop takes about 46 h with b = 2,500, 190 h with b = 500, "
    "1,800 h with b = 50."
)


@dataclass(frozen=True, slots=True)
class Times:
    """Hours of wall time for pairs of b and B.

    Attributes:
        pool: N.
        per_cycles: b.
        totals: B.
        hours: Of the machine, labelling left out; NaN where b > B.
        machine: How fast it is.
        left_per_pick: ρ, images that leave the pool for each pick.
        source: Whose times these are.
    """

    pool: int
    per_cycles: Int64[np.ndarray, "b"]
    totals: Int64[np.ndarray, "B"]
    hours: Float64[np.ndarray, "b B"]
    machine: Machine
    left_per_pick: float
    source: str


def times(
    pool: int = IMAGES,
    *,
    machine: Machine | None = None,
    left_per_pick: float = 4,
    source: str = "the paper's",
) -> Times:
    """Time to completion for a grid of b and B.

    The grid is 50 to 2,500 and 2,500 to 15,000 for the paper's N; for another N it is in the same
    proportion, to two digits.

    Args:
        pool: N, images before the first cycle, at least 1.
        machine: How fast it is; by default the paper's 0.15 s an image scored and 0.2 s an image
            trained on, 50 epochs.
        left_per_pick: ρ. 4 = 2Δt₂ fits the paper's figures best (see `cost.completion_seconds`); 1
            for stills.
        source: Whose times these are, as shown.

    Raises:
        ArgumentError: A number outside its range.
    """
    known = machine or Machine()
    per_cycles, totals = (_scaled(values, pool) for values in (_PER_CYCLE, _TOTALS))
    seconds = grid(
        per_cycles, totals, pool=pool, score_seconds=known.score_seconds,
        train_seconds=known.train_seconds, epochs=known.epochs, left_per_pick=left_per_pick,
    )  # fmt: skip
    return Times(pool, per_cycles, totals, seconds / 3600, known, left_per_pick, source)


def _scaled(values: tuple[int, ...], pool: int) -> Int64[np.ndarray, "n"]:
    """The paper's values in proportion to the pool, to two digits, each once, 1 to N."""
    if pool == IMAGES:
        return np.array(values, np.int64)
    scaled = (value * pool / IMAGES for value in values)
    whole = {min(pool, max(1, _two_digits(value))) for value in scaled}
    return np.array(sorted(whole), np.int64)


def _two_digits(value: float) -> int:
    step = 10 ** max(0, floor(log10(value)) - 1) if value > 1 else 1
    return round(value / step) * step
