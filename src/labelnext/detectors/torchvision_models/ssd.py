"""What the heads of SSD and SSDLite say: a softmax over classes and background for each anchor."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import log_softmax, softmax
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.ssd import SSD
from torchvision.ops import clip_boxes_to_image, roi_align

from labelnext.detectors.torchvision_models.boxes import suppressed
from labelnext.detectors.torchvision_models.reading import (
    Found,
    Level,
    Reading,
    background_last,
    clipped,
)


def read(model: SSD, features: list[Tensor], images: ImageList) -> Reading:
    """The classes of a location are those of its anchor with the least background.

    What a box was seen as is the mean inside it of the last map of the classification network: the
    levels have different numbers of channels.
    """
    outputs = model.head(features)
    each = model.anchor_generator.num_anchors_per_location()
    shapes = [(int(level.shape[2]), int(level.shape[3])) for level in features]
    counts = [h * w * many for (h, w), many in zip(shapes, each, strict=True)]
    logs = log_softmax(background_last(outputs["cls_logits"]).double(), -1).float()
    levels = [
        Level(_pooled(part, shape, many), _steps(model, images, k, shape), corner=False)
        for k, (part, shape, many) in enumerate(
            zip(torch.split(logs, counts, 1), shapes, each, strict=True)
        )
    ]

    def found() -> list[Found]:
        scores = background_last(softmax(outputs["cls_logits"], -1))
        anchors = model.anchor_generator(images, features)
        deepest = features[1]
        return [
            _found(model, scores[i], outputs["bbox_regression"][i], anchors[i], deepest[i],
                   images.image_sizes[i])
            for i in range(len(images.image_sizes))
        ]  # fmt: skip

    return Reading(levels, "softmax", found)


def _pooled(
    logs: Float[Tensor, "n cells k"], shape: tuple[int, int], anchors: int
) -> Float[Tensor, "n k h w"]:
    n, _, columns = logs.shape
    apart = logs.reshape(n, *shape, anchors, columns)
    least = apart[..., -1].argmin(3)[..., None, None].expand(-1, -1, -1, 1, columns)
    return clipped(apart.gather(3, least)[..., 0, :].permute(0, 3, 1, 2))


def _steps(
    model: SSD, images: ImageList, level: int, shape: tuple[int, int]
) -> tuple[float, float]:
    """As `DefaultBoxGenerator` spreads the centres of its boxes."""
    steps = model.anchor_generator.steps
    if steps is not None:
        return float(steps[level]), float(steps[level])
    height, width = images.tensors.shape[2:]
    return height / shape[0], width / shape[1]


def _found(
    model: SSD,
    scores: Float[Tensor, "cells k"],
    offsets: Float[Tensor, "cells 4"],
    anchors: Float[Tensor, "cells 4"],
    deepest: Float[Tensor, "d h w"],
    size: tuple[int, int],
) -> Found:
    """The best of each class, then suppression within a class (`SSD.postprocess_detections`)."""
    boxes = clip_boxes_to_image(model.box_coder.decode_single(offsets, anchors), size)
    cells, classes = [], []
    for k in range(scores.shape[1] - 1):
        above = torch.where(scores[:, k] > model.score_thresh)[0]
        best = scores[above, k].topk(min(model.topk_candidates, len(above))).indices
        cells.append(above[best])
        classes.append(torch.full_like(above[best], k))
    cell, kind = torch.cat(cells), torch.cat(classes)
    none = scores.new_zeros(len(cell), 0)
    candidates = Found(boxes[cell], scores[cell, kind], kind, scores[cell], none)
    kept = suppressed(candidates, model.nms_thresh, model.detections_per_img)
    scale = deepest.shape[2] / size[1]
    seen = roi_align(deepest[None], [kept.xyxy], 1, scale, sampling_ratio=4, aligned=True)
    return kept._replace(features=seen.flatten(1))
