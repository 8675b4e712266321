"""What the next batch will bring a running project, and whether to stop (STRATEGIES §12).

The learning curve of the project's own cycles, over the images that its detectors were trained on,
says what more of them bring; below five of them, or without a test set, successive detectors that
agree on the pool say whether anything still changes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from labelnext.errors import ArgumentError
from labelnext.evaluate.learning_curve import Estimate
from labelnext.evaluate.returns import Return, suggest_stop
from labelnext.rounds.collect import cycle_results
from labelnext.rounds.outlook import stop_words as words
from labelnext.rounds.outlook.expected import (
    LEVEL,
    Expected,
    Goal,
    expected,
    goal,
    miss_rate,
    usable,
)
from labelnext.rounds.outlook.stop_words import Suggestion
from labelnext.rounds.outlook.successive import Successive, successive
from labelnext.rounds.project import Project
from labelnext.rounds.results import CycleResult

_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is known of a project's future.

    Attributes:
        cycle: The newest finished cycle; None before the first evaluation.
        points: Points of the curve: cycles with a miss rate whose images count.
        miss_rate: The newest measured at FPPI 1; None without any.
        batch: Images of the next batch; 0 where the pool is used up.
        expected: What it brings; None below five points and where no image is left.
        limit: Miss rate that ever more images tend to; None where the curve has no floor.
        goal: Images to the wanted miss rate, where one is given.
        price: Miss rate an hour of labelling has to bring at least; None where none is set.
        successive: Agreement of successive detectors; None where the price could decide.
        suggestion: Go on or stop.
    """

    cycle: int | None
    points: int
    miss_rate: float | None
    batch: int
    expected: Expected | None
    limit: Estimate | None
    goal: Goal | None
    price: float | None
    successive: Successive | None
    suggestion: Suggestion


def forecast(
    project: Project,
    *,
    target: float | None = None,
    results: Sequence[CycleResult] | None = None,
) -> Forecast:
    """Predict the next batch's return from the project's own cycles; the same at every call.

    Args:
        project: Ledger, index and shards are read; nothing is written.
        target: Miss rate at FPPI 1 that is wanted.
        results: What `cycle_results` gives, where that is known already.

    Raises:
        ArgumentError: `target` is not between 0 and 1.
    """
    if target is not None and not 0 < target < 1:
        raise ArgumentError("forecast", "target", expected="between 0 and 1", got=target)
    name, seed = project.config.strategy.name, project.config.seed
    known = cycle_results(project, name, seed) if results is None else list(results)
    initial, batch = counted(project), _batch(project, known)
    points = usable(known, initial)

    def at(so_far: Sequence[CycleResult]) -> Expected | None:
        if not so_far or not batch:
            return None
        rng = project.rng("forecast", so_far[-1].cycle)
        return expected(so_far, initial=initial, batch=batch, rng=rng)

    found, price = at(points), project.config.stop.price
    priced = price is not None and found is not None and found.per_hour is not None
    agreed = None if priced or not batch else successive(project)
    measured = [value for r in known if (value := miss_rate(r)) is not None]
    return Forecast(
        known[-1].cycle if known else None,
        len(points),
        measured[-1] if measured else None,
        batch,
        found,
        found.curve.limit(level=LEVEL) if found else None,
        goal(found, target) if found and target is not None else None,
        price,
        agreed,
        _suggestion(found, lambda: at(points[:-1]), price, agreed, batch, len(measured)),
    )


def counted(project: Project) -> int:
    """Initial images that count on the axis of the curve.

    Where each round trains on the picks alone, none do, and the initial detector is no point of
    the curve: on another city's images it is far above all later ones, and a curve through it has
    levelled off at the next point (docs/results/stopping.md).
    """
    if project.config.train_on == "selected":
        return 0
    return project.index.counts()["initial"].images


def _batch(project: Project, results: Sequence[CycleResult]) -> int:
    """Images of the next batch: the budget, at most what is left; of another unit, as the last."""
    left = project.pool_size() - len(project.ledger.blocked())
    budget: object = project.config.budget
    if not isinstance(budget, int):
        counts = [r.images for r in results]
        steps = [b - a for a, b in pairwise(counts) if b > a]
        budget = steps[-1] if steps else left
    return max(0, min(budget, left))


def _suggestion(
    found: Expected | None,
    before: Callable[[], Expected | None],
    price: float | None,
    agreed: Successive | None,
    batch: int,
    measured: int,
) -> Suggestion:
    if not batch:
        return words.used_up()
    if found is not None and found.per_hour is not None and price is not None:
        earlier = before()
        history = [earlier.per_hour if earlier else None, found.per_hour]
        stop = suggest_stop(history, price, in_a_row=_IN_A_ROW).stop
        assert found.hours is not None
        least = price * found.hours
        chance = found.curve.chance(found.curve.last, found.curve.last + found.images, least)
        return words.by_price(found, price, stop, chance)
    return words.by_agreement(agreed or Successive(), found, price, measured)


def line(seen: Forecast) -> str:
    """The forecast in a line, for after a cycle."""
    return words.line(seen.cycle, seen.miss_rate, seen.expected, seen.suggestion)


def lines(seen: Forecast) -> list[str]:
    """The forecast as sentences, for people; none before anything was evaluated."""
    if seen.cycle is None:
        return []
    found, said = seen.expected, []
    if found is not None:
        said += [words.batch(found), words.limit(seen.limit, found.curve.family)]
    if seen.goal is not None:
        said.append(words.goal(seen.goal))
    suggestion = seen.suggestion
    said.append(" ".join(["Stop:" if suggestion.stop else "Go on:", suggestion.why]))
    return [*said, suggestion.sure] if suggestion.sure else said


def as_dict(seen: Forecast) -> dict[str, object]:
    """The same for machines; what is not known, or out of the curve's reach, is None."""
    found, goal_, agreed = seen.expected, seen.goal, seen.successive
    return {
        "metric": "miss_rate_at_fppi_1", "cycle": seen.cycle, "points": seen.points,
        "miss_rate": seen.miss_rate, "level": LEVEL,
        "next_batch": found and {
            "images": found.images, "hours": found.hours, "family": found.curve.family,
            "gain": _interval(found.gain), "measured_gain": _interval(found.measured),
            "gain_per_hour": found.per_hour and _interval(found.per_hour),
        },
        "limit": seen.limit and _interval(seen.limit),
        "target": goal_ and {
            "miss_rate": goal_.target, "images": _finite(goal_.images), "low": _finite(goal_.low),
            "high": _finite(goal_.high), "hours": goal_.hours,
        },
        "agreement": agreed and {"images": agreed.images, "values": list(agreed.values)},
        "price": seen.price,
        "suggestion": "stop" if seen.suggestion.stop else "go on",
        "why": seen.suggestion.why,
        "sure": seen.suggestion.sure,
    }  # fmt: skip


def _interval(of: Return | Estimate) -> dict[str, float]:
    value = of.gain if isinstance(of, Return) else of.value
    return {"value": value, "low": of.low, "high": of.high}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
