"""Which frames of a video still need a score: coarsely first, then where a pick could lie."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64, Int64

from labelnext.errors import ArgumentError
from labelnext.select.checks import Indices, Mask, Scores, check_mask, check_vector
from labelnext.select.timeline import SECONDS_TOLERANCE, Frames, Timeline, Unit, Videos, timeline

_FEWEST = 30  # errors of interpolation from which a margin is estimated
_FUNCTION = "select.to_score"


def to_score(
    scores: Scores,
    *,
    videos: Videos,
    frames: Frames,
    choose: Callable[[Float64[np.ndarray, "n"]], Indices],
    stride: int = 8,
    reach: float = 5,
    coverage: float = 0.99,
    without: Mask | None = None,
    unit: Unit = "pool_frames",
    across_videos: bool = False,
) -> Indices:
    """The frames to score next; none once the choice is settled.

    First every `stride`-th frame. Then `choose` is given `likely_upper`, and what it picks, or what
    lends a pick its smoothed score, is to be scored where it is not. Call it with the scores known
    so far until nothing is left. If no unscored frame exceeds its bound, a choice that takes the
    best score available, again and again, is then that of a pool scored throughout: the best of the
    bounds is a true score, and no other frame's is higher.

    Args:
        scores: Of the pool; NaN where not known yet.
        videos: Name of the video each image belongs to; stills are all scored at once.
        frames: Frame number, or time stamp with `unit="seconds"`.
        choose: Chooses by scores that are NaN only where `without`; as many picks as it will make
            in the end, always the same from the same scores.
        stride: First every so-many-th frame of a video's, and its last.
        reach: How far `choose` smooths, in `unit`.
        coverage: Of the upper bounds, above 0 to 1. With 1 they are higher than any score, and the
            choice is exact.
        without: Images that will never have a score: labelled, blocked or unreadable ones.
        unit: Of `frames`, in which distances count.
        across_videos: Take the pool for one video (the authors' code).

    Raises:
        ArgumentError: Arrays of different lengths, or an argument outside its domain.
    """
    n = check_vector(scores, _FUNCTION)
    closed = check_mask(without, n, _FUNCTION, "without")
    if isinstance(stride, bool) or not isinstance(stride, int | np.integer) or stride < 1:
        raise ArgumentError(_FUNCTION, "stride", expected="a whole number of 1 or more", got=stride)
    if not 0 <= reach < np.inf:
        raise ArgumentError(_FUNCTION, "reach", expected="0 or more", got=reach)
    line = timeline(videos, frames, n, _FUNCTION, unit=unit, across_videos=across_videos)
    open_ = np.isnan(scores) & ~closed
    first = _coarse(line, ~closed, stride)
    missing: Indices = first[open_[first]]
    if len(missing):
        return missing
    picks = choose(_upper(scores, line, closed, coverage))
    return _unsettled(picks, line, open_, float(reach))


def _coarse(line: Timeline, there: Mask, stride: int) -> Indices:
    """Every `stride`-th of each video's images in the pool, and its last, if they are `there`."""
    place = np.arange(len(line.order))
    wanted = ((place - line.start) % stride == 0) | (place == line.stop - 1)
    chosen: Indices = line.order[wanted & there[line.order]]
    return chosen


def likely_upper(
    scores: Scores,
    *,
    videos: Videos,
    frames: Frames,
    coverage: float = 0.99,
    without: Mask | None = None,
    unit: Unit = "pool_frames",
    across_videos: bool = False,
) -> Float64[np.ndarray, "n"]:
    """Known scores as they are, and for the others a bound that they seldom exceed.

    The bound is the interpolation between the nearest known scores in the video plus a margin. The
    margin is the `coverage` quantile of how far known scores lie above the interpolation between
    their known neighbours, which are about as far apart, or farther where few are. Where fewer than
    30 scores tell, and with a coverage of 1, it is higher than every known score.

    Args:
        scores: NaN where not known.
        videos: Arguments as for `to_score`.
        frames: The same.
        coverage: The same.
        without: The same.
        unit: The same.
        across_videos: The same.

    Returns:
        NaN where `without`.

    Raises:
        ArgumentError: As by `to_score`.
    """
    n = check_vector(scores, _FUNCTION)
    closed = check_mask(without, n, _FUNCTION, "without")
    line = timeline(videos, frames, n, _FUNCTION, unit=unit, across_videos=across_videos)
    return _upper(scores, line, closed, coverage)


def _upper(
    scores: Scores, line: Timeline, without: Mask, coverage: float
) -> Float64[np.ndarray, "n"]:
    if not 0 < coverage <= 1:
        raise ArgumentError(_FUNCTION, "coverage", expected="above 0 to 1", got=coverage)
    values = np.asarray(scores, np.float64)[line.order]
    closed = without[line.order]
    known = ~np.isnan(values) & ~closed
    upper = np.where(known, values, np.nan)
    asked = np.flatnonzero(~known & ~closed)
    beyond = _beyond(values[known])
    if coverage == 1:
        upper[asked] = beyond
    else:
        error, spread = _errors(values, known, line)
        middle, wide, _ = _between(values, known, line, asked)
        margin = _margins(np.maximum(error, 0), spread, wide, coverage)
        upper[asked] = np.where(np.isnan(middle + margin), beyond, middle + margin)
    out = np.empty(len(upper))
    out[line.order] = upper
    return out


def _beyond(known: Float64[np.ndarray, "_k"]) -> float:
    """A finite number above every known score, and above any mean of them with itself."""
    if not len(known):
        return 1.0
    return float(known.max() + 1e6 * (1 + known.max() - known.min()))


def _neighbours(
    known: Mask, line: Timeline, places: Int64[np.ndarray, "k"]
) -> tuple[Int64[np.ndarray, "k"], Int64[np.ndarray, "k"]]:
    """Nearest known place before and after each place in its video, itself left out; −1 if none."""
    at = np.flatnonzero(known)
    if not len(at):
        none = np.full(len(places), -1, np.int64)
        return none, none.copy()
    before, after = np.searchsorted(at, places, "left") - 1, np.searchsorted(at, places, "right")
    left = np.where(before >= 0, at[np.maximum(before, 0)], -1)
    right = np.where(after < len(at), at[np.minimum(after, len(at) - 1)], -1)
    left = np.where(left >= line.start[places], left, -1)
    right = np.where(right < line.stop[places], right, -1)
    return left, right


def _between(
    values: Float64[np.ndarray, "n"], known: Mask, line: Timeline, places: Int64[np.ndarray, "k"]
) -> tuple[Float64[np.ndarray, "k"], Float64[np.ndarray, "k"], Bool[np.ndarray, "k"]]:
    """Interpolation at places, its spread, and where both neighbours are known.

    The spread of a random walk between two known points is a·b/(a+b), a and b being the distances
    to them; beyond the last one it is the distance.
    """
    left, right = _neighbours(known, line, places)
    two, one = (left >= 0) & (right >= 0), np.where(left >= 0, left, right)
    a = line.position[places] - line.position[np.maximum(left, 0)]
    b = line.position[np.maximum(right, 0)] - line.position[places]
    total = np.where(two, np.maximum(a + b, 1e-12), 1.0)
    middle = np.where(
        two,
        (b * values[np.maximum(left, 0)] + a * values[np.maximum(right, 0)]) / total,
        np.where(one >= 0, values[np.maximum(one, 0)], np.nan),
    )
    distance = np.abs(line.position[places] - line.position[np.maximum(one, 0)])
    return middle, np.where(two, a * b / total, distance), two


def _errors(
    values: Float64[np.ndarray, "n"], known: Mask, line: Timeline
) -> tuple[Float64[np.ndarray, "k"], Float64[np.ndarray, "k"]]:
    """How far known scores lie above what their known neighbours say, and the spread of that."""
    places = np.flatnonzero(known)
    middle, spread, two = _between(values, known, line, places)
    return (values[places] - middle)[two], spread[two]


def _margins(
    error: Float64[np.ndarray, "k"],
    spread: Float64[np.ndarray, "k"],
    asked: Float64[np.ndarray, "m"],
    coverage: float,
) -> Float64[np.ndarray, "m"]:
    """A margin for each spread asked for; NaN where too few errors tell.

    Errors are put together by powers of two of their spread. A spread takes the margin of its own
    power, or of the next larger one with enough errors; one larger than all grows from the largest
    as a random walk does.
    """
    octave = np.floor(np.log2(np.maximum(spread, 1e-12))).astype(np.int64)
    wanted = np.floor(np.log2(np.maximum(asked, 1e-12))).astype(np.int64)
    known = [o for o in np.unique(octave) if (octave == o).sum() >= _FEWEST]
    out = np.full(len(asked), np.nan)
    if not known:
        return out
    margin = {o: float(np.quantile(error[octave == o], coverage)) for o in known}
    for o in np.unique(wanted):
        larger = [k for k in known if k >= o]
        here = wanted == o
        if larger:
            out[here] = margin[min(larger)]
        else:
            most = max(known)
            out[here] = margin[most] * np.sqrt(asked[here] / 2.0**most)
    return out


def _unsettled(
    picks: Indices, line: Timeline, open_: Mask, reach: float
) -> Int64[np.ndarray, "_m"]:
    """What is not known of the picks and of the frames that lend them their smoothed score."""
    place = np.empty(len(line.order), np.int64)
    place[line.order] = np.arange(len(line.order))
    near = reach + SECONDS_TOLERANCE
    around: set[int] = set()
    for at in place[picks].tolist():
        start, stop = int(line.start[at]), int(line.stop[at])
        here = line.position[start:stop]
        first = start + int(np.searchsorted(here, line.position[at] - near, "left"))
        last = start + int(np.searchsorted(here, line.position[at] + near, "right"))
        around.update(i for i in line.order[first:last].tolist() if open_[i])
    return np.array(sorted(around), np.int64)
