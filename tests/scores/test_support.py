"""Pixels behind a box, against loops."""

import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.scores.support import support
from labelnext.types import DenseMaps, MapLevel
from tests.reference import scores as dense_reference
from tests.reference import scores_pal as reference
from tests.scores.made import drawn, found, rows


def maps_of(seed, activation="sigmoid", classes=3):
    rng = np.random.default_rng(seed)
    levels = [
        (rng.normal(-2, 3, (classes, 40 // stride, 48 // stride)).astype(np.float32), stride)
        for stride in (8, 4)
    ]
    maps = DenseMaps(tuple(MapLevel(*level) for level in levels), (40, 48), activation)
    return maps, dense_reference.probabilities(levels, (40, 48), activation).tolist()


@pytest.mark.parametrize("size", [(40, 48), (80, 96), (30, 40)])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
@pytest.mark.parametrize("window", [1, 5, 19])
def test_equals_the_reference(size, activation, window):
    maps, probabilities = maps_of(0, activation)
    detections = drawn(1, n=12, size=min(size) + 20)  # some reach beyond the image
    got = support(maps, detections, image_size=size, threshold=0.3, window=window)
    zoom = (48 / size[1], 40 / size[0])
    boxes, _, classes = rows(detections)
    expected = [
        reference.support(probabilities, box, label, zoom, 0.3, window)
        for box, label in zip(boxes, classes, strict=True)
    ]
    np.testing.assert_array_equal(got, expected)


def test_by_hand():
    """A patch of 3×4 pixels around the box; the other level is weaker there."""
    strong, weak = np.full((2, 1, 30, 30), -9, np.float32)
    strong[:, 10:13, 10:14] = 9
    weak[:] = 1
    maps = DenseMaps((MapLevel(weak, 1), MapLevel(strong, 1)), (30, 30))
    box = found([[8, 8, 15, 15]], [0.9])
    assert support(maps, box, image_size=(30, 30)).tolist() == [12]
    twice = found([[16, 16, 30, 30]], [0.9])
    assert support(maps, twice, image_size=(60, 60)).tolist() == [12]
    assert support(maps, box, image_size=(30, 30), window=3).tolist() == [9]


def test_no_boxes():
    assert support(maps_of(0)[0], drawn(0, n=0), image_size=(40, 48)).shape == (0,)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"window": 4}, "odd"),
        ({"window": 0}, "'window'"),
        ({"threshold": 1.0}, "'threshold'"),
        ({"threshold": np.nan}, "'threshold'"),
        ({"image_size": (0, 3)}, "'image_size'"),
    ],
)
def test_bad_arguments(options, says):
    with pytest.raises(ArgumentError, match=says):
        support(maps_of(0)[0], drawn(0, n=2), **{"image_size": (40, 48), **options})


def test_a_class_the_maps_lack():
    with pytest.raises(ArgumentError, match="classes below 1"):
        support(maps_of(0, classes=1)[0], found([[0, 0, 9, 9]], [0.5], [1]), image_size=(40, 48))
