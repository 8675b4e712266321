"""What Faster R-CNN's heads say: where there is anything at all, then what each proposal is."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softmax
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import concat_box_prediction_layers
from torchvision.ops import clip_boxes_to_image, remove_small_boxes

from labelnext.detectors.torchvision_models.boxes import suppressed
from labelnext.detectors.torchvision_models.reading import (
    Found,
    Level,
    Reading,
    background_last,
    clipped,
    steps_of,
)


def read(model: FasterRCNN, features: dict[str, Tensor], images: ImageList) -> Reading:
    """Dense maps are the proposal network's objectness, one map without classes a level.

    The logit at a location is that of its likeliest anchor. The class vector of a box is the
    second stage's softmax; what it was seen as is the layer before it.
    """
    size, listed = images.tensors.shape[2:], list(features.values())
    objectness, offsets = model.rpn.head(listed)
    levels = [
        Level(
            clipped(level.amax(1, keepdim=True)), steps_of((size[0], size[1]), level), corner=True
        )
        for level in objectness
    ]

    def found() -> list[Found]:
        proposals = _proposals(model, listed, objectness, offsets, images)
        heads = model.roi_heads
        seen = heads.box_head(heads.box_roi_pool(features, proposals, images.image_sizes))
        logits, moves = heads.box_predictor(seen)
        boxes = heads.box_coder.decode(moves, proposals)
        counts = [len(part) for part in proposals]
        scores = background_last(softmax(logits, -1))
        return [
            _found(model, *parts)
            for parts in zip(boxes.split(counts), torch.split(scores, counts),
                             seen.flatten(1).split(counts), images.image_sizes, strict=True)
        ]  # fmt: skip

    return Reading(levels, "sigmoid", found)


def _proposals(
    model: FasterRCNN,
    features: list[Tensor],
    objectness: list[Tensor],
    offsets: list[Tensor],
    images: ImageList,
) -> list[Tensor]:
    """As `RegionProposalNetwork.forward`, from what its head has said already."""
    anchors = model.rpn.anchor_generator(images, features)
    counts = [level[0].numel() for level in objectness]
    scores, moves = concat_box_prediction_layers(objectness, offsets)
    boxes = model.rpn.box_coder.decode(moves, anchors).view(len(anchors), -1, 4)
    kept, _ = model.rpn.filter_proposals(boxes, scores, images.image_sizes, counts)
    return list(kept)


def _found(
    model: FasterRCNN,
    boxes: Float[Tensor, "m kinds 4"],
    scores: Float[Tensor, "m kinds"],
    seen: Float[Tensor, "m d"],
    size: tuple[int, int],
) -> Found:
    """Every class of every proposal is a candidate (`RoIHeads.postprocess_detections`)."""
    heads, classes = model.roi_heads, scores.shape[1] - 1
    each = clip_boxes_to_image(boxes, size)[:, 1:].reshape(-1, 4)
    entries = scores[:, :-1].reshape(-1)
    above = torch.where(entries > heads.score_thresh)[0]
    above = above[remove_small_boxes(each[above], min_size=1e-2)]
    row = above // classes
    candidates = Found(each[above], entries[above], above % classes, scores[row], seen[row])
    return suppressed(candidates, heads.nms_thresh, heads.detections_per_img)
