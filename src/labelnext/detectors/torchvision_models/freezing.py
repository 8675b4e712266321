"""What training leaves alone: parts of the backbone."""

from torch import nn

from labelnext.detectors.torchvision_models.options import FitOptions
from labelnext.errors import ArgumentError


def parts(body: nn.Module) -> list[list[nn.Module]]:
    """The parts of a backbone from its input on, as `trainable_layers` counts them.

    They are what its top level lists, a normalisation counting with what it follows: of a ResNet
    the stem and four stages. Where that is no more than two, lists are opened: of an EfficientNet
    the stem and seven stages.
    """
    children = list(body.children())
    if sum(_weighty(child) for child in children) <= 2:
        opened: list[nn.Module] = []
        for child in children:
            listed = isinstance(child, nn.Sequential | nn.ModuleList)
            opened += list(child.children()) if listed else [child]
        children = opened
    out: list[list[nn.Module]] = []
    for child in children:
        if _weighty(child):
            out.append([child])
        elif out:
            out[-1].append(child)
    return out


def freeze(model: nn.Module, options: FitOptions) -> None:
    """Stop the gradient of all but the last `trainable_layers` parts of the backbone.

    Raises:
        ArgumentError: There are fewer parts.
    """
    if options.trainable_layers is None:
        return
    backbone: nn.Module = model.backbone  # type: ignore[assignment]
    found = parts(getattr(backbone, "body", backbone))
    if options.trainable_layers > len(found):
        raise ArgumentError(
            options.FUNCTION, "trainable_layers",
            expected=f"0 to {len(found)}, the parts of this backbone", got=options.trainable_layers,
        )  # fmt: skip
    for part in found[: len(found) - options.trainable_layers]:
        for module in part:
            module.requires_grad_(False)


def _weighty(module: nn.Module) -> bool:
    normalises = isinstance(module, nn.modules.batchnorm._BatchNorm | nn.GroupNorm | nn.LayerNorm)
    return not normalises and any(True for _ in module.parameters())
