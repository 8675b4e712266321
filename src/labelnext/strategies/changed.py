"""Strategies that change the image and see what the detector still says (STRATEGIES §2, §5).

Each change is one more forward pass over the pool.
"""

from functools import partial

import numpy as np
from jaxtyping import Float32

from labelnext import scores, select
from labelnext.evidence import Evidence, View
from labelnext.scores import views
from labelnext.strategies import seen, staged
from labelnext.strategies.arguments import UNPRICED, choice, flag, needs, number, resolve, whole
from labelnext.strategies.boxes import ACTIVATIONS
from labelnext.strategies.composed import Composed, Task
from labelnext.strategies.keep import likeness
from labelnext.types import Detections, Image


def stability(*, preset: str = "corrected", **given: object) -> Composed:
    """How far boxes move when pixels are noisy (Kao et al., ACCV 2018).

    `levels` noise levels, σ from `sigma` by `sigma`; `combine` adds 1 − the best score (LS+C).
    Boxes of fixed size per level, as fire-fpn's without offsets, move by translation only.
    """
    known = resolve("stability", preset, given, UNPRICED, levels=6, sigma=8.0, combine=True)
    levels, sigma, combine = (
        whole(known, "levels", 1),
        number(known, "sigma", 0),
        flag(known, "combine"),
    )
    noisy = tuple(partial(_noise, sigma=sigma * (k + 1)) for k in range(levels))

    def score(evidence: Evidence) -> float | None:
        found = [view.prediction.detections for view in evidence.views]
        return scores.stability_score(seen.detections(evidence), found, combine=combine)

    return Composed(
        "stability", known, needs(known, forward=True, views=noisy), image=score,
        keep=likeness(known),
    )  # fmt: skip


def consistency(*, preset: str = "corrected", **given: object) -> Composed:
    """Whether boxes survive a mirror, cut-outs, a resize and a rotation (CALD, CVPRW 2022).

    Of the (1 + `delta`)·b best, the b whose classes are least like those labelled; with one class,
    the b best. Departures: see `scores.consistency` and `views`; an image without boxes has no
    score, where in the authors' program it has the best one.
    """
    known = resolve(
        "consistency", preset, given, ("activation", *UNPRICED), beta=1.3, delta=0.2, scale=0.8,
        degrees=5.0, cuts=2,
    )  # fmt: skip
    beta, factor = number(known, "beta", 0, 2), 1 + number(known, "delta", 0)
    activation = choice(known, "activation", ACTIVATIONS)
    changes: tuple[View, ...] = (
        _mirror,
        partial(_cut_out, cuts=whole(known, "cuts", 0)),
        partial(_resize, factor=number(known, "scale", 0.1, 10)),
        partial(_rotate, degrees=number(known, "degrees")),
    )

    def score(evidence: Evidence) -> float | None:
        viewed = [(view.prediction.detections, view.matrix, view.size) for view in evidence.views]
        return scores.consistency(
            seen.class_vectors(evidence, activation),
            viewed,
            beta=beta,
            activation=activation,  # type: ignore[arg-type]
        )

    return Composed(
        "consistency", known,
        needs(known, forward=True, views=changes, counts=True), image=score,
        keep={"classes": _classes, **likeness(known)},
        choose=staged.staged(_furthest, factor=factor),
    )  # fmt: skip


def _furthest(short: staged.Order, task: Task) -> staged.Order:
    """The short list's images whose classes are most unlike the labelled ones'."""
    pool = task.pool
    if pool.classes < 2:
        return short
    vectors = staged.vectors(pool, "classes").astype(np.float64)
    labelled = scores.labelled_class_vector(
        pool.labelled.counts(pool.classes), max(1, len(pool.labelled.truths))
    )
    return select.furthest_classes(short, vectors, labelled, budget=task.budget)


def _classes(evidence: Evidence) -> Float32[np.ndarray, "classes"]:
    viewed = [view.prediction.detections for view in evidence.views]
    found = [seen.detections(evidence), *viewed]
    return scores.class_vector(found, evidence.classes).astype(np.float32)


def _mirror(image: Image, known: Detections, rng: np.random.Generator) -> views.Changed:
    return views.mirror(image)


def _noise(
    image: Image, known: Detections, rng: np.random.Generator, *, sigma: float
) -> views.Changed:
    return views.noise(image, sigma=sigma, rng=rng)


def _cut_out(
    image: Image, known: Detections, rng: np.random.Generator, *, cuts: int
) -> views.Changed:
    return views.cut_out(image, boxes=known.xyxy, rng=rng, cuts=cuts)


def _resize(
    image: Image, known: Detections, rng: np.random.Generator, *, factor: float
) -> views.Changed:
    return views.resize(image, factor)


def _rotate(
    image: Image, known: Detections, rng: np.random.Generator, *, degrees: float
) -> views.Changed:
    return views.rotate(image, degrees)
