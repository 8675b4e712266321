"""Labels as bytes come back as they were; their hash sees every value and no order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelnext.store.truth_blob import digest, pack, unpack
from labelnext.types import GroundTruth

CLASSES = ("person", "car", "dog")
rows = st.lists(
    st.tuples(
        st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4),
        st.integers(0, 2),
        st.booleans(),
        st.floats(0, 1),
    ),
    max_size=5,
)


def truth(of: list) -> GroundTruth:
    boxes, classes, ignore, visible = zip(*of, strict=True) if of else ((), (), (), ())
    return GroundTruth.from_boxes(boxes, classes, ignore, visible)


@given(rows)
def test_round_trip(of: list) -> None:
    before = truth(of)
    after = unpack(pack(before), len(before))
    for field in ("xyxy", "classes", "ignore", "visible"):
        a, b = getattr(before, field), getattr(after, field)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    assert after.xyxy.flags.writeable


@given(rows, st.randoms(use_true_random=False))
def test_digest_does_not_see_the_order(of: list, random: object) -> None:
    shuffled = list(of)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digest(truth(of), CLASSES) == digest(truth(shuffled), CLASSES)


@given(rows.filter(len), st.integers(0, 3), st.data())
def test_digest_sees_every_value(of: list, what: int, data: st.DataObject) -> None:
    changed = [list(row) for row in of]
    row = changed[data.draw(st.integers(0, len(of) - 1))]
    row[what] = [
        [row[0][0] + 1, *row[0][1:]], (row[1] + 1) % 3, not row[2], (row[3] + 0.5) % 1.5,
    ][what]  # fmt: skip
    assert digest(truth(of), CLASSES) != digest(truth(changed), CLASSES)


def test_digest_sees_names_of_classes_not_their_places() -> None:
    box = [[0.0, 0, 1, 1]]
    assert digest(GroundTruth.from_boxes(box, [1]), ("a", "b")) == digest(
        GroundTruth.from_boxes(box, [0]), ("b",)
    )
    assert digest(GroundTruth.from_boxes([[-0.0, 0, 1, 1]]), ("b",)) == digest(
        GroundTruth.from_boxes(box), ("b",)
    )
