"""What labelling costs in a project: prices, what the rounds so far took, an average image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from labelnext.cost import (
    Budget,
    Calibration,
    LabellingCost,
    LabourRate,
    LearnedCost,
    calibrate,
    learn,
)
from labelnext.evaluate import match
from labelnext.rounds import pooled
from labelnext.rounds.project import Project
from labelnext.types import Detections, GroundTruth

SHOWN = 0.5  # boxes of at least this score count as proposed to people
AT_LEAST = 30  # timed tasks before prices are learned
_KEPT_IOU = 0.5  # a proposed box that was moved further than this was drawn anew
_AVERAGE_BOXES = 3.0  # of an image of which nothing is known: the default prices' urban frame

Origin = Literal["set", "learned", "default"]


@dataclass(frozen=True, slots=True)
class Prices:
    """Seconds and money of labelling, as they hold now.

    Attributes:
        cost: Seconds.
        origin: Where each of them comes from, by field of `cost`.
        learned: What the timed tasks say; None with too few of them, or where learning is off.
        tasks: Timed tasks so far.
        rate: Money an hour; None if not set.
    """

    cost: LabellingCost
    origin: Mapping[str, Origin]
    learned: LearnedCost | None
    tasks: int
    rate: LabourRate | None

    def money(self, seconds: float) -> float | None:
        """What so much work is paid; None without a rate."""
        return None if self.rate is None else seconds / 3600 * self.rate.per_hour


@dataclass(frozen=True, slots=True)
class Amount:
    """So much labelling, done or expected.

    Attributes:
        images: Images.
        boxes: Objects on them.
        seconds: A person's work.
        money: What that is paid; None without a rate.
        currency: Of the money.
        timed: Images whose time was taken; the others' is by the prices.
    """

    images: float
    boxes: float
    seconds: float
    money: float | None = None
    currency: str = ""
    timed: int = 0

    def as_dict(self) -> dict[str, object]:
        """For machines and the ledger."""
        return {
            "images": self.images, "boxes": self.boxes, "hours": self.seconds / 3600,
            "money": self.money, "currency": self.currency, "timed": self.timed,
        }  # fmt: skip

    def words(self) -> str:
        """For people."""
        parts = [f"{self.images:,.0f} images", f"{self.boxes:,.0f} boxes"]
        parts.append(f"{self.seconds / 3600:,.2f} h")
        if self.money is not None:
            parts.append(f"{self.money:,.2f} {self.currency}".rstrip())
        return ", ".join(parts)


class Experience(NamedTuple):
    """What the labelled rounds say of the detector and of an average image.

    Attributes:
        labelled: Images labelled.
        boxes: Objects on them, on average; NaN where nothing is labelled.
        offered: Labelled images of which it is known what the detector proposed.
        handled: Boxes drawn, kept and deleted on those, on average; NaN where there are none.
        calibration: P(true positive | score) on those; P = score with too few boxes.
        missed: Objects on those that no box stands for, on average; 0 where there are none.
    """

    labelled: int
    boxes: float
    offered: int
    handled: Float64[np.ndarray, "3"]
    calibration: Calibration
    missed: float


class Average(NamedTuple):
    """An average image: objects on it, seconds it takes, and how that is known."""

    boxes: float
    seconds: float
    source: str


def prices(project: Project) -> Prices:
    """Prices in force: those set, else learned from timed tasks, else the defaults.

    A price that is set holds, and the tasks' times do not change it; the others are learned as if
    it were not, since all are told apart at once.
    """
    named = project.config.cost
    given, held = named.given, named.labelling
    names = [part.name for part in fields(LabellingCost)]
    found, tasks = None, project.ledger.tasks()
    if named.learn and len(tasks) >= AT_LEAST:
        found = learn(
            [task.seconds for task in tasks], [task.new for task in tasks],
            [task.kept for task in tasks], [task.deleted for task in tasks],
            prior=held, rng=project.rng("cost"), at_least=AT_LEAST,
        )  # fmt: skip
    learned = [name for name in found.learned if name not in given] if found else []
    fresh = held if found is None else found.cost
    values = {name: getattr(fresh if name in learned else held, name) for name in names}
    origin: dict[str, Origin] = {
        name: "set" if name in given else "learned" if name in learned else "default"
        for name in names
    }
    return Prices(LabellingCost(**values), origin, found, len(tasks), named.labour_rate)


def assisted(project: Project) -> bool:
    """Whether people see the detector's boxes; the simulated oracle draws every box by hand."""
    return project.config.oracle != "simulated"


def handled(
    truths: Sequence[GroundTruth], proposed: Sequence[Detections]
) -> Int64[np.ndarray, "n 3"]:
    """Boxes drawn, kept and deleted on each image, from what was proposed and what came back.

    A proposed box (score 0.5 or more) was kept if it has an object of its class to itself at
    IoU ≥ 0.5: it may have been moved. One on an ignore region is neither kept nor deleted.
    """
    shown = [_above(boxes) for boxes in proposed]
    found = match(truths, shown, iou=_KEPT_IOU)
    n, right = len(truths), found.truth >= 0
    kept = np.bincount(found.image[right], minlength=n)
    deleted = np.bincount(found.image[~right & ~found.ignored], minlength=n)
    objects = np.array([int((~truth.ignore).sum()) for truth in truths], np.int64)
    return np.stack([objects - kept, kept, deleted], axis=1).astype(np.int64)


