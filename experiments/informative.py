"""Do high scores find the images on which a detector is wrong? Several classes, no training.

    python experiments/informative.py PROJECT [PROJECT …] [--budget 0.1] [--strategy divergence …]

For labelled pools and a detector that is not trained here. An image's worth is what labelling it
would correct: objects that the detector misses, boxes that are none, and right places with a wrong
class (at a score of --threshold, IoU .5). Every strategy picks its share of the pool by score
alone; printed are its picks' errors against those of as many random images, with intervals by
bootstrap over images, and what else the picks hold. One number an image decides, so no temporal
rules and no smoothing here.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import spearmanr

from labelnext import plugins
from labelnext.evidence import Evidence
from labelnext.machine import hardware
from labelnext.protocols import Precomputed
from labelnext.rounds import overview
from labelnext.rounds.project import load_pixels
from labelnext.scores.overlap import pairwise_iou
from labelnext.types import GroundTruth, Prediction

STRATEGIES = (
    "divergence", "entropy", "divergence[resolution=native]", "box-entropy[box_aggregate=sum]",
    "box-entropy[box_aggregate=max]", "box-margin[box_aggregate=sum]",
)  # fmt: skip
DRAWS = 2000


class Image(NamedTuple):
    """A labelled image and what the detector says of it."""

    size: tuple[int, int]
    prediction: Prediction
    truth: GroundTruth


class Worth(NamedTuple):
    """What labelling an image would correct, and what it holds."""

    missed: int
    false: int
    confused: int
    objects: int
    classes: frozenset[int]

    @property
    def errors(self) -> int:
        """All that is wrong."""
        return self.missed + self.false + self.confused


def main() -> None:
    """Print one table a project, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--budget", type=float, default=0.1)
    parser.add_argument("--threshold", type=float, default=0.3)
    parser.add_argument("--strategy", action="append", default=[])
    given = parser.parse_args()
    print(hardware())
    for folder in given.projects:
        images, classes = read(folder)
        print(f"\n{folder.name}: {len(images)} images, {len(classes)} classes")
        table(images, given.strategy or STRATEGIES, given.budget, given.threshold)


def read(folder: Path) -> tuple[list[Image], Sequence[str]]:
    """The labelled images of a project's pool with the predictions of its first detector."""
    with overview.opened(folder) as project:
        detector = project.fresh_detector()
        records = project.index.records("pool")
        truths = project.index.truth([record.key for record in records])
        found = []
        for record in records:
            truth = truths[record.key]
            if truth is None:
                continue
            if isinstance(detector, Precomputed):
                prediction = detector.lookup([record.key])[0]
            else:
                prediction = detector.predict([load_pixels(record)])[0]
            if prediction is not None:
                found.append(Image((record.height, record.width), prediction, truth))
        return found, project.config.classes


def table(
    images: Sequence[Image], strategies: Sequence[str], budget: float, threshold: float
) -> None:
    """A line a strategy, and one of all images."""
    worth = [judged(image, threshold) for image in images]
    errors = np.array([w.errors for w in worth], np.float64)
    k = max(1, round(budget * len(images)))
    print(
        f"\n{k} images each\n\n| picked by | errors an image | against random | 95 % interval | "
        "missed | false | confused | objects | errors an object | classes seen | "
        "rank correlation with errors |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for text in strategies:
        scores = np.array([score(text, image) for image in images])
        line(text, np.argsort(-scores, kind="stable")[:k], worth, scores, k)
    mean = errors.mean()
    parts = [np.mean([getattr(w, name) for w in worth]) for name in ("missed", "false", "confused")]
    objects = np.mean([w.objects for w in worth])
    seen = expected_classes(worth, k)
    print(
        f"| random | {mean:.2f} | 1 | – | {parts[0]:.2f} | {parts[1]:.2f} | {parts[2]:.2f} | "
        f"{objects:.1f} | {mean / objects:.2f} | {seen:.1f} | – |"
    )


def line(text: str, top: np.ndarray, worth: Sequence[Worth], scores: np.ndarray, k: int) -> None:
    """What the picks of one strategy hold, against the mean of all images."""
    errors = np.array([w.errors for w in worth], np.float64)
    ratio = errors[top].mean() / errors.mean()
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(DRAWS):
        drawn = rng.integers(len(worth), size=len(worth))
        best = drawn[np.argsort(-scores[drawn], kind="stable")[:k]]
        ratios.append(errors[best].mean() / max(errors[drawn].mean(), 1e-9))
    low, high = np.quantile(ratios, [0.025, 0.975])
    picks = [worth[i] for i in top]
    parts = [np.mean([getattr(w, n) for w in picks]) for n in ("missed", "false", "confused")]
    objects, classes = (
        np.mean([w.objects for w in picks]),
        frozenset().union(*(w.classes for w in picks)),
    )
    rho = float(spearmanr(scores, errors).statistic)
    print(
        f"| `{text}` | {errors[top].mean():.2f} | **{ratio:.2f}** | {low:.2f} to {high:.2f} | "
        f"{parts[0]:.2f} | {parts[1]:.2f} | {parts[2]:.2f} | {objects:.1f} | "
        f"{errors[top].mean() / objects:.2f} | {len(classes)} | "
        f"{rho:.2f} |",
        flush=True,
    )


def score(text: str, image: Image) -> float:
    """A strategy's number of one image; images without one come last."""
    call = plugins.parse_call(text)
    assert call is not None
    strategy = plugins.load("strategies", call.name)(**call.arguments)
    truth_classes = max(1, int(image.truth.classes.max(initial=0)) + 1)
    evidence = Evidence(image.size, image.prediction, classes=truth_classes)
    value = strategy.score(evidence).score
    return -np.inf if value is None else float(value)


def judged(image: Image, threshold: float) -> Worth:
    """Errors of the boxes above the threshold: each object is matched once, the best box first."""
    found, truth = image.prediction.detections, image.truth
    real = np.flatnonzero(~truth.ignore)
    overlap = pairwise_iou(found.xyxy.astype(np.float64), truth.xyxy)
    left, false, confused = set(real.tolist()), 0, 0
    for i in np.argsort(-found.scores, kind="stable"):
        if found.scores[i] < threshold:
            break
        near = [j for j in left if overlap[i, j] >= 0.5]
        same = [j for j in near if truth.classes[j] == found.classes[i]]
        if same or near:
            left.remove(max(same or near, key=lambda j: overlap[i, j]))
            confused += not same
        elif not (overlap[i][truth.ignore] > 0.5).any():
            false += 1
    return Worth(len(left), false, confused, len(real), frozenset(truth.classes[real].tolist()))


def expected_classes(worth: Sequence[Worth], k: int) -> float:
    """Classes that as many random images show."""
    rng = np.random.default_rng(0)
    draws = [rng.choice(len(worth), k, replace=False) for _ in range(200)]
    return float(np.mean([len(frozenset().union(*(worth[i].classes for i in d))) for d in draws]))


if __name__ == "__main__":
    main()
