"""From candidates to detections, as torchvision does it, keeping class vectors and features."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import batched_nms, clip_boxes_to_image

from labelnext.detectors.torchvision_models.reading import Found


class Candidates(NamedTuple):
    """One level of one image under sigmoid: a row for each anchor of each location."""

    scores: Float[Tensor, "cells classes"]
    offsets: Float[Tensor, "cells 4"]
    anchors: Float[Tensor, "cells 4"]
    seen: Float[Tensor, "d h w"]


Decode = Callable[[Tensor, Tensor], Tensor]


def of_batch(
    model: Any,
    decode: Decode,
    *,
    scores: list[Float[Tensor, "n _cells classes"]],
    offsets: Float[Tensor, "n all 4"],
    features: list[Tensor],
    seen: list[Tensor],
    images: ImageList,
) -> list[Found]:
    """Boxes of FCOS or RetinaNet on every image of a batch.

    Args:
        model: Has the anchors and what becomes a box.
        decode: Makes boxes of offsets and anchors.
        scores: Of every level.
        offsets: Of all levels, one after the other.
        features: Of every level, as the heads got them.
        seen: What the classification head saw at every level.
        images: The network's input.
    """
    counts = [level.shape[1] for level in scores]
    anchors = model.anchor_generator(images, features)
    parts = list(zip(scores, torch.split(offsets, counts, 1), seen, strict=True))
    return [
        one_stage(
            [
                Candidates(score[i], offset[i], anchor, tower[i])
                for (score, offset, tower), anchor in zip(
                    parts, anchors[i].split(counts), strict=True
                )
            ],
            decode,
            size,
            threshold=model.score_thresh,
            candidates=model.topk_candidates,
            nms=model.nms_thresh,
            limit=model.detections_per_img,
        )
        for i, size in enumerate(images.image_sizes)
    ]


def one_stage(
    levels: list[Candidates],
    decode: Decode,
    size: tuple[int, int],
    *,
    threshold: float,
    candidates: int,
    nms: float,
    limit: int,
) -> Found:
    """Boxes of FCOS and RetinaNet: the best of each level, then suppression within a class.

    As `postprocess_detections` of both, but for the background column, which is no candidate.

    Args:
        levels: Of one image.
        decode: Makes boxes of offsets and anchors.
        size: (height, width) of the image in the network's input.
        threshold: Scores must lie above it.
        candidates: Most of a level.
        nms: IoU above which the worse of two boxes of a class is dropped.
        limit: Most boxes.
    """
    parts = []
    for level in levels:
        cells, classes, scores = _best(level.scores, threshold, candidates)
        boxes = clip_boxes_to_image(decode(level.offsets[cells], level.anchors[cells]), size)
        seen = level.seen.flatten(1)
        places = cells * seen.shape[1] // len(level.scores)
        parts.append(Found(boxes, scores, classes, level.scores[cells], seen[:, places].T))
    together = Found(*(torch.cat(part) for part in zip(*parts, strict=True)))
    return suppressed(together, nms, limit)


def suppressed(found: Found, nms: float, limit: int) -> Found:
    """The boxes that overlap no better one of their class, best first."""
    keep = batched_nms(found.xyxy, found.scores, found.classes, nms)[:limit]
    return Found(*(part[keep] for part in found))


def _best(
    scores: Float[Tensor, "cells classes"], threshold: float, limit: int
) -> tuple[Int64[Tensor, "m"], Int64[Tensor, "m"], Float[Tensor, "m"]]:
    """Cells, classes and scores of the best entries."""
    entries = scores.flatten()
    above = torch.where(entries > threshold)[0]
    best, order = entries[above].topk(min(limit, len(above)))
    place = above[order]
    return place // scores.shape[1], place % scores.shape[1], best
