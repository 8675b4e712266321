"""Average precision as COCO defines it, through faster-coco-eval, without files or printing."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from labelnext.evaluate.pooled import Pooled, pool
from labelnext.types import Detections, GroundTruth


class AveragePrecision(NamedTuple):
    """Mean over the classes that have truth; NaN where none has.

    Attributes:
        ap: Mean over the IoU thresholds .50:.05:.95.
        ap50: At IoU .50.
    """

    ap: float
    ap50: float


def average_precision(
    truths: Sequence[GroundTruth], detections: Sequence[Detections]
) -> AveragePrecision:
    """COCO's AP: 101 recall points, areas of all sizes, at most 100 detections an image and class.

    Ignored truth is passed on as `iscrowd`: matched by intersection over detection area, any number
    of times. Equal to pycocotools to at least six digits.

    Args:
        truths: One an image.
        detections: One an image, in the same order.

    Raises:
        ArgumentError: See `pool`.
    """
    return average_precision_pooled(pool(truths, detections, function="average_precision"))


def average_precision_pooled(pooled: Pooled) -> AveragePrecision:
    """`average_precision` on a test set that `pool` has checked already."""
    if pooled.truth.ignore.all():
        return AveragePrecision(float("nan"), float("nan"))
    if len(pooled.detections) == 0:
        return AveragePrecision(0.0, 0.0)  # the library refuses an empty list of results
    from faster_coco_eval import COCO, COCOeval_faster  # heavy, and needed here only

    truth, results = _coco(pooled)
    reference = COCO(truth, print_function=_silent)
    evaluation = COCOeval_faster(
        reference, reference.loadRes(results), iouType="bbox", print_function=_silent
    )
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.params.maxDets = [100]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = np.asarray(evaluation.eval["precision"], np.float64)  # iou, recall, class, 1, 1
    with_truth = precision > -1  # -1 marks a class without truth
    return AveragePrecision(
        float(precision[with_truth].mean()), float(precision[0][with_truth[0]].mean())
    )


def _coco(pooled: Pooled) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Truth as a COCO document and detections as COCO results; ids count from 1."""
    truth, found = pooled.truth, pooled.detections
    classes = 1 + max(truth.classes.max(initial=0), found.classes.max(initial=0))
    boxes = _xywh(truth.xyxy)
    areas = (boxes[:, 2] * boxes[:, 3]).tolist()
    columns = zip(
        (truth.image + 1).tolist(),
        (truth.classes + 1).tolist(),
        truth.ignore.astype(int).tolist(),
        boxes.tolist(),
        areas,
        strict=True,
    )
    document = {
        "images": [{"id": i + 1} for i in range(pooled.images)],
        "categories": [{"id": i + 1, "name": str(i)} for i in range(classes)],
        "annotations": [
            {"id": i, "image_id": m, "category_id": c, "iscrowd": g, "bbox": b, "area": a}
            for i, (m, c, g, b, a) in enumerate(columns, 1)
        ],
    }
    columns_found = zip(
        (found.image + 1).tolist(),
        (found.classes + 1).tolist(),
        found.scores.tolist(),
        _xywh(found.xyxy).tolist(),
        strict=True,
    )
    results = [
        {"image_id": m, "category_id": c, "score": s, "bbox": b} for m, c, s, b in columns_found
    ]
    return document, results


def _xywh(xyxy: np.ndarray) -> np.ndarray:
    return np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)


def _silent(*_: object, **__: object) -> None:
    """Stands in for the library's printing."""
