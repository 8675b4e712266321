"""Work ahead in threads: in order, bounded, errors in their turn, ended early without leftovers."""

import threading
import time
from collections.abc import Iterator

import pytest

from labelnext.threads import in_order


@pytest.mark.parametrize("workers", [1, 3])
def test_order_is_kept_whoever_is_ready_first(workers: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return item * item

    assert list(in_order(work, range(40), workers=workers, waiting=5)) == [i * i for i in range(40)]
    assert list(in_order(work, [], workers=workers, waiting=5)) == []


def test_items_are_drawn_as_needed() -> None:
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        while drawn < 100:
            drawn += 1
            yield drawn

    results = in_order(lambda item: item, items(), workers=2, waiting=4)
    for taken in range(1, 10):
        assert next(results) == taken
        assert drawn <= taken + 3


def test_an_error_comes_in_its_turn() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    results = in_order(work, range(9), workers=2, waiting=6)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_threads_end_when_nobody_goes_on() -> None:
    results = in_order(lambda item: item, range(1000), workers=2, waiting=4, name="abandoned")
    next(results)
    del results
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("abandoned")]
