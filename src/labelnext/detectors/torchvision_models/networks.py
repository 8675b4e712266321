"""The network that the arguments name, with fresh weights."""

from functools import partial
from typing import Any

import torchvision
from torch import nn
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.ops import MultiScaleRoIAlign

from labelnext.detectors.common.draws import seeded
from labelnext.detectors.torchvision_models import backbones
from labelnext.detectors.torchvision_models.options import NAME, OWN, Arguments
from labelnext.errors import ArgumentError


def build(values: Arguments, classes: int, *, seed: int) -> nn.Module:
    """A network of torchvision in evaluation mode; torch's own generator is left as it was.

    Args:
        values: Which, and how it is used.
        classes: Without the background.
        seed: Of its weights.

    Raises:
        ArgumentError: The backbone cannot be had, or does not go with the model.
        MissingExtraError: The backbone is a network of timm, and there is no timm.
    """
    with seeded(seed):
        model = _own(values, classes) if values.model in OWN else _named(values.model, classes)
    _set_anchors(model, values.anchor_scale)
    _set_size(model, values)
    settle(model, values)
    return model.eval()


def settle(model: Any, values: Arguments) -> None:
    """Bring what is no weight in line with the arguments."""
    final = model.roi_heads if isinstance(model, FasterRCNN) else model
    final.score_thresh = values.threshold
    if values.nms is not None:
        final.nms_thresh = values.nms
    if values.max_detections is not None:
        final.detections_per_img = values.max_detections
    if values.norm_eps is not None:
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = values.norm_eps


def _named(name: str, classes: int) -> nn.Module:
    make = getattr(torchvision.models.detection, name)
    model: nn.Module = make(weights=None, weights_backbone=None, num_classes=classes + 1)
    return model


def _own(values: Arguments, classes: int) -> Any:
    """FCOS has one anchor a location, as wide as the stride; RetinaNet nine about 4 strides, and
    Faster R-CNN three of 8, as torchvision has over a ResNet. RetinaNet's heads are those of its
    second version, normalised by groups.
    """
    backbone = backbones.own(str(values.backbone), values.model, values.fpn_channels)
    levels = backbones.strides(backbone)
    strides = list(levels.values())
    colours = {
        name: list(getattr(backbone, name))
        for name in ("image_mean", "image_std")
        if hasattr(backbone, name)
    }
    if values.model == "fcos":
        anchors = AnchorGenerator(tuple((s,) for s in strides), ((1.0,),) * len(strides))
        return FCOS(backbone, classes + 1, anchor_generator=anchors, **colours)
    ratios = ((0.5, 1.0, 2.0),) * len(strides)
    if values.model == "retinanet":
        sizes = tuple(tuple(4 * s * 2 ** (k / 3) for k in range(3)) for s in strides)
        anchors, groups = AnchorGenerator(sizes, ratios), partial(nn.GroupNorm, 32)
        head = RetinaNetHead(backbone.out_channels, 9, classes + 1, norm_layer=groups)
        head.regression_head._loss_type = "giou"
        return RetinaNet(backbone, classes + 1, anchor_generator=anchors, head=head, **colours)
    names = [name for name in levels if name != "pool"]
    return FasterRCNN(
        backbone,
        classes + 1,
        rpn_anchor_generator=AnchorGenerator(tuple((8 * s,) for s in strides), ratios),
        box_roi_pool=MultiScaleRoIAlign(names, output_size=7, sampling_ratio=2),
        **colours,
    )


def _set_anchors(model: Any, scale: float) -> None:
    if scale == 1:
        return
    holder = model.rpn if isinstance(model, FasterRCNN) else model
    old = holder.anchor_generator
    sizes = tuple(tuple(size * scale for size in level) for level in old.sizes)
    if min(min(level) for level in sizes) < 2:
        raise ArgumentError(
            NAME, "anchor_scale", expected="one that leaves every anchor 2 pixels or more",
            got=scale,
        )  # fmt: skip
    holder.anchor_generator = AnchorGenerator(sizes, old.aspect_ratios)


def _set_size(model: Any, values: Arguments) -> None:
    """In training, images come at their size already."""
    transform = model.transform
    if values.min_size is not None:
        transform.min_size = (values.min_size,)
    if values.max_size is not None:
        transform.max_size = values.max_size
    if max(transform.min_size) > transform.max_size:
        raise ArgumentError(
            NAME, "max_size", expected=f"min_size ({max(transform.min_size)}) or more",
            got=transform.max_size,
        )  # fmt: skip
    transform._skip_resize = True
