"""From candidates to detections, as torchvision does it, keeping class vectors and features."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torchvision.ops import batched_nms, clip_boxes_to_image

from labelnext.detectors.torchvision_models.reading import Found


class Candidates(NamedTuple):
    """One level of one image under sigmoid: a row for each anchor of each location."""

    scores: Float[Tensor, "cells classes"]
    offsets: Float[Tensor, "cells 4"]
    anchors: Float[Tensor, "cells 4"]
    seen: Float[Tensor, "d h w"]


Decode = Callable[[Tensor, Tensor], Tensor]


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
