import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from labelnext.evaluate import average_precision
from tests.evaluate.cases import detections_of, random_set, truth_of


def pycocotools_precision(truths, detections, classes):
    """(AP, AP50) of the reference implementation on the same boxes."""
    document = {"images": [], "categories": [], "annotations": []}
    results = []
    document["categories"] = [{"id": c + 7, "name": f"class {c}"} for c in range(classes)]
    for i, (truth, found) in enumerate(zip(truths, detections, strict=True)):
        document["images"].append({"id": 100 + i, "width": 640, "height": 480})
        for j in range(len(truth)):
            x1, y1, x2, y2 = (float(v) for v in truth.xyxy[j])
            annotation = {
                "id": len(document["annotations"]) + 1,
                "image_id": 100 + i,
                "category_id": int(truth.classes[j]) + 7,
                "iscrowd": int(truth.ignore[j]),
                "bbox": [x1, y1, x2 - x1, y2 - y1],
                "area": (x2 - x1) * (y2 - y1),
            }
            document["annotations"].append(annotation)
        for j in range(len(found)):
            x1, y1, x2, y2 = (float(v) for v in found.xyxy[j])
            result = {
                "image_id": 100 + i,
                "category_id": int(found.classes[j]) + 7,
                "score": float(found.scores[j]),
                "bbox": [x1, y1, x2 - x1, y2 - y1],
            }
            results.append(result)
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = document
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0], evaluation.stats[1]


@pytest.mark.parametrize(("seed", "classes", "crowd"), [(0, 1, 0), (1, 2, 0.2), (2, 5, 0.4)])
def test_equals_pycocotools(seed, classes, crowd):
    truths, detections = random_set(np.random.default_rng(seed), classes=classes, crowd=crowd)
    expected = pycocotools_precision(truths, detections, classes)
    got = average_precision(truths, detections)
    assert got.ap50 > got.ap > 0.05
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_equals_pycocotools_beyond_a_hundred_detections():
    rng = np.random.default_rng(4)
    truths, detections = random_set(rng, images=3, classes=1, most=400)
    assert max(len(d) for d in detections) > 100
    expected = pycocotools_precision(truths, detections, 1)
    np.testing.assert_allclose(average_precision(truths, detections), expected, rtol=0, atol=1e-9)


def test_prints_nothing(capfd):
    average_precision(*random_set(np.random.default_rng(0), images=3))
    assert capfd.readouterr() == ("", "")


def test_mean_over_the_classes_that_have_truth():
    box = (0, 0, 10, 10)
    truth = truth_of([(box, 0, False), ((50, 50, 60, 60), 2, False)])
    found = detections_of([(box, 0, 0.5), (box, 1, 0.9)])
    assert average_precision([truth], [found]) == pytest.approx((0.5, 0.5))


def test_no_truth_is_undefined_and_no_detections_is_zero():
    truth = truth_of([((0, 0, 10, 10), 0, False)])
    assert average_precision([truth], [detections_of([])]) == (0, 0)
    crowd = truth_of([((0, 0, 10, 10), 0, True)])
    for nothing in ([crowd], [truth_of([])]):
        assert np.isnan(average_precision(nothing, [detections_of([])])).all()
    assert np.isnan(average_precision([], [])).all()
