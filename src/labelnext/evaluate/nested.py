"""Two arms compared over seeds and over clips of the test set at once (STRATEGIES §12, interval).

The seeds are a sample of runs and the test set is a sample of scenes: an interval over seeds alone
says what other runs would show on the same images, and is too narrow for other images. Both are
drawn anew here, crossed, since all runs are measured on one test set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64

from labelnext.errors import ArgumentError
from labelnext.evaluate.outcomes import Outcomes, outcome_miss_rate, weighted_miss_rates
from labelnext.evaluate.paired import paired_difference


@dataclass(frozen=True, slots=True)
class NestedDifference:
    """Difference in miss rate between two arms, over seeds and clips.

    Attributes:
        seeds: How many.
        clips: How many.
        mean: Mean of first less second over seeds, on the test set as it is.
        low: Lower end of the bootstrap interval; NaN with one seed or one clip.
        high: Upper end; NaN with one seed or one clip.
        p_value: Two-sided, of the sign-flip test over seeds: it holds for this test set.
        deviation: Standard deviation of the differences between seeds (n − 1); NaN with one seed.
        seed_error: Standard error of the mean if only seeds are drawn; NaN with one seed.
        clip_error: Standard error of the mean if only clips are drawn; NaN with one clip. Where it
            is the larger, more test clips help more than more seeds.
        exact: See `PairedDifference`.
    """

    seeds: int
    clips: int
    mean: float
    low: float
    high: float
    p_value: float
    deviation: float
    seed_error: float
    clip_error: float
    exact: bool

    @property
    def shown(self) -> bool:
        """True if the interval excludes 0: only then may "better" or "worse" be said."""
        return self.low > 0 or self.high < 0


def nested_difference(
    first: Sequence[Outcomes],
    second: Sequence[Outcomes],
    clips: Int64[np.ndarray, "images"],
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = 0.95,
    fppi: float = 1.0,
) -> NestedDifference:
    """Compare the miss rates of two arms, drawing seeds and clips with replacement.

    A draw takes as many clips as there are, the same for every run, measures each run on them, and
    then averages the differences of as many seeds as there are. A draw of clips without anything to
    find has no miss rate and is taken again.

    Args:
        first: One a seed, all on the same test set.
        second: One a seed, same seeds in the same order.
        clips: Clip of each image, from `clip_of`.
        rng: Draws seeds and clips.
        draws: How many, from 1.
        level: Coverage of the percentile interval.
        fppi: False positives per image at which the miss rate is read, from 0.

    Raises:
        ArgumentError: No seeds; lengths that differ; runs on different test sets; a test set
            without anything to find; an argument out of its range.
    """
    _check(first, second, clips, draws, level, fppi)
    pairs = list(zip(first, second, strict=True))
    point = np.array([_rate(a, fppi) - _rate(b, fppi) for a, b in pairs])
    weights = _weights(clips, first[0].instances, draws, rng)
    drawn = np.stack(
        [
            weighted_miss_rates(a, weights, fppi=fppi) - weighted_miss_rates(b, weights, fppi=fppi)
            for a, b in pairs
        ],
        axis=1,
    )
    seeds, count = len(pairs), len(np.unique(clips))
    over_seeds = paired_difference(point.tolist(), [0.0] * seeds, rng=rng, draws=draws)
    chosen = rng.integers(0, seeds, (draws, seeds))
    means = np.take_along_axis(drawn, chosen, axis=1).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    enough = seeds > 1 and count > 1
    return NestedDifference(
        seeds,
        count,
        float(point.mean()),
        float(low) if enough else float("nan"),
        float(high) if enough else float("nan"),
        over_seeds.p_value,
        over_seeds.deviation,
        over_seeds.deviation / seeds**0.5,
        float(drawn.mean(axis=1).std()) if count > 1 else float("nan"),
        over_seeds.exact,
    )


def _rate(found: Outcomes, fppi: float) -> float:
    return outcome_miss_rate(found, fppi=fppi)


def _weights(
    clips: Int64[np.ndarray, "images"],
    instances: Int64[np.ndarray, "images"],
    draws: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, "draws images"]:
    """How often each image is in each draw: as often as its clip."""
    _, clip = np.unique(clips, return_inverse=True)
    count = int(clip.max()) + 1
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    in_clip = np.bincount(clip, weights=instances, minlength=count)
    while (empty := times @ in_clip == 0).any():
        again = rng.multinomial(count, np.full(count, 1 / count), size=int(empty.sum()))
        times[empty] = again
    weights: np.ndarray = times[:, clip]
    return weights


def _check(
    first: Sequence[Outcomes],
    second: Sequence[Outcomes],
    clips: Int64[np.ndarray, "images"],
    draws: int,
    level: float,
    fppi: float,
) -> None:
    function = "nested_difference"
    if len(first) == 0:
        raise ArgumentError(function, "first", expected="at least one seed", got="none")
    if len(second) != len(first):
        expected = f"one per seed of `first` ({len(first)})"
        raise ArgumentError(function, "second", expected=expected, got=f"{len(second)}")
    for argument, runs in (("first", first), ("second", second)):
        if any(not np.array_equal(run.instances, first[0].instances) for run in runs):
            raise ArgumentError(
                function, argument, expected="on one test set", got="truths that differ"
            )
    if first[0].instances.sum() == 0:
        expected = "on a test set with something to find"
        raise ArgumentError(function, "first", expected=expected, got="no truths")
    if len(clips) != first[0].images:
        expected = f"one per image ({first[0].images})"
        raise ArgumentError(function, "clips", expected=expected, got=f"{len(clips)}")
    if draws < 1:
        raise ArgumentError(function, "draws", expected="at least 1", got=draws)
    if not 0 < level < 1:
        raise ArgumentError(function, "level", expected="between 0 and 1", got=level)
    if not fppi >= 0:
        raise ArgumentError(function, "fppi", expected="a number from 0", got=fppi)
