"""Random data sets with everything that labels, names and images can be."""

from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from labelnext.masks import pack
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats.shared.images import put

CLASS_NAMES = (
    "person", "traffic light", "a,b", "x < y", "R&D", 'the "big" one', "it's", "élan", "自転車",
    "a=b", "50%", "n/a", "class: car", "#1", "- dash", "yes", "007", "[x]", "{y}", "a\\b", "*", "~",
)  # fmt: skip
STEMS = (
    "1", "a", "a b", "a.b", "frame_000001", "é", "中文", "x&y", "it's", "100%", "a,b", "#7", "-n",
    "[1]", "A", "q?", "a=b", "(2)", "~t", "@", "null", "a+b", "{z}", "a;b", "$x", 'say "hi"', "<k>",
    "e" * 60, "img.jpg",
)  # fmt: skip
FOLDERS = ("", "", "a/", "b/", "a/b/", "d e/", "é/", "v1.0/", "images/", "labels/")
SIDES = (1, 2, 3, 64, 100, 333, 1920, 4000)


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[list[Sample], tuple[str, ...]]:
    """Samples whose images are not written yet (see `place_images`), and class names."""
    classes = tuple(draw(st.lists(st.sampled_from(CLASS_NAMES), unique=True, min_size=1)))
    keys = draw(st.lists(_keys(), unique_by=str.casefold, min_size=1, max_size=5))
    samples = []
    for number, key in enumerate(keys):
        width, height = draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES))
        record = ImageRecord(key, key, width, height)
        if draw(st.integers(0, 3)) == 0:
            record = ImageRecord(key, key, width, height, "clip", number, number / 25)
        truth = draw(st.one_of(st.none(), *[truths(width, height, len(classes))] * 3))
        samples.append(Sample(record, truth))
    return samples, classes


@st.composite
def _keys(draw: st.DrawFn) -> str:
    suffix = draw(st.sampled_from((".png", ".png", ".png", ".jpg")))
    return draw(st.sampled_from(FOLDERS)) + draw(st.sampled_from(STEMS)) + suffix


@st.composite
def truths(draw: st.DrawFn, width: int, height: int, classes: int) -> GroundTruth:
    """Boxes inside the image, some at its edges or tiny, with any optional parts."""
    boxes = [draw(_boxes(width, height)) for _ in range(draw(st.integers(0, 4)))]
    n = len(boxes)

    def some(values: st.SearchStrategy, absent: object) -> list | None:
        """A part given for no box, or for some of them."""
        if draw(st.integers(0, 2)):
            return None
        return [draw(st.one_of(st.just(absent), values)) for _ in range(n)]

    visible = some(st.sampled_from((0.0, 0.25, 0.5, 0.9)), 1.0)
    parts = [draw(st.sampled_from((0.25, 0.5, 1.0))) for _ in range(n)]
    seen = [[x1, y1, x1 + (x2 - x1) * p, y2] for (x1, y1, x2, y2), p in zip(boxes, parts)]  # noqa: B905
    given = some(st.just(True), False)
    visible_xyxy = given and [
        box if yes else [np.nan] * 4 for box, yes in zip(seen, given, strict=True)
    ]
    return GroundTruth.from_boxes(
        boxes,
        [draw(st.integers(0, classes - 1)) for _ in range(n)],
        some(st.just(True), False),
        visible,
        visible_xyxy=visible_xyxy,
        occlusion=some(st.sampled_from((0, 1, 2)), -1),
        truncation=some(st.sampled_from((0.0, 0.25, 1.0)), np.nan),
        tracks=some(st.integers(0, 9), -1),
        masks=some(st.sampled_from(_masks(width, height)), None),
    )


@cache
def _masks(width: int, height: int) -> list[bytes]:
    """Of a whole image, of no pixel, and of one."""
    planes = np.zeros((3, height, width), bool)
    planes[0] = True
    planes[2, -1, 0] = True
    return list(pack(planes))


@st.composite
def _boxes(draw: st.DrawFn, width: int, height: int) -> list[float]:
    x1, x2 = draw(_intervals(width))
    y1, y2 = draw(_intervals(height))
    return [x1, y1, x2, y2]


@st.composite
def _intervals(draw: st.DrawFn, side: int) -> tuple[float, float]:
    """Two places on a side, a tenth of a pixel apart at least."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return 0.0, float(side)
    if kind == 1:  # whole pixels
        start = draw(st.integers(0, side - 1))
        return float(start), float(draw(st.integers(start + 1, side)))
    start = draw(st.floats(0, side - 0.1))
    if kind == 2:  # tiny
        return start, min(side, start + 0.1)
    return start, draw(st.floats(min(side, start + 0.1), side))


def place_images(samples: list[Sample], folder: Path) -> list[Sample]:
    """The samples with an image file of the right size each."""
    placed = []
    for sample in samples:
        record = sample.record
        path = folder / record.key
        put(path, record.width, record.height)
        moved = ImageRecord(
            record.key, str(path), record.width, record.height, record.video, record.frame,
            record.seconds, record.segment,
        )  # fmt: skip
        placed.append(Sample(moved, sample.truth))
    return placed