def experience(project: Project, number: int) -> Experience:
    """What was labelled before round `number`, and what the detectors had proposed there."""
    labels = project.ledger.labels(up_to=number - 1)
    objects = [int((~truth.ignore).sum()) for truth in labels.values()]
    found = _proposed(project, labels)
    truths = [labels[key] for key in found]
    boxes = list(found.values())
    matches = match(truths, boxes, iou=_KEPT_IOU)
    right = matches.truth >= 0
    missed = (matches.instances - int(right.sum())) / len(truths) if truths else 0.0
    mean = handled(truths, boxes).mean(axis=0) if truths else np.full(3, np.nan)
    return Experience(
        len(labels), float(np.mean(objects)) if objects else float("nan"), len(truths), mean,
        calibrate(matches.scores[~matches.ignored], right[~matches.ignored]), missed,
    )  # fmt: skip


def average(project: Project, seen: Experience, at: Prices) -> Average:
    """An image of which no prediction is known."""
    if seen.offered and assisted(project):
        seconds = float(at.cost.seconds(1, *seen.handled.tolist()))
        return Average(seen.boxes, seconds, f"the mean of the {seen.labelled} labelled so far")
    if seen.labelled:
        boxes, source = seen.boxes, f"the mean of the {seen.labelled} labelled so far"
    else:
        known = project.index.truth([r.key for r in project.index.records("initial")])
        objects = [int((~truth.ignore).sum()) for truth in known.values() if truth is not None]
        boxes = float(np.mean(objects)) if objects else _AVERAGE_BOXES
        source = (
            f"the mean of the {len(objects)} initial images, every box drawn" if objects
            else f"an image with {_AVERAGE_BOXES:g} boxes to draw, as nothing is labelled yet"
        )  # fmt: skip
    return Average(boxes, float(at.cost.seconds(1, boxes)), source)


def received(project: Project, at: Prices, number: int | None = None) -> Amount:
    """What the answers to a round, or to all of them, came to.

    Images whose time was taken count with it, the others with the prices.
    """
    rounds = {pick.key: pick.round for pick in project.ledger.picks(number)}
    labels = {key: truth for key, truth in project.ledger.labels().items() if key in rounds}
    tasks = {task.key: task for task in project.ledger.tasks() if task.key in labels}
    rest = {key: truth for key, truth in labels.items() if key not in tasks}
    seconds = sum(task.seconds for task in tasks.values()) + _modelled(project, rest, at)
    objects = sum(int((~truth.ignore).sum()) for truth in labels.values())
    return amount(len(labels), objects, seconds, at, timed=len(tasks))


def amount(images: float, boxes: float, seconds: float, at: Prices, *, timed: int = 0) -> Amount:
    """An amount with its money."""
    currency = "" if at.rate is None else at.rate.currency
    return Amount(images, boxes, seconds, at.money(seconds), currency, timed)


def next_round(budget: Budget, mean: Average, free: int, at: Prices) -> Amount:
    """What a round of this budget is expected to be, of average images and at most `free`."""
    each = {
        "images": 1.0, "boxes": mean.boxes, "hours": mean.seconds / 3600,
        "money": at.money(mean.seconds) or 0.0,
    }[budget.unit]  # fmt: skip
    images = min(free, int(budget.amount / each)) if each else free
    return amount(images, images * mean.boxes, images * mean.seconds, at)


def counted(project: Project, labels: Mapping[str, GroundTruth]) -> dict[str, tuple[int, int, int]]:
    """Boxes drawn, kept and deleted on labelled picks, by key; drawn where nothing was shown."""
    found = _proposed(project, labels) if assisted(project) else {}
    parts = handled([labels[key] for key in found], list(found.values())) if found else ()
    counts = {key: (int((~truth.ignore).sum()), 0, 0) for key, truth in labels.items()}
    for key, (new, kept, deleted) in zip(found, np.asarray(parts).tolist(), strict=True):
        counts[key] = (new, kept, deleted)
    return counts


def _modelled(project: Project, labels: Mapping[str, GroundTruth], at: Prices) -> float:
    parts = np.array(list(counted(project, labels).values()), np.float64).reshape(-1, 3)
    return float(at.cost.seconds(1, *parts.T).sum())


def _proposed(project: Project, labels: Mapping[str, GroundTruth]) -> dict[str, Detections]:
    """What the detector proposed on labelled picks, where that is known, in order of key."""
    rounds: dict[int, list[str]] = {}
    for pick in project.ledger.picks():
        if pick.key in labels:
            rounds.setdefault(pick.round, []).append(pick.key)
    found: dict[str, Detections] = {}
    for number, keys in rounds.items():
        found |= pooled.offered(project, number, keys)
    return dict(sorted(found.items()))


def _above(boxes: Detections) -> Detections:
    keep = boxes.scores >= SHOWN
    return Detections(boxes.xyxy[keep], boxes.scores[keep], boxes.classes[keep])
