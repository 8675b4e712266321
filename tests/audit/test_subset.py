"""A small index holds some of a large one's images, evenly spread, labels and all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.audit.subset import spread, subset
from labelnext.rounds.sources.indexing import index_source
from labelnext.store.index import Index
from labelnext.types import ImageRecord
from tests.rounds.scenes import draw


@pytest.fixture
def whole(tmp_path):
    with Index.open(tmp_path / "whole.sqlite", create=True) as index:
        for role, count, video in (("initial", 5, None), ("pool", 20, "drive"), ("test", 7, None)):
            path = draw(tmp_path / role, count, seed=count, video=video)
            index_source(index, f"coco:{path}", role=role)
        yield index


def test_counts_keys_times_and_labels(whole, tmp_path):
    most = {"pool": 5, "test": 50}
    assert subset(whole.path, tmp_path / "p.sqlite", most) == {"initial": 5, "pool": 5, "test": 7}
    with Index.open(tmp_path / "p.sqlite") as part:
        assert part.classes == whole.classes
        assert part.digest("test") == whole.digest("test")
        assert part.digest("initial") == whole.digest("initial")
        records = {record.key: record for record in whole.records("pool")}
        kept = part.records("pool")
        assert [record.frame for record in kept] == [0, 5, 10, 14, 19]
        assert all(records[record.key] == record for record in kept)
        keys = [record.key for record in kept]
        mine, theirs = part.truth(keys), whole.truth(keys)
        assert all(np.array_equal(mine[k].xyxy, theirs[k].xyxy) for k in keys)
        assert part.stamps(keys) == whole.stamps(keys)


def test_twice_is_once(whole, tmp_path):
    for _ in range(2):
        subset(whole.path, tmp_path / "p.sqlite", {"pool": 5})
    with Index.open(tmp_path / "p.sqlite") as part:
        assert len(part.records("pool")) == 5


@given(n=st.integers(0, 60), most=st.integers(1, 70))
def test_spread_is_even_and_in_order(n, most):
    records = [ImageRecord(f"{i:03d}", "/x", 1, 1, "v", i) for i in range(n)]
    chosen = [record.frame for record in spread(records[::-1], most)]
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(n, most)
    if 1 < most < n:
        gaps = np.diff(chosen)
        assert chosen[0] == 0
        assert chosen[-1] == n - 1
        assert gaps.max() - gaps.min() <= 1
    assert len(spread(records, None)) == n
