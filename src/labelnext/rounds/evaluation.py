"""Evaluate plain COCO files: labels against results, with no project and no image files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import NamedTuple

import numpy as np

from labelnext import coco_results
from labelnext.coco_format import CocoBox, CocoFile, parse
from labelnext.coco_truth import to_truth
from labelnext.errors import ArgumentError, DataError
from labelnext.evaluate import by_height, by_visibility, evaluate
from labelnext.types import Detections, GroundTruth, Metrics

SLICES: Mapping[str, Callable[..., dict[str, Metrics]]] = {
    "height": by_height,
    "visibility": by_visibility,
}


class _Both(NamedTuple):
    """Labels and results of the same images, in the same order."""

    truths: list[GroundTruth]
    detections: list[Detections]
    classes: tuple[str, ...]
    image_sizes: list[tuple[int, int]] | None


def evaluate_files(
    truth: Path,
    predictions: Path,
    *,
    iou: float | None = None,
    subset: str = "all",
    protocol: str = "standard",
    classes: Sequence[str] | None = None,
    border: float | None = None,
    aspect: float | None = None,
) -> Metrics:
    """Figures of a detector's COCO results against COCO labels (PAPER §7).

    Boxes are taken as they are in the files: without options no height, border or visibility filter
    applies. Truth with `ignore` or `iscrowd` is an ignore region. Every image of `truth` counts,
    those without labels or results too; only images marked `labelled: false` are left out.

    Args:
        truth: COCO labels; `file_name`, and `width` and `height` without `border`, may be absent.
        predictions: COCO results on the images of `truth`.
        iou: Overlap of a match in the miss rates; by default .5, or .3 with `authors-code`.
        subset: `reasonable` filters first (see `evaluate.reasonable`).
        protocol: `authors-code` takes the miss rates by the authors' metric.
        classes: Names of the classes to evaluate; by default all of `truth`.
        border: Margin in pixels outside which truth is ignored; with `reasonable` only.
        aspect: Width over height that truth is set to; with `reasonable` only.

    Raises:
        DataError: A file or a record of it cannot be used; names both.
        ArgumentError: An argument is outside its domain.
    """
    both = _read(truth, predictions, classes)
    return evaluate(
        both.truths,
        both.detections,
        classes=both.classes,
        image_sizes=both.image_sizes,
        iou=iou,
        subset=subset,
        protocol=protocol,
        border=border,
        aspect=aspect,
    )


def evaluate_slices(
    truth: Path,
    predictions: Path,
    *,
    by: str,
    iou: float | None = None,
    protocol: str = "standard",
    classes: Sequence[str] | None = None,
) -> dict[str, Metrics]:
    """Figures of `evaluate_files` by `height` or `visibility` of truth (see `evaluate.slices`).

    Raises:
        DataError: See `evaluate_files`.
        ArgumentError: `by` is neither, or see `evaluate_files`.
    """
    if by not in SLICES:
        raise ArgumentError("evaluate_slices", "by", expected=f"one of {', '.join(SLICES)}",
                            got=repr(by))  # fmt: skip
    both = _read(truth, predictions, classes)
    return SLICES[by](
        both.truths, both.detections, classes=both.classes, iou=iou, protocol=protocol
    )  # fmt: skip


def figures(metrics: Metrics) -> dict[str, float | None]:
    """The figures under the names that commands print; None where one is undefined."""
    named: dict[str, float] = {
        "images": metrics.images,
        "instances": metrics.instances,
        "miss_rate_at_fppi_1": metrics.miss_rate_at_fppi_1,
        "miss_rate_at_fppi_0.1": metrics.miss_rate_at_fppi_01,
        "log_average_miss_rate": metrics.log_average_miss_rate,
        "ap": metrics.ap,
        "ap50": metrics.ap50,
    }
    return {name: None if isnan(value) else value for name, value in named.items()}


def _read(truth: Path, predictions: Path, classes: Sequence[str] | None) -> _Both:
    labels = parse(Path(truth), files=False)
    if not labels.classes:
        raise DataError(truth, "has no categories.", remedy="List the classes in 'categories'.")
    found = coco_results.read(Path(predictions), labels)
    by_image: dict[int, list[CocoBox]] = {number: [] for number in labels.images}
    for box in labels.boxes:
        _check_size(labels, box)
        by_image[box.image].append(box)
    images = [image for image in labels.images.values() if image.labelled]
    kept, places = _chosen(labels, classes)
    sized = all(image.width and image.height for image in images)
    return _Both(
        [_keep_truth(to_truth(by_image[image.id]), places) for image in images],
        [_keep_detections(found[image.id], places) for image in images],
        kept,
        [(image.height, image.width) for image in images] if sized else None,
    )


def _check_size(labels: CocoFile, box: CocoBox) -> None:
    if min(box.xywh[2:]) < 0:
        raise DataError(
            labels.path,
            f"'bbox' {list(box.xywh)} has a negative width or height.",
            record=box.name,
            remedy="Write boxes as [x, y, width, height], not as corners.",
        )


def _chosen(labels: CocoFile, classes: Sequence[str] | None) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the classes to evaluate; and the place of every class among them, or -1."""
    if classes is None:
        return labels.classes, np.arange(len(labels.classes))
    kept = tuple(dict.fromkeys(classes))
    unknown = [name for name in kept if name not in labels.classes]
    if unknown or not kept:
        raise ArgumentError(
            "evaluate_files",
            "classes",
            expected=f"names of classes of {labels.path} ({', '.join(labels.classes[:20])})",
            got=", ".join(unknown) or "none",
        )
    return kept, np.array([kept.index(n) if n in kept else -1 for n in labels.classes], np.int64)


def _keep_truth(truth: GroundTruth, places: np.ndarray) -> GroundTruth:
    classes = places[truth.classes]
    return replace(truth, classes=classes).take(classes >= 0)


def _keep_detections(found: Detections, places: np.ndarray) -> Detections:
    classes = places[found.classes]
    keep = classes >= 0
    return Detections(found.xyxy[keep], found.scores[keep], classes[keep])
