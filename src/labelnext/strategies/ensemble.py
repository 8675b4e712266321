"""Deep ensembles: what several trainings disagree about (Lakshminarayanan 2017; STRATEGIES §3).

Scored densely, place by place, as Haussmann et al. (2020) do, so no boxes have to be matched.
"""

from labelnext.errors import ArgumentError
from labelnext.strategies.arguments import AGGREGATION, SELECTION, resolve, whole
from labelnext.strategies.composed import Composed
from labelnext.strategies.paper import passes_divergence, pixelwise


def ensemble(*, preset: str = "corrected", **given: object) -> Composed:
    """Mutual information between prediction and member, at each pixel.

    Members are the present detector, those in the weights files that match `checkpoints` (a path or
    a glob, seen from the project's folder), and the detectors of the last `rounds` rounds: these
    cost nothing, each having been trained anew from the same first weights. In round 1 there are
    none yet; with a single member nothing is scored, and the picks are random under the rules.

    Raises:
        ArgumentError: Neither checkpoints nor rounds.
    """
    known = resolve("ensemble", preset, given, (*AGGREGATION, *SELECTION), checkpoints="", rounds=2)
    rounds, checkpoints = whole(known, "rounds", 0), str(known["checkpoints"])
    if rounds < 1 and not checkpoints:
        raise ArgumentError(
            "the strategy ensemble", "checkpoints", expected="a path or glob, as rounds is 0",
            got=repr(checkpoints), remedy="Give weights files, or rounds=2.",
        )  # fmt: skip
    pixels = passes_divergence(known)
    return pixelwise("ensemble", known, pixels, checkpoints=checkpoints, rounds=rounds)
