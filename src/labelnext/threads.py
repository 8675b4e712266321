"""Work done ahead in threads, given back in order, with a bounded number of results waiting."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R], items: Iterable[T], *, workers: int, waiting: int, name: str = ""
) -> Iterator[R]:
    """What `work` makes of each item, in the order of the items.

    Args:
        work: Called in the threads; what it raises is raised here, in its turn.
        items: In any number; drawn as needed.
        workers: Threads.
        waiting: Results that are being made or wait to be used, at most.
        name: Of the threads.
    """
    futures: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix=name) as pool:
        try:
            for item in items:
                futures.append(pool.submit(work, item))
                if len(futures) >= waiting:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
