"""Learn the cost of labelling from the timings of tasks that are done (STRATEGIES §11)."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float64

from labelnext.cost.checks import Column, check_column, check_whole
from labelnext.cost.model import LabellingCost
from labelnext.errors import ArgumentError

_Tasks = Float64[np.ndarray, "tasks"]
_Parts = Float64[np.ndarray, "tasks parts"]
_Seconds = Float64[np.ndarray, "k"]

_NAMES = tuple(part.name for part in fields(LabellingCost))
_COUNTED = ("", "drew a box", "kept a proposed box", "deleted a proposed box")
_TRUST = (1, 0, 2, 3)  # of parts that cannot be told apart the earlier is learned: boxes weigh most
_FEWEST = 5  # tasks with a kind of box, before its seconds are learned
_FAR = 3.0  # standard deviations: ordinary scatter is averaged, so that totals stay right
_STEPS = 500


@dataclass(frozen=True, slots=True)
class LearnedCost:
    """Seconds of labelling as the tasks show them.

    Attributes:
        cost: The model; the prior's seconds where a part was not learned.
        low: Lower ends of the bootstrap intervals; the prior's seconds where not learned.
        high: Upper ends.
        tasks: How many timings there were.
        learned: Fields of `cost` that come from the timings.
        r2: Share of the scatter of times that the model explains, far-off tasks left out; NaN
            where nothing was learned or all times are equal.
        far: Tasks more than three standard deviations off, which were weighed down.
        notes: In plain words, what was not learned and why.
    """

    cost: LabellingCost
    low: LabellingCost
    high: LabellingCost
    tasks: int
    learned: tuple[str, ...]
    r2: float
    far: int
    notes: tuple[str, ...]


def learn(
    seconds: Column,
    new: Column,
    kept: Column,
    deleted: Column,
    *,
    prior: LabellingCost,
    rng: np.random.Generator,
    at_least: int = 30,
    draws: int = 500,
    level: float = 0.95,
) -> LearnedCost:
    """Non-negative least squares on timed tasks of one image each; the prior until there are some.

    A lunch break must not become the price of a box: Huber's weights, 1 within three standard
    deviations and falling as 1 / distance beyond, are refitted until they stay (Huber, Annals of
    Mathematical Statistics 1964). The standard deviation is 1.4826 times the median distance from
    the fit of least absolute distances, which such breaks hardly move. Huber's own limit is 1.345;
    the wider one keeps the slow half of ordinary tasks in, so that sums of predicted seconds stay
    right.

    A part is learned if at least 5 tasks have it and it can be told apart from the others. Of
    parts that cannot (as many boxes kept as drawn in every task), new boxes come before the image,
    then kept, then deleted; the others stay at the prior, whose seconds are taken off first.

    Args:
        seconds: Time of each task, above 0.
        new: Boxes drawn in each.
        kept: Proposed boxes that stayed.
        deleted: Proposed boxes that went.
        prior: What holds until it is learned.
        rng: Draws the bootstrap samples of tasks.
        at_least: Tasks below which the prior holds altogether.
        draws: How many samples; each is fitted anew, with the standard deviation of the whole.
        level: Coverage of the percentile intervals.

    Raises:
        ArgumentError: Times that are not above 0, counts that are negative, NaN, columns of
            different length, fewer than one draw, or a level outside 0 to 1.
    """
    times, parts = _checked(seconds, new, kept, deleted)
    least = check_whole(at_least, "learn", "at_least", least=1)
    check_whole(draws, "learn", "draws", least=1)
    if not 0 < level < 1:
        raise ArgumentError("learn", "level", expected="between 0 and 1", got=level)
    columns, notes = _learnable(parts, prior)
    if len(times) < least:
        columns = []
        notes = [f"{len(times)} timed tasks, fewer than {least}: all seconds are the prior's."]
    if not columns:
        nan = float("nan")
        return LearnedCost(prior, prior, prior, len(times), (), nan, 0, tuple(notes))
    return _learned(times, parts, prior, columns, notes, rng, draws, level)


def _learned(
    times: _Tasks,
    parts: _Parts,
    prior: LabellingCost,
    columns: list[int],
    notes: list[str],
    rng: np.random.Generator,
    draws: int,
    level: float,
) -> LearnedCost:
    """The fit of some columns with its intervals; the others take the prior's seconds off first."""
    held = np.array([getattr(prior, name) for name in _NAMES])
    rest = [column for column in range(len(_NAMES)) if column not in columns]
    own, target = parts[:, columns], times - parts[:, rest] @ held[rest]
    limit = _FAR * _scale(own, target)
    fit, weights = _fit(own, target, limit, np.ones(len(times)))
    samples = np.empty((draws, len(columns)))
    for sample in samples:
        drawn = rng.integers(0, len(times), len(times))
        sample[:] = _fit(own[drawn], target[drawn], limit, weights[drawn])[0]
    ends = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
    cost, low, high = (_with(held, columns, values) for values in (fit, *ends))
    far = int((weights < 1).sum())
    if far:
        notes = [*notes, f"{far} of {len(times)} tasks are far off in time, and count less."]
    names = tuple(name for column, name in enumerate(_NAMES) if column in columns)
    r2 = _explained(target - own @ fit, target, weights == 1)
    return LearnedCost(cost, low, high, len(times), names, r2, far, tuple(notes))


