"""Greedy selection of video frames that keeps its picks apart in time (PAPER §4)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, Scores, check_budget, check_mask, check_vector
from labelnext.select.timeline import SECONDS_TOLERANCE, Frames, Timeline, Unit, Videos, timeline
from labelnext.select.topk import ranking, shut_out

Window = Literal["symmetric", "slice"]
_Span = Callable[[int, float], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a selection that keeps its picks apart chose.

    Attributes:
        indices: Chosen images, in the order chosen.
        passes: For each of them the pass that chose it: 1 under all rules, 2 under a fresh
            within-cycle mask, 3 without one. `distinct` has its own meaning.
        blocked: For each image of the pool, whether later cycles must leave it out: blocked
            before, chosen now, or within `across_cycles` of a chosen one (`distinct`: like one).
    """

    indices: Indices
    passes: Indices
    blocked: Mask


def temporal(
    scores: Scores,
    *,
    videos: Videos,
    frames: Frames,
    budget: int,
    within_cycle: float = 15,
    across_cycles: float = 2,
    blocked: Mask | None = None,
    unit: Unit = "pool_frames",
    window: Window = "symmetric",
    across_videos: bool = False,
    unscored: Mask | None = None,
    among: Mask | None = None,
    rng: np.random.Generator | None = None,
) -> Selection:
    """Take images greedily by score; each one keeps its neighbours in time out.

    A chosen frame keeps every frame of its video within ±`within_cycle` out of this cycle, and
    within ±`across_cycles` out of all later ones. If the budget is not met that way, a second pass
    starts with a fresh within-cycle mask, which only its own picks fill; a third goes without one.
    No pass takes an image twice or one that is `blocked`; `across_cycles` has no say in this
    cycle. Ties go to the lower index.

    Args:
        scores: One an image of the pool, smoothed if wanted; NaN only where blocked or unscored.
        videos: Name of the video each image belongs to; None for a still, which has no neighbours.
        frames: Frame number, or time stamp with `unit="seconds"`; of stills it is ignored.
        budget: How many to choose; with fewer available, all of them.
        within_cycle: Δt₁ in `unit`, 0 or more; 0 for no rule.
        across_cycles: Δt₂ in `unit`, 0 or more; 0 for no rule.
        blocked: Images that must not be chosen: the last cycle's `Selection.blocked`.
        unit: `pool_frames`: windows count the video's frames that are in the pool, so pass the
            whole pool, labelled images too. `seconds`: time, both ends included.
        window: `symmetric`: [t−Δ, t+Δ]. `slice`: the authors' code, `mask[t-Δ:t+Δ]`, that is
            [t−Δ, t+Δ−1], and no window where t < Δ, because the slice then starts at the far end
            (in a pool of fewer than 2Δ images it can still hold some); t itself is always out.
        across_videos: Take the pool for one video in the order of the arrays, whatever `videos`
            and `frames` say (the authors' code).
        unscored: Images without a score. They rank after every scored one, at random.
        among: Only these may be chosen; the others, unlike those `blocked`, stay free for later
            cycles and need no score.
        rng: Orders the unscored images; needed only where there are any.

    Returns:
        The selection. Takes O(n log n) for the pool and O(window) for each chosen image.

    Raises:
        ArgumentError: A negative budget or window, arrays of different lengths, scores that are
            not finite, a frame of a video without a number, two with the same one, or options
            outside their domain.
    """
    function = "select.temporal"
    n = check_vector(scores, function)
    budget = check_budget(budget, function)
    _check_windows(within_cycle, across_cycles, unit, window, function)
    closed = check_mask(blocked, n, function, "blocked")
    line = timeline(videos, frames, n, function, unit=unit, across_videos=across_videos)
    shut = shut_out(closed, among, n, function)
    best_first = ranking(scores, function, blocked=shut, unscored=unscored, rng=rng)
    place = np.empty(n, np.int64)
    place[line.order] = np.arange(n)
    span = _span(line, unit, window)
    chosen, passes = _greedy(place[best_first], closed[line.order], budget, within_cycle, span)
    later = bytearray(closed[line.order])
    for at in chosen:
        _cover(later, at, across_cycles, span)
    after = np.empty(n, bool)
    after[line.order] = np.frombuffer(later, np.bool_)
    indices = line.order[np.array(chosen, np.int64)]
    return Selection(indices, np.array(passes, np.int64), after)


def _greedy(
    best_first: Int64[np.ndarray, "available"], closed: Mask, budget: int, reach: float, span: _Span
) -> tuple[list[int], list[int]]:
    """Places chosen, and the pass that chose each."""
    candidates = best_first.tolist()
    taken = bytearray(closed)
    chosen: list[int] = []
    passes: list[int] = []
    for number in (1, 2, 3):
        mask = bytearray(taken)
        for at in candidates:
            if len(chosen) >= budget:
                return chosen, passes
            if mask[at]:
                continue
            chosen.append(at)
            passes.append(number)
            taken[at] = 1
            if number < 3:
                _cover(mask, at, reach, span)
    return chosen, passes


def _cover(mask: bytearray, at: int, reach: float, span: _Span) -> None:
    first, stop = span(at, reach)
    mask[first:stop] = b"\x01" * (stop - first)
    mask[at] = 1


def _span(line: Timeline, unit: Unit, window: Window) -> _Span:
    """The places [first, stop) that a frame at a place keeps out."""
    seconds = line.position

    def pool_frames(at: int, reach: float) -> tuple[int, int]:
        first, stop = int(line.start[at]), int(line.stop[at])
        return max(first, at - int(reach)), min(stop, at + int(reach) + 1)

    def sliced(at: int, reach: float) -> tuple[int, int]:
        # A negative start counts from the end of the video's mask, as in any Python list.
        first, stop = int(line.start[at]), int(line.stop[at])
        cut = slice(at - first - int(reach), at - first + int(reach))
        low, high, _ = cut.indices(stop - first)
        return first + low, first + max(low, high)

    def in_seconds(at: int, reach: float) -> tuple[int, int]:
        first, stop = int(line.start[at]), int(line.stop[at])
        early, late = seconds[at] - reach, seconds[at] + reach
        return (
            bisect_left(seconds, early - SECONDS_TOLERANCE, first, stop),
            bisect_right(seconds, late + SECONDS_TOLERANCE, first, stop),
        )

    if window == "slice":
        return sliced
    return in_seconds if unit == "seconds" else pool_frames


def _check_windows(within: float, across: float, unit: str, window: str, function: str) -> None:
    if window not in ("symmetric", "slice"):
        raise ArgumentError(
            function, "window", expected="'symmetric' or 'slice'", got=repr(window)
        )  # fmt: skip
    whole = unit != "seconds"
    if window == "slice" and not whole:
        raise ArgumentError(
            function, "window", expected="'symmetric' with unit='seconds'", got=repr(window),
            remedy="A slice counts frames.",
        )  # fmt: skip
    for argument, reach in (("within_cycle", within), ("across_cycles", across)):
        if not (0 <= reach < np.inf) or (whole and reach != int(reach)):
            expected = "a whole number of 0 or more" if whole else "finite seconds, 0 or more"
            raise ArgumentError(function, argument, expected=expected, got=reach)
