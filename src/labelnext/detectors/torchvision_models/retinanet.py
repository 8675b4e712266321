"""What RetinaNet's heads say: class scores of nine anchors at every location."""

import torch
from torch import Tensor
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.image_list import ImageList

from labelnext.detectors.torchvision_models.boxes import of_batch
from labelnext.detectors.torchvision_models.reading import (
    Found,
    Level,
    Reading,
    by_anchor,
    clipped,
    flat,
    steps_of,
)


def read(model: RetinaNet, features: list[Tensor], images: ImageList) -> Reading:
    """The logit of a class at a location is that of its likeliest anchor.

    The outputs have a column for the background that no training makes positive; it is left out.
    What a box was seen as is the last layer before the class logits, at its location.
    """
    head, size = model.head.classification_head, images.tensors.shape[2:]
    seen = [head.conv(level) for level in features]
    logits = [by_anchor(head.cls_logits(level), head.num_classes)[:, :, 1:] for level in seen]
    levels = [
        Level(clipped(level.amax(1)), steps_of((size[0], size[1]), level[:, 0]), corner=True)
        for level in logits
    ]

    def found() -> list[Found]:
        return of_batch(
            model, model.box_coder.decode_single,
            scores=[torch.sigmoid(flat(level)) for level in logits],
            offsets=model.head.regression_head(features), features=features, seen=seen,
            images=images,
        )  # fmt: skip

    return Reading(levels, "sigmoid", found)
