"""One's own backbone under one of torchvision's heads: a Python function, or a network of timm."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool, LastLevelP6P7

from labelnext import plugins
from labelnext.detectors.torchvision_models.options import NAME
from labelnext.errors import ArgumentError, MissingExtraError

_PROBE = 256  # pixels; what a backbone's strides are measured on


class TimmPyramid(nn.Module):
    """A feature pyramid over the levels that a network of timm gives.

    Attributes:
        out_channels: Of every level.
        image_mean: Of the images that the network was made for, red, green and blue, 0 to 1.
        image_std: Their deviation.
    """

    def __init__(self, name: str, model: str, channels: int) -> None:
        super().__init__()
        network, mean, std = _timm(name)
        strides = (4, 8, 16, 32) if model == "fasterrcnn" else (8, 16, 32)
        info: Any = network.feature_info
        self.taken = [i for i, stride in enumerate(info.reduction()) if stride in strides]
        if [info.reduction()[i] for i in self.taken] != list(strides):
            raise ArgumentError(
                NAME, "backbone", expected=f"a network with levels of strides {strides}",
                got=f"timm:{name}, which has {info.reduction()}",
            )  # fmt: skip
        last = LastLevelMaxPool() if model == "fasterrcnn" else LastLevelP6P7(channels, channels)
        self.body = network
        self.fpn = FeaturePyramidNetwork(
            [info.channels()[i] for i in self.taken], channels, extra_blocks=last
        )
        self.out_channels, self.image_mean, self.image_std = channels, mean, std

    def levels(self, x: Float[Tensor, "n 3 h w"]) -> dict[str, Tensor]:
        """What the network gives, before the pyramid."""
        found = self.body(x)
        return OrderedDict((str(k), found[i]) for k, i in enumerate(self.taken))

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> dict[str, Tensor]:
        """The levels of the pyramid, finest first."""
        pyramid: dict[str, Tensor] = self.fpn(self.levels(x))
        return pyramid


def own(place: str, model: str, channels: int) -> nn.Module:
    """The backbone that `module:function` returns, or a pyramid over `timm:NAME`.

    A function takes nothing and returns a module with an attribute `out_channels` that gives a dict
    of maps `[n, out_channels, h, w]`, finest first; attributes `image_mean` and `image_std` are
    used where it has them. Of its names, `body` and `fpn` mean what they do in torchvision's
    `BackboneWithFPN`. Under FCOS and RetinaNet, `out_channels` must be a multiple of 32.

    Raises:
        LabelnextError: The function cannot be found.
        ArgumentError: What it returns is no such module; timm has no such network.
        MissingExtraError: A network of timm, without timm.
    """
    if place.startswith("timm:"):
        return TimmPyramid(place.removeprefix("timm:"), model, channels)
    backbone = _called(place)
    _require_maps(backbone, place, model)
    return backbone


def strides(backbone: nn.Module) -> dict[str, int]:
    """Of each level by its name, as torchvision's anchors count them."""
    return {name: _PROBE // level.shape[2] for name, level in _probed(backbone).items()}


def spread(
    backbone: nn.Module, x: Float[Tensor, "n 3 h w"]
) -> tuple[dict[str, Tensor], Float[Tensor, "n d _h _w"]]:
    """The maps for the heads, and the deepest map below any pyramid."""
    if isinstance(backbone, TimmPyramid):
        below = backbone.levels(x)
        return backbone.fpn(below), list(below.values())[-1]
    if isinstance(backbone, BackboneWithFPN):
        below = backbone.body(x)
        return backbone.fpn(below), list(below.values())[-1]
    found = backbone(x)
    found = OrderedDict([("0", found)]) if isinstance(found, Tensor) else found
    return found, list(found.values())[-1]


def _timm(name: str) -> tuple[nn.Module, list[float], list[float]]:
    try:
        import timm
    except ImportError as missing:
        raise MissingExtraError(f"torchvision with the backbone timm:{name}", "hf") from missing
    try:
        network = timm.create_model(name, features_only=True, pretrained=False)
    except (RuntimeError, AttributeError) as error:
        raise ArgumentError(
            NAME, "backbone", expected="timm: and a network of timm that gives feature maps",
            got=f"timm:{name} ({_line(error)})", remedy="timm.list_models() names them.",
        ) from error  # fmt: skip
    made_for = network.pretrained_cfg if hasattr(network, "pretrained_cfg") else {}
    if not made_for:
        made_for = timm.models.get_pretrained_cfg(name).to_dict()
    return network, list(made_for["mean"]), list(made_for["std"])


def _called(place: str) -> nn.Module:
    """What the function returns; its module may lie in the folder that the program runs in."""
    with plugins.from_here():
        backbone = plugins.by_path(place)()
    if not isinstance(backbone, nn.Module) or not isinstance(
        getattr(backbone, "out_channels", None), int
    ):
        raise ArgumentError(
            NAME, "backbone", expected="a function that returns a torch module with an "
            "attribute out_channels", got=f"{place!r}, which returns {type(backbone).__name__}",
        )  # fmt: skip
    return backbone


def _require_maps(backbone: nn.Module, place: str, model: str) -> None:
    channels = backbone.out_channels
    try:
        found = _probed(backbone)
        shapes = [tuple(level.shape) for level in found.values()]
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise ArgumentError(
            NAME, "backbone", expected=f"a module that takes [1, 3, {_PROBE}, {_PROBE}] and gives "
            "a dict of maps", got=f"{place!r} ({_line(error)})",
        ) from error  # fmt: skip
    good = all(len(shape) == 4 and shape[1] == channels for shape in shapes)
    if not good or [s[2] for s in shapes] != sorted((s[2] for s in shapes), reverse=True):
        raise ArgumentError(
            NAME, "backbone", expected=f"maps of {channels} channels (out_channels), finest first",
            got=f"{place!r}, which gives {shapes}",
        )  # fmt: skip
    if model in ("fcos", "retinanet") and int(channels) % 32:  # type: ignore[arg-type]
        raise ArgumentError(
            NAME, "backbone", expected="one with a multiple of 32 as out_channels (the heads "
            "normalise groups of 32)", got=f"{place!r} with {channels}",
        )  # fmt: skip


def _probed(backbone: nn.Module) -> Mapping[str, Tensor]:
    training = backbone.training
    with torch.no_grad():
        found = backbone.eval()(torch.zeros(1, 3, _PROBE, _PROBE))
    backbone.train(training)
    if not isinstance(found, Mapping) or not found:
        raise TypeError(f"it gives {type(found).__name__}, not a dict")
    return found


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
