"""What FCOS' heads say: a class score and a centredness at every location (torchvision's FCOS)."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor
from torch.nn.functional import logsigmoid
from torchvision.models.detection import FCOS
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


def read(model: FCOS, features: list[Tensor], images: ImageList) -> Reading:
    """The score of a class is √(σ(class)·σ(centredness)), in the maps as in the boxes.

    Its outputs have a column for the background that no training makes positive; it is left out.
    What a box was seen as is the last layer before the class logits, at its location.
    """
    head, size = model.head.classification_head, images.tensors.shape[2:]
    seen = [head.conv(level) for level in features]
    logits = [by_anchor(head.cls_logits(level), head.num_classes)[:, :, 1:] for level in seen]
    offsets, centred = model.head.regression_head(features)
    counts = [level.shape[2] * level.shape[3] for level in features]
    centres = centred.split(counts, 1)
    levels = []
    for level, centre in zip(logits, centres, strict=True):
        n, _, _, height, width = level.shape
        joint = _joint(level[:, 0], centre.reshape(n, 1, height, width))
        levels.append(Level(joint, steps_of((size[0], size[1]), level[:, 0]), corner=True))

    def found() -> list[Found]:
        scores = [
            torch.sqrt(torch.sigmoid(flat(level)) * torch.sigmoid(centre))
            for level, centre in zip(logits, centres, strict=True)
        ]
        return of_batch(
            model, model.box_coder.decode, scores=scores, offsets=offsets, features=features,
            seen=seen, images=images,
        )  # fmt: skip

    return Reading(levels, "sigmoid", found)


def _joint(
    logits: Float[Tensor, "n classes h w"], centre: Float[Tensor, "n 1 h w"]
) -> Float[Tensor, "n classes h w"]:
    """The logit of √(σ(a)·σ(b)), in double precision."""
    log: Float64[Tensor, "n classes h w"] = (
        logsigmoid(logits.double()) + logsigmoid(centre.double())
    ) / 2
    return clipped(log - torch.log(-torch.expm1(log))).float()
