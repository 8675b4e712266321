"""How fast a job goes and how long it will take, from what it did of late."""

import time
from collections import deque
from collections.abc import Callable

from labelnext.wording import duration

_WINDOW = 30.0  # seconds
_APART = 0.5


class Pace:
    """The pace of each task that is told of, over the last half minute.

    What was done before the first call counts for nothing, so a job that goes on where it was
    stopped does not look fast.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def see(self, task: str, done: int) -> None:
        """A task has come so far."""
        now, seen = self._clock(), self._seen.setdefault(task, deque())
        if seen and done < seen[-1][1]:
            seen.clear()  # begun anew
        if len(seen) < 2 or now - seen[-2][0] >= _APART:
            seen.append((now, done))
        else:
            seen[-1] = (now, done)
        while len(seen) > 2 and now - seen[1][0] > _WINDOW:
            seen.popleft()

    def words(self, task: str, total: int) -> str:
        """`13.1/s, 18.0 s left`, or `4.2 s each, 3 min 05 s left`; nothing until it is known."""
        seen = self._seen.get(task)
        if seen is None or len(seen) < 2:
            return ""
        (begun, first), (now, done) = seen[0], seen[-1]
        if done <= first or now <= begun:
            return ""
        rate = (done - first) / (now - begun)
        fast = f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.3g}/s"
        speed = fast if rate >= 1 else f"{1 / rate:.3g} s each"
        return f"{speed}, {duration(max(0, total - done) / rate)} left"
