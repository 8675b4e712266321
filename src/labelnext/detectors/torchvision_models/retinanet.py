"""What RetinaNet's heads say: class scores of nine anchors at every location."""

import torch
from torch import Tensor
from torchvision.models.detection import RetinaNet
from torchvision.models.detection.image_list import ImageList

from labelnext.detectors.torchvision_models.boxes import Candidates, one_stage
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
        counts = [level.shape[1] * level.shape[3] * level.shape[4] for level in logits]
        anchors = model.anchor_generator(images, features)
        offsets = model.head.regression_head(features).split(counts, 1)
        scores = [torch.sigmoid(flat(level)) for level in logits]
        parts = list(zip(scores, offsets, seen, strict=True))
        return [
            one_stage(
                [
                    Candidates(score[i], offset[i], anchor, tower[i])
                    for (score, offset, tower), anchor in zip(
                        parts, anchors[i].split(counts), strict=True
                    )
                ],
                model.box_coder.decode_single,
                images.image_sizes[i],
                threshold=model.score_thresh,
                candidates=model.topk_candidates,
                nms=model.nms_thresh,
                limit=model.detections_per_img,
            )
            for i in range(len(images.image_sizes))
        ]

    return Reading(levels, "sigmoid", found)
