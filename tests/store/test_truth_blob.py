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


FIELDS = (
    "xyxy", "classes", "ignore", "visible", "visible_xyxy", "occlusion", "truncation", "tracks",
    "masks",
)  # fmt: skip
nan = float("nan")
optional = st.fixed_dictionaries(
    {},
    optional={
        "visible_xyxy": st.lists(
            st.one_of(
                st.just([nan] * 4), st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4)
            ),
            min_size=5, max_size=5,
        ),
        "occlusion": st.lists(st.integers(-1, 2), min_size=5, max_size=5),
        "truncation": st.lists(st.one_of(st.just(nan), st.floats(0, 1)), min_size=5, max_size=5),
        "tracks": st.lists(st.integers(-1, 2**62), min_size=5, max_size=5),
        "masks": st.lists(st.one_of(st.none(), st.binary(min_size=1)), min_size=5, max_size=5),
    },
)  # fmt: skip


def truth(of: list, parts: dict[str, list] | None = None) -> GroundTruth:
    boxes, classes, ignore, visible = zip(*of, strict=True) if of else ((), (), (), ())
    given_parts = {name: values[: len(of)] for name, values in (parts or {}).items()}
    return GroundTruth.from_boxes(boxes, classes, ignore, visible, **given_parts)


@given(rows, optional)
def test_round_trip(of: list, parts: dict[str, list]) -> None:
    before = truth(of, parts)
    after = unpack(pack(before), len(before))
    for field in FIELDS:
        a, b = getattr(before, field), getattr(after, field)
        if a is None:
            assert b is None
            continue
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
        assert b.flags.writeable


@given(rows)
def test_a_blob_without_optional_fields_is_as_it_always_was(of: list) -> None:
    assert len(pack(truth(of))) == 49 * len(of)


@given(rows.filter(len), optional, st.randoms(use_true_random=False))
def test_digest_of_optional_fields(of: list, parts: dict[str, list], random: object) -> None:
    whole = truth(of, parts)
    order = list(range(len(whole)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert digest(whole, CLASSES) == digest(whole.take(np.array(order)), CLASSES)
    given_parts = [name for name in FIELDS[4:] if getattr(whole, name) is not None]
    without = truth(of)
    assert (digest(whole, CLASSES) == digest(without, CLASSES)) == (not given_parts)
    for name in given_parts:
        less = {key: values for key, values in parts.items() if key != name}
        assert digest(whole, CLASSES) != digest(truth(of, less), CLASSES)


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
