"""A round's budget in images, boxes, hours or money: what images cost, and as many as it pays for.

STRATEGIES §11. Boxes and seconds of an image that the detector has seen are expected ones, by its
scores as the rounds so far have calibrated them; other images count as an average one.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.cost import Budget, expected_seconds, image_costs, largest
from labelnext.errors import ProjectError
from labelnext.evidence import Pool
from labelnext.protocols import Strategy
from labelnext.rounds.accounts import costs
from labelnext.rounds.pooled import Boxes
from labelnext.rounds.project import Project
from labelnext.types import Selection
from labelnext.wording import plural


class Expected(NamedTuple):
    """What labelling each image of a pool is expected to take.

    Attributes:
        boxes: Objects to label.
        seconds: A person's work, above 0.
        prices: That were taken.
        average: What images count as that the detector has not seen.
        notes: How the numbers came about, in sentences.
    """

    boxes: Float64[np.ndarray, "n"]
    seconds: Float64[np.ndarray, "n"]
    prices: costs.Prices
    average: costs.Average
    notes: tuple[str, ...]

    def amount(self, images: Int64[np.ndarray, "k"]) -> costs.Amount:
        """What some of the images come to."""
        boxes, seconds = float(self.boxes[images].sum()), float(self.seconds[images].sum())
        return costs.amount(len(images), boxes, seconds, self.prices)


class Task(NamedTuple):
    """What a strategy is to choose from, and what may be spent."""

    pool: Pool
    budget: Budget
    closed: Bool[np.ndarray, "n"]
    expected: Expected


def asked(project: Project, number: int) -> int | str:
    """A round's budget: that of this command, else of the command that scored, else the project's.

    Images are a number, other units text.
    """
    if project.asked is not None:
        return project.asked
    scored = project.ledger.step(number, "score")
    given = None if scored is None else scored.details.get("budget")
    return project.config.budget if given is None else given  # type: ignore[return-value]


def expected(
    project: Project, number: int, boxes: Boxes, closed: Bool[np.ndarray, "n"]
) -> Expected:
    """What each image of the pool is expected to cost in round `number`.

    Before anything is labelled, a box is right with the probability that its score says, and
    nothing is missed.
    """
    seen, at = costs.experience(project, number), costs.prices(project)
    mean = costs.average(project, seen, at)
    n = len(boxes.predicted)
    found = expected_seconds(
        boxes.scores, boxes.images, n, calibration=seen.calibration, cost=at.cost,
        missed=seen.missed, shown_from=costs.SHOWN,
    )  # fmt: skip
    right = seen.calibration.probability(boxes.scores)
    objects = np.bincount(boxes.images, weights=right, minlength=n) + seen.missed
    seconds = found.assisted if costs.assisted(project) else found.plain
    unseen = ~boxes.predicted
    objects[unseen], seconds[unseen] = mean.boxes, mean.seconds
    return Expected(
        objects, np.maximum(seconds, _INSTANT), at, mean,
        _notes(seen, mean, int((unseen & ~closed).sum()), int((~unseen & ~closed).sum())),
    )  # fmt: skip


def choose(
    strategy: Strategy, task: Task, project: Project, number: int
) -> tuple[Selection, Int64[np.ndarray, "k"]]:
    """The strategy's choice within the budget, and its picks as places in the pool.

    For a budget in another unit than images the strategy is asked for batches of several sizes,
    each time with the same draws (`cost.largest`).

    Raises:
        ProjectError: The budget does not pay for a single image.
    """
    pool, budget, closed, estimate = task
    made: dict[int, Selection] = {}

    def select(size: int) -> Int64[np.ndarray, "k"]:
        rng = project.rng("select", number)
        made[size] = strategy.select(pool, budget=size, blocked=closed, rng=rng)
        return np.array([pick.index for pick in made[size].picks], np.int64)

    if budget.unit == "images":
        picks = select(int(budget.amount))
        return made[int(budget.amount)], picks
    spent = image_costs(
        budget, len(pool), boxes=estimate.boxes, seconds=estimate.seconds,
        rate=estimate.prices.rate,
    )  # fmt: skip
    free = int((~closed).sum())
    batch = largest(select, spent, budget, at_most=free)
    if not batch.size:
        if not free:
            return Selection((), closed), batch.indices
        least = spent[~closed].min()
        raise ProjectError(
            f"A budget of {budget} does not pay for one image: the cheapest is expected to take "
            f"{least:.3g} {budget.currency or budget.unit}. Give a larger --budget."
        )
    return made[batch.size], batch.indices


_INSTANT = 1e-3  # seconds: scores are divided by them, and every price may be set to 0


def _notes(
    seen: costs.Experience, mean: costs.Average, unseen: int, predicted: int
) -> tuple[str, ...]:
    notes = []
    if predicted and seen.offered:
        how = "" if seen.calibration.boxes else ", too few boxes to calibrate scores by"
        notes.append(
            f"Expected by the detector's boxes and {plural(seen.offered, 'labelled image')}"
            f"{how}; {seen.missed:.2g} objects an image are missed."
        )
    elif predicted:
        notes.append("Expected by the detector's scores as they are: nothing is labelled yet.")
    if unseen:
        notes.append(
            f"{plural(unseen, 'image')} that the detector has not seen count as {mean.source} "
            f"({mean.boxes:.2g} boxes, {mean.seconds:.3g} s)."
        )
    return tuple(notes)
