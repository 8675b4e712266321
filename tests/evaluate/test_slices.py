import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import by_height, by_image, by_visibility, evaluate, tag_masks
from labelnext.types import GroundTruth
from tests.evaluate.cases import detections_of, random_set


@pytest.fixture(scope="module")
def drawn():
    return random_set(np.random.default_rng(2), classes=1)


def test_by_image_is_evaluate_on_the_part(drawn):
    truths, detections = drawn
    night = np.arange(len(truths)) % 3 == 0
    got = by_image(truths, detections, {"night": night, "none": night & False}, classes=["p"])
    expected = evaluate(truths[::3], detections[::3], classes=["p"])
    assert got["night"].instances == expected.instances
    assert got["night"].log_average_miss_rate == expected.log_average_miss_rate
    assert got["none"].images == 0
    assert np.isnan(got["none"].ap)


def test_masks_from_tags():
    masks = tag_masks([{"night"}, set(), {"rain", "night"}])
    assert list(masks) == ["night", "rain"]
    np.testing.assert_array_equal(masks["night"], [True, False, True])
    np.testing.assert_array_equal(masks["rain"], [False, False, True])


def test_slices_of_size_share_out_the_truth(drawn):
    truths, detections = drawn
    figures = by_height(truths, detections, classes=["p"])
    whole = evaluate(truths, detections, classes=["p"])
    assert list(figures) == ["near", "medium", "far"]
    assert sum(m.instances for m in figures.values()) == whole.instances
    assert all(m.images == whole.images for m in figures.values())


def test_truth_of_another_size_is_neither_right_nor_wrong():
    truth = GroundTruth.from_boxes([[0, 0, 40, 100], [100, 0, 110, 29], [200, 0, 230, 79.9]])
    found = detections_of(
        [((0, 0, 40, 100), 0, 0.9), ((100, 0, 110, 29), 0, 0.8), ((300, 0, 330, 64), 0, 0.7)]
    )
    figures = by_height([truth], [found], classes=["p"])
    assert {name: m.instances for name, m in figures.items()} == {"near": 1, "medium": 1, "far": 1}
    # The false box of 64 px counts as near (64 ≥ 80 / 1.25) and medium, not as far.
    assert {name: m.curve.fppi[-1] for name, m in figures.items()} == {
        "near": 1,
        "medium": 1,
        "far": 0,
    }
    missed = {name: m.miss_rate_at_fppi_1 for name, m in figures.items()}
    assert missed == {"near": 0, "medium": 1, "far": 0}


def test_by_visibility():
    truth = GroundTruth.from_boxes(
        [[0, 0, 9, 9], [20, 0, 29, 9], [40, 0, 49, 9], [60, 0, 69, 9]],
        visible=[1, 0.99, 0.64, 0.1],
    )
    found = detections_of([((20, 0, 29, 9), 0, 0.9)])
    figures = by_visibility([truth], [found], classes=["p"])
    assert {name: m.miss_rate_at_fppi_1 for name, m in figures.items()} == {
        "unoccluded": 1,
        "partial": 0,
        "heavy": 1,
    }
    assert all(m.instances == 1 and m.curve.fppi[-1] == 0 for m in figures.values())


def test_errors(drawn):
    truths, detections = drawn
    with pytest.raises(ArgumentError, match="mask 'day'"):
        by_image(truths, detections, {"day": np.ones(2, bool)}, classes=["p"])
    with pytest.raises(ArgumentError, match="'heights'"):
        by_height(truths, detections, classes=["p"], heights={"x": (5, 5)})
    with pytest.raises(ArgumentError, match="'slack'"):
        by_height(truths, detections, classes=["p"], slack=0.5)
    with pytest.raises(ArgumentError, match="'visibilities'"):
        by_visibility(truths, detections, classes=["p"], visibilities={"x": (1, 0)})
