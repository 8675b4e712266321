"""The paper's filters: every boundary by hand.

The counts of Table 1 (1,835 images with 7,740 instances for CityPersons) need data that is not part
of the tests; the arithmetic behind them is held here.
"""

from dataclasses import replace

import numpy as np
import pytest

from labelnext.data import filters
from labelnext.errors import ArgumentError
from labelnext.types import GroundTruth, ImageRecord, Sample

RECORD = ImageRecord("a.jpg", "a.jpg", 0, 0)
AT = 3.3  # a corner at which x + w - x is not w


def boxes(*sides: tuple[float, float], **fields: object) -> GroundTruth:
    return GroundTruth.from_boxes([[AT, AT, AT + w, AT + h] for w, h in sides], **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("w", "h", "good"),
    [
        (20, 50, True),  # the least height
        (20, 49.999, False),
        (10, 50, True),  # 0.2, the narrowest
        (9.99, 50, False),
        (32.5, 50, True),  # 0.65, the widest
        (32.51, 50, False),
        (39, 60, True),
        (0, 60, False),
        (20, 0, False),
        (300, 1000, True),
    ],
)
def test_text(w: float, h: float, good: bool) -> None:
    truth = boxes((w, h), (20, 50), ignore=[False, True])
    found = filters.text(truth)
    assert found.ignore.tolist() == [not good, True]  # what is ignored already stays so
    assert np.array_equal(found.xyxy, truth.xyxy)


def test_text_judges_some_classes_only() -> None:
    truth = boxes((80, 20), (80, 20), (80, 20), classes=[0, 1, 2])
    assert filters.text(truth, [0, 2]).ignore.tolist() == [True, False, True]
    sample = Sample(RECORD, truth)
    for classes, only, expected in [
        (("person", "car", "bus"), None, [True, False, False]),
        (("cat", "car", "Pedestrian"), None, [False, False, True]),
        (("cat", "car", "bus"), None, [True, True, True]),
        (("person", "car", "bus"), ["car"], [False, True, False]),
    ]:
        found = filters.named("text", "coco", classes, only)(sample)
        assert found is not None
        assert found.truth is not None
        assert found.truth.ignore.tolist() == expected


@pytest.mark.parametrize(
    ("w", "h", "good"),
    [
        (51.2, 96, False),  # exactly 24 and 45 after the resize: both must be more
        (52, 96, True),
        (51, 96, False),
        (10, 97, True),
        (10, 96, False),
        (51.3, 1, True),
    ],
)
def test_the_authors_citypersons(w: float, h: float, good: bool) -> None:
    names = ("ignore", "pedestrian", "rider", "sitting person")
    truth = boxes(*[(w, h)] * 4, classes=[0, 1, 2, 3], ignore=[True, False, True, False])
    found = filters.authors_citypersons(truth, names)
    assert found.classes.tolist() == ([1, 2] if good else [])
    assert not found.ignore.any()


@pytest.mark.parametrize(
    ("w", "h", "visible", "good"),
    [
        (20, 40, 1, True),
        (20, 39.99, 1, False),
        (8, 40, 1, False),  # 0.2 itself is out
        (8.01, 40, 1, True),
        (24, 40, 1, False),  # and 0.6
        (23.99, 40, 1, True),
        (20, 40, 0.65, False),
        (20, 40, 0.651, True),
        (20, 40, 0, False),
    ],
)
def test_the_authors_caltech(w: float, h: float, visible: float, good: bool) -> None:
    names = ("person", "people", "person?", "person-fa")
    truth = boxes(*[(w, h)] * 4, classes=[0, 1, 2, 3], visible=[visible] * 4, ignore=[0, 1, 1, 0])
    found = filters.authors_caltech(truth, names)
    assert found.classes.tolist() == ([0, 1] if good else [])
    assert not found.ignore.any()


@pytest.mark.parametrize(
    ("w", "h", "good"),
    [
        (20, 40, True), (20, 39.99, False), (8, 40, True), (7.99, 40, False),
        (26, 40, True), (26.01, 40, False),
    ],
)  # fmt: skip
def test_the_authors_bdd100k(w: float, h: float, good: bool) -> None:
    truth = boxes(*[(w, h)] * 3, classes=[0, 1, 2])
    for names in (("pedestrian", "rider", "car"), ("person", "rider", "car")):
        found = filters.authors_bdd100k(truth, names)
        assert found.classes.tolist() == ([0] if good else [])


def test_every_field_is_kept_with_its_box() -> None:
    truth = boxes(
        (20, 40), (20, 10), (20, 50), visible=[0.9, 1, 0.8], occlusion=[1, 0, 2], tracks=[7, 8, 9]
    )
    found = filters.authors_caltech(truth, ("person",))
    assert found.visible.tolist() == [0.9, 0.8]
    assert found.occlusion is not None
    assert found.occlusion.tolist() == [1, 2]
    assert found.tracks is not None
    assert found.tracks.tolist() == [7, 9]


def test_images_that_are_left_out() -> None:
    small, names = Sample(RECORD, boxes((5, 5))), ("pedestrian",)
    assert filters.named("authors-code", "citypersons", names)(small) is None
    assert filters.named("authors-code", "citypersons", names)(replace(small, truth=None)) is None
    found = filters.named("authors-code", "bdd100k", names)(small)
    assert found is not None
    assert found.truth is not None
    assert len(found.truth) == 0


def test_without_labels_and_without_a_filter() -> None:
    bare = Sample(RECORD)
    assert filters.named("text", "images", ())(bare) == bare
    assert filters.named(None, "coco", ("person",))(bare) is bare
    empty = filters.named("text", "coco", ("person",))(Sample(RECORD, boxes()))
    assert empty is not None
    assert empty.truth is not None
    assert len(empty.truth) == 0


def test_names() -> None:
    with pytest.raises(ArgumentError, match=r"text or authors-code\. Got 'tall' instead"):
        filters.named("tall", "caltech", ())
    with pytest.raises(ArgumentError, match="Got 'authors-code' of coco instead"):
        filters.named("authors-code", "coco", ())