def _checked(seconds: Column, new: Column, kept: Column, deleted: Column) -> tuple[_Tasks, _Parts]:
    times = check_column(seconds, "learn", "seconds")
    if (times == 0).any():
        raise ArgumentError(
            "learn", "seconds", expected="above 0", got=f"{(times == 0).sum()} times of 0",
            remedy="Leave out tasks that were not timed.",
        )  # fmt: skip
    counts = [
        check_column(column, "learn", name, len(times))
        for name, column in (("new", new), ("kept", kept), ("deleted", deleted))
    ]
    return times, np.stack([np.ones(len(times)), *counts], axis=1)


def _learnable(parts: _Parts, prior: LabellingCost) -> tuple[list[int], list[str]]:
    """Columns to learn, in `_TRUST`'s order, and a note for each that is not."""
    columns: list[int] = []
    notes: list[str] = []
    for column in _TRUST:
        tasks, held = int(np.count_nonzero(parts[:, column])), getattr(prior, _NAMES[column])
        stays = f"{_NAMES[column]} stays at {held:g} s"
        if tasks < _FEWEST:
            notes.append(f"{stays}: {tasks} of {len(parts)} tasks {_COUNTED[column]}.")
            continue
        tried = parts[:, [*columns, column]]
        if np.linalg.matrix_rank(tried / np.linalg.norm(tried, axis=0)) > len(columns):
            columns.append(column)
        else:
            notes.append(f"{stays}: these tasks do not tell it apart from the other times.")
    return columns, notes


def _scale(own: _Parts, target: _Tasks) -> float:
    """Standard deviation of ordinary tasks: of distances from the fit of least absolute ones.

    That fit, without negative seconds, passes through as many tasks as it has parts, which are
    left out. It is found by its dual, max tᵀu with |u| ≤ 1 and Aᵀu ≤ 0, whose prices are the fit.
    """
    from scipy.optimize import linprog  # here: it takes longer to import than most commands to run

    order = np.lexsort((*own.T, target))  # of several best fits the same, however tasks are listed
    own, target = own[order], target[order]
    found = linprog(-target, A_ub=own.T, b_ub=np.zeros(own.shape[1]), bounds=(-1, 1))
    distance = np.sort(np.abs(target + own @ found.ineqlin.marginals))[own.shape[1] :]
    least = 1e-6 * max(1.0, float(np.median(np.abs(target))))  # exact times have no scatter
    return max(1.4826 * float(np.median(distance)), least)


def _fit(own: _Parts, target: _Tasks, limit: float, weights: _Tasks) -> tuple[_Seconds, _Tasks]:
    """Seconds of each column, and Huber's weight of each task; `weights` is where it starts."""
    from scipy.optimize import nnls

    before = np.full(own.shape[1], np.inf)
    for _ in range(_STEPS):
        root = np.sqrt(weights)
        fit: _Seconds = nnls(own * root[:, None], target * root)[0]
        distance = np.abs(target - own @ fit)
        weights = limit / np.maximum(distance, limit)
        if np.allclose(fit, before, rtol=1e-9, atol=1e-9):
            break
        before = fit
    return fit, weights


def _with(held: Float64[np.ndarray, "4"], columns: list[int], values: _Seconds) -> LabellingCost:
    seconds = held.copy()
    seconds[columns] = values
    return LabellingCost(*seconds.tolist())


def _explained(errors: _Tasks, target: _Tasks, near: Bool[np.ndarray, "tasks"]) -> float:
    scatter = float(((target[near] - target[near].mean()) ** 2).sum())
    return 1 - float((errors[near] ** 2).sum()) / scatter if scatter > 0 else float("nan")
