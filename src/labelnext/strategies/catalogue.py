"""Every strategy that is known, built in or from a plug-in, with what its arguments mean."""

import inspect
from collections.abc import Mapping
from typing import NamedTuple

from labelnext import plugins
from labelnext.evidence import Needs
from labelnext.protocols import Strategy


class Argument(NamedTuple):
    """One argument of a strategy.

    Attributes:
        name: As in settings.
        default: Under the preset asked for.
        meaning: In words; empty for a plug-in's own.
    """

    name: str
    default: object
    meaning: str


class Listed(NamedTuple):
    """One strategy.

    Attributes:
        name: As users name it.
        what: What it does, in one line.
        needs: What the detector has to give, in words.
        arguments: All that it takes.
    """

    name: str
    what: str
    needs: str
    arguments: tuple[Argument, ...]


def catalogue(preset: str = "corrected") -> list[Listed]:
    """Strategies sorted by name; what one does is the first line of its docstring.

    Raises:
        ArgumentError: An unknown preset.
    """
    found = []
    for name in plugins.names("strategies"):
        make = plugins.load("strategies", name)
        strategy: Strategy = make(preset=preset)
        arguments = tuple(
            Argument(key, value, meaning(name, key)) for key, value in strategy.arguments.items()
        )
        what = (inspect.getdoc(make) or "").partition("\n")[0]
        found.append(Listed(name, what, in_words(strategy.needs), arguments))
    return found


def meaning(strategy: str, argument: str) -> str:
    """What an argument of a strategy means; empty where it is not known here."""
    return _OWN.get((strategy, argument), _MEANINGS.get(argument, ""))


def in_words(needs: Needs) -> str:
    """Forward passes over each image of the pool, and what else is looked at."""
    if not needs.images:
        return "nothing"
    parts = ["one pass"] if needs.forward else []
    if needs.samples:
        parts.append(f"{needs.samples} stochastic passes")
    if needs.views:
        parts.append(f"{len(needs.views)} passes over changed images")
    if needs.rounds or needs.checkpoints:
        parts.append("one pass of each member")
    if needs.pixels:
        parts.append("the image")
    if needs.labelled:
        parts.append("the same of the labelled images")
    return ", ".join(parts)


_MEANINGS: Mapping[str, str] = {
    "aggregate": "Pixels to one number: `region-max-mean` (Eq. 5), `mean`, `max` or `sum`.",
    "resolution": "Where pixels are scored: `image` at each of them, `native` once a cell of the "
    "detector's finest grid, which is many times as fast with many classes.",
    "region": "Side of the regions of Eq. 5, in pixels of the maps' image.",
    "tiling": "`tiles` from the corner, or `centred` as in the authors' code.",
    "smooth": "Whether scores are smoothed over neighbouring frames (Eq. 6).",
    "smooth_radius": "Frames (or seconds, see `unit`) on either side that count.",
    "smooth_sigma": "Width of the Gaussian, in the same unit.",
    "smooth_ends": "`renormalise` at the ends of a video, or `zero` as in the authors' code.",
    "off_by_one": "The authors' misplaced scores; for `authors-code` only.",
    "cost_exponent": "η of score / seconds^η, 0 to 1: 0 ranks by score, 1 by score per second.",
    "temporal": "Whether the temporal rules keep picks apart.",
    "within_cycle": "Frames (or seconds) that a pick keeps out of its own cycle, either side.",
    "across_cycles": "Frames (or seconds) that a pick keeps out of all later cycles.",
    "window": "`symmetric`, or `slice` as in the authors' code.",
    "unit": "What windows count: `pool_frames` or `seconds`.",
    "across_videos": "Take the whole pool for one video, as the authors' code does.",
    "similar": "Keep look-alikes apart instead of neighbours in time: `none`, `hash`, `embedding`.",
    "similar_threshold": "Hash: at most so many of 64 bits differ (10). Embedding: a cosine of at "
    "least this (0.95).",
    "box_aggregate": "Boxes to one number: `max`, `mean` or `sum`. `sum` favours crowds.",
    "activation": "How class vectors are read: `sigmoid`, or `softmax` with the background.",
    "min_score": "Boxes of lower score do not count.",
    "class_weighted": "Multiply each box's score by the weight of its class, larger for rarer ones "
    "(Brust et al.).",
    "radius": "Half-width of the window of local divergence, in pixels of the maps' image.",
    "samples": "Stochastic passes, at least 2.",
    "dropout": "Share that each pass drops, 0 to below 1; by default the detector's own.",
    "checkpoints": "Weights files of further members: a path or a glob, seen from the project.",
    "rounds": "How many earlier rounds' detectors are members too.",
    "factor": "δ: the short list holds δ·b images, at least b.",
    "oversample": "Under rules that keep picks apart, so many times b are put in order.",
    "base": "Score of the first stage: `divergence`, `entropy`, or one of the box scores.",
    "diversity": "How the short list is put in order: `k-center` or `k-means`.",
    "quotas": "Whether, with several classes, rare ones are asked for first.",
    "levels": "Levels of noise.",
    "sigma": "Noise of the first level, of 255; the k-th has k times as much.",
    "combine": "Add 1 − the lowest score of a box (LS+C); false ranks by stability alone.",
    "delta": "δ: the second stage chooses among the (1 + δ)·b best.",
    "scale": "Factor of the resized view.",
    "degrees": "Angle of the rotated view.",
    "cuts": "Rectangles that are blacked out.",
    "enms": "Boxes of a class with a larger cosine between their features count once.",
    "intra": "An image is passed over if a cosine to what is taken is larger in every class.",
    "inter": "A minority class shows where a score is larger.",
    "min_side": "√(width·height) of a box must be above it, in pixels of the image.",
    "max_aspect": "The longer side over the shorter must be below it.",
    "exponent": "ξ: weight of the probability against the overlap in a class's difficulty.",
    "momentum": "m₀ of the moving average of a class's quality.",
    "max_boxes": "So many of an image's best boxes are matched.",
    "steps": "k-medoids steps, at most.",
    "threshold": "A pixel stands behind a box if its probability is larger.",
    "support_window": "Side of the square around a box's centre in which pixels are counted; odd.",
    "folds": "Classifiers, each of which leaves a part of the labelled images out.",
    "ridge": "Weight of the penalty on the classifiers' coefficients.",
}  # fmt: skip

_OWN: Mapping[tuple[str, str], str] = {
    ("consistency", "beta"): "β: the agreement of boxes, 0 to 2, that informs most.",
    ("prototypes", "alpha"): "α: the share of classes that are a minority.",
    ("prototypes", "beta"): "β: the share of the budget that is for them.",
    ("ppal", "alpha"): "α of the class weights: the smaller, the more easy classes are lifted.",
    ("ppal", "beta"): "β: what the hardest class weighs more than the easiest.",
    ("pal", "factor"): "Under rules that keep picks apart, δ·b images are chosen among; else all.",
}
