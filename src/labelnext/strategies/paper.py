"""The strategies of the paper: divergence, its two rival pixel scores, and two kinds of random.

Each is a function of a preset and flat arguments; `strategies.arguments` lists them. The ablations
of the paper's Fig. 8-10 are `aggregate="mean"`, `smooth=False` and `temporal=False`.
"""

from collections.abc import Mapping

import numpy as np

from labelnext import scores, select
from labelnext.errors import ArgumentError
from labelnext.evidence import Evidence
from labelnext.strategies import seen
from labelnext.strategies.arguments import (
    AGGREGATION,
    RULES,
    SELECTION,
    choice,
    needs,
    number,
    resolve,
    whole,
)
from labelnext.strategies.composed import Chosen, Composed, Pixels, PixelScore, Task
from labelnext.strategies.keep import likeness
from labelnext.strategies.rules import Taken


def divergence(*, preset: str = "corrected", **given: object) -> Composed:
    """Local divergence of dense predictions (Eq. 1-5): the paper's own method."""
    known = resolve("divergence", preset, given, ("radius", *AGGREGATION, *SELECTION))
    return pixelwise("divergence", known, pixel_score("divergence", known))


def entropy(*, preset: str = "corrected", **given: object) -> Composed:
    """Entropy of each pixel's prediction instead of Eq. 2."""
    known = resolve("entropy", preset, given, (*AGGREGATION, *SELECTION))
    return pixelwise("entropy", known, pixel_score("entropy", known))


def mc_dropout(*, preset: str = "corrected", **given: object) -> Composed:
    """Mutual information over stochastic passes (BALD) instead of Eq. 2.

    `dropout` is the ratio that the paper's Fig. 6 varies (.5 and .1); None leaves it to the
    detector. It is the strategy's and not the detector's, so arms that differ in it share the
    weights they start from.

    Raises:
        ArgumentError: Fewer than two passes, or a `dropout` that is not from 0 to below 1.
    """
    known = resolve("mc-dropout", preset, given, ("samples", "dropout", *AGGREGATION, *SELECTION))
    passes = whole(known, "samples", 2)
    ratio = None if known["dropout"] is None else number(known, "dropout", 0)
    if ratio is not None and ratio >= 1:
        raise ArgumentError("a strategy", "dropout", expected="below 1", got=ratio)
    return pixelwise("mc-dropout", known, passes_divergence(known), samples=passes, dropout=ratio)


def random(*, preset: str = "corrected", **given: object) -> Composed:
    """Uniform draws, without any rule."""
    return Composed("random", resolve("random", preset, given, ()), choose=_uniform)


def guided_random(*, preset: str = "corrected", **given: object) -> Composed:
    """Uniform draws under the temporal rules, without smoothing: the paper's fair baseline."""
    known = resolve("guided-random", preset, given, RULES)
    return Composed("guided-random", known, needs(known), keep=likeness(known), choose=_guided)


def pixelwise(
    name: str, known: dict[str, object], pixels: PixelScore, **further: object
) -> Composed:
    """A strategy that scores pixels and takes the best images by rank."""
    return Composed(
        name, known, needs(known, forward=True, **further), pixels=pixels, keep=likeness(known)
    )


def pixel_score(name: str, known: Mapping[str, object]) -> PixelScore:
    """The score of pixels by the plain pass's maps alone, with the arguments of a strategy."""
    native = _is_native(known)
    radius = whole(known, "radius", 0) if name == "divergence" else 0

    def score(evidence: Evidence) -> Pixels:
        maps = seen.maps(evidence, name)
        grid, side = scores.on_cells(maps) if native else (maps, 1)
        if name == "entropy":
            found = scores.entropy(grid)
        else:
            found = scores.local_divergence(grid, radius=scores.in_cells(radius, side))
        return scores.to_pixels(found, side, maps.image_size) if native else found

    return score


def passes_divergence(known: Mapping[str, object]) -> PixelScore:
    """BALD over stochastic passes or the detectors of an ensemble; None where only one spoke."""
    native = _is_native(known)

    def score(evidence: Evidence) -> Pixels | None:
        samples = evidence.samples
        if len(samples) < 2:
            return None
        if not native:
            return scores.dropout_divergence(samples)
        grids = [scores.on_cells(maps) for maps in samples]
        found = scores.dropout_divergence([grid.maps for grid in grids])
        return scores.to_pixels(found, grids[0].side, samples[0].image_size)

    return score


def _is_native(known: Mapping[str, object]) -> bool:
    return choice(known, "resolution", ("image", "native")) == "native"


def _uniform(task: Task) -> Chosen:
    pool, budget, blocked, rng, _ = task
    indices = select.random(len(pool), budget=budget, rng=rng, blocked=blocked)
    taken = Taken.freely(indices, blocked)
    return Chosen(taken, np.full(len(pool), np.nan), ["drawn at random"] * len(indices))


def _guided(task: Task) -> Chosen:
    """Random numbers as ranks, so that draws are uniform but for the rules."""
    pool, budget, blocked, rng, rules = task
    taken = rules.take(rng.random(len(pool)), pool, budget=budget, blocked=blocked, rng=rng)
    under = "" if rules.free(pool.timeline) else f" under the {rules.words}"
    notes = [f"drawn at random{under}"] * len(taken.indices)
    return Chosen(taken, np.full(len(pool), np.nan), notes)
