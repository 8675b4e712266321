"""The strategies of the paper: divergence, its two rival pixel scores, and two kinds of random.

Each is a function of a preset and flat arguments; `strategies.arguments` lists them. The ablations
of the paper's Fig. 8-10 are `aggregate="mean"`, `smooth=False` and `temporal=False`.
"""

from labelnext import scores
from labelnext.errors import LabelnextError
from labelnext.strategies.arguments import AGGREGATION, RULES, SELECTION, resolve
from labelnext.strategies.composed import Composed


def divergence(*, preset: str = "corrected", **given: object) -> Composed:
    """Local divergence of dense predictions (Eq. 1-5): the paper's own method."""
    known = resolve("divergence", preset, given, ("radius", *AGGREGATION, *SELECTION))
    radius = int(str(known["radius"]))
    return Composed(
        "divergence", known, pixels=lambda maps, _: scores.local_divergence(maps, radius=radius)
    )


def entropy(*, preset: str = "corrected", **given: object) -> Composed:
    """Entropy of each pixel's prediction instead of Eq. 2."""
    known = resolve("entropy", preset, given, (*AGGREGATION, *SELECTION))
    return Composed("entropy", known, pixels=lambda maps, _: scores.entropy(maps))


def mc_dropout(*, preset: str = "corrected", **given: object) -> Composed:
    """Mutual information over stochastic passes (BALD) instead of Eq. 2."""
    known = resolve("mc-dropout", preset, given, ("samples", *AGGREGATION, *SELECTION))

    def pixels(_: object, samples: object) -> object:
        if not samples:
            raise LabelnextError("mc-dropout needs stochastic passes, and none were made.")
        return scores.dropout_divergence(samples)  # type: ignore[arg-type]

    return Composed("mc-dropout", known, samples=int(str(known["samples"])), pixels=pixels)  # type: ignore[arg-type]


def random(*, preset: str = "corrected", **given: object) -> Composed:
    """Uniform draws, without any rule."""
    return Composed("random", resolve("random", preset, given, ()))


def guided_random(*, preset: str = "corrected", **given: object) -> Composed:
    """Uniform draws under the temporal rules, without smoothing: the paper's fair baseline."""
    return Composed("guided-random", resolve("guided-random", preset, given, RULES))
