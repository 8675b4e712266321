"""Masks against pycocotools and plain loops: read, unpacked, moved, painted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import masks
from labelnext.errors import ArgumentError
from labelnext.types import GroundTruth

vendor = pytest.importorskip("pycocotools.mask")

SIZE = (12, 17)
planes = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).random((3, *SIZE)) < 0.4
)


@given(planes)
def test_what_is_packed_is_unpacked_and_is_the_vendor_s(drawn: np.ndarray) -> None:
    packed = masks.pack(drawn)
    np.testing.assert_array_equal(masks.unpack(packed, SIZE), drawn)
    np.testing.assert_array_equal(masks.areas(packed, SIZE), drawn.sum((1, 2)))
    for plane, counts in zip(drawn, packed, strict=True):
        theirs = vendor.encode(np.asfortranarray(plane, np.uint8))
        assert theirs["counts"] == counts


def test_no_masks_and_no_objects() -> None:
    none = np.array([None, None], object)
    assert not masks.unpack(none, SIZE).any()
    assert masks.moved(none, SIZE, lambda plane: plane).tolist() == [None, None]
    assert masks.pack(np.zeros((0, *SIZE), bool)).shape == (0,)
    assert masks.unpack(np.empty(0, object), SIZE).shape == (0, *SIZE)


points = st.tuples(st.floats(-3, SIZE[1] + 3), st.floats(-3, SIZE[0] + 3))
outlines = st.lists(points, min_size=3, max_size=7).map(lambda of: [v for xy in of for v in xy])


@given(st.lists(outlines, min_size=1, max_size=3))
def test_polygons_are_filled_as_the_vendor_fills_them(polygons: list[list[float]]) -> None:
    found = masks.read(polygons, SIZE)
    theirs = vendor.decode(vendor.merge(vendor.frPyObjects(polygons, *SIZE)))
    np.testing.assert_array_equal(masks.unpack(np.array([found], object), SIZE)[0], theirs == 1)


@given(planes)
def test_every_form_of_one_mask_becomes_the_same_bytes(drawn: np.ndarray) -> None:
    flat = drawn[0].flatten("F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *changes, flat.size]).tolist()
    counts = [0, *counts] if flat[0] else counts
    text = vendor.encode(np.asfortranarray(drawn[0], np.uint8))["counts"].decode()
    for form in ([*counts], [*counts, 0], text):
        found = masks.read({"size": list(SIZE), "counts": form}, SIZE)
        assert found == masks.pack(drawn[:1])[0]


@pytest.mark.parametrize("value", [None, []])
def test_absent_is_none(value: object) -> None:
    assert masks.read(value, SIZE) is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "neither a list"),
        ("PQ4", "neither a list"),
        ([1, 2, 3, 4, 5, 6], "three points"),
        ([[1, 2, 3, 4]], "three points"),
        ([[1, 2, 3, 4, 5, 6, 7]], "three points"),
        ([[1, 2, 3, 4, 5, "6"]], "three points"),
        ([[1, 2, 3, 4, 5, True]], "three points"),
        ([[]], "three points"),
        ([[1, 2, 3, 4, 5, float("nan")]], "far outside"),
        ([[1, 2, 3, 4, 5, 1e9]], "far outside"),
        ([[0, 0, 16, 11] * 400_000], "px in all"),
        ({}, "image's size"),
        ({"size": [17, 12], "counts": [204]}, "image's size"),
        ({"size": [12.0, 17.0], "counts": [204]}, "image's size"),
        ({"size": [12, 17]}, "add up"),
        ({"size": [12, 17], "counts": []}, "add up"),
        ({"size": [12, 17], "counts": [203]}, "add up"),
        ({"size": [12, 17], "counts": [205, -1]}, "add up"),
        ({"size": [12, 17], "counts": [204.0]}, "add up"),
        ({"size": [12, 17], "counts": "é"}, "add up"),
        ({"size": [12, 17], "counts": ""}, "damaged"),
        ({"size": [12, 17], "counts": "zzzzzzzzzz"}, "damaged"),
        ({"size": [12, 17], "counts": "PQ4"}, "damaged"),
        ({"size": [12, 17], "counts": "P"}, "damaged"),
        ({"size": [12, 17], "counts": "o" * 40}, "damaged"),
    ],
)
def test_what_is_wrong_is_said(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        masks.read(value, SIZE)


def test_a_huge_image_is_refused_before_it_is_made() -> None:
    size = (1_000_000, 1_000_000)
    with pytest.raises(ValueError, match="pixels"):
        masks.read({"size": list(size), "counts": [10**12]}, size)


def test_a_mask_of_another_image_is_named() -> None:
    packed = masks.pack(np.ones((1, *SIZE), bool))
    truth = GroundTruth.from_boxes([[0, 0, 5, 4]], masks=packed.tolist())
    for size in ((4, 5), (40, 50)):
        match = f"those of an image of {size[1]} x {size[0]} px"
        with pytest.raises(ArgumentError, match=match):
            masks.unpack(packed, size)
        with pytest.raises(ArgumentError, match=match):
            masks.paint(truth, size, 1)
    with pytest.raises(ArgumentError, match="those of an image of 5 x 4 px"):
        masks.areas(packed, (4, 5))


def test_resized_by_area() -> None:
    plane = np.zeros((1, 8, 8), bool)
    plane[0, 2:6, 1:6] = True  # 4 rows, 5 columns
    half = masks.unpack(masks.resized(masks.pack(plane), (8, 8), (4, 4)), (4, 4))[0]
    expected = np.zeros((4, 4), bool)
    expected[1:3, 0:3] = True  # half of the first column of cells is covered, which counts
    np.testing.assert_array_equal(half, expected)
    same = masks.pack(plane)
    assert masks.resized(same, (8, 8), (8, 8)) is same
    twice = masks.unpack(masks.resized(same, (8, 8), (16, 16)), (16, 16))[0]
    np.testing.assert_array_equal(twice, np.kron(plane[0], np.ones((2, 2), bool)))


def painted(truth: GroundTruth, drawn: np.ndarray, classes: int) -> np.ndarray:
    """By asking of every pixel, in plain loops, which object has it."""
    out = np.full(SIZE, classes)
    area = [int(plane.sum()) for plane in drawn]
    for y in range(SIZE[0]):
        for x in range(SIZE[1]):
            here = [i for i in range(len(truth)) if drawn[i, y, x]]
            counted = [i for i in here if not truth.ignore[i]]
            if counted:
                out[y, x] = truth.classes[min(counted, key=lambda i: (area[i], -i))]
            elif here:
                out[y, x] = masks.IGNORED
    return out


@given(planes, st.lists(st.booleans(), min_size=3, max_size=3))
def test_painting_in_plain_loops(drawn: np.ndarray, ignore: list[bool]) -> None:
    truth = GroundTruth.from_boxes(
        [[0, 0, 17, 12]] * 3, [0, 1, 2], ignore, masks=masks.pack(drawn).tolist()
    )
    found = masks.paint(truth, SIZE, 3)
    np.testing.assert_array_equal(found, painted(truth, drawn, 3))
    assert masks.lacking(truth) == 0


def test_painting_what_has_no_mask() -> None:
    box = [[2, 3, 7, 9.4]]
    with pytest.raises(ArgumentError, match="1 without"):
        masks.paint(GroundTruth.from_boxes(box), SIZE, 1)
    ignored = masks.paint(GroundTruth.from_boxes(box, ignore=[True]), SIZE, 1)
    assert (ignored[3:9, 2:7] == masks.IGNORED).all()
    assert (ignored == 1).sum() == SIZE[0] * SIZE[1] - 30
    assert (masks.paint(GroundTruth.from_boxes([]), SIZE, 4) == 4).all()


def test_taking_some_takes_their_masks() -> None:
    packed = masks.pack(np.eye(3, dtype=bool)[:, None]).tolist()
    truth = GroundTruth.from_boxes([[0, 0, 1, 1]] * 3, masks=packed)
    assert truth.take(np.array([2, 0])).masks.tolist() == [packed[2], packed[0]]  # type: ignore[union-attr]
    assert truth.take(np.zeros(3, bool)).masks.shape == (0,)  # type: ignore[union-attr]
    assert GroundTruth.from_boxes([[0, 0, 1, 1]], masks=[None]).masks is None
