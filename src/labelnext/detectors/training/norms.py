"""Statistics of batch normalisation that training leaves alone."""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

STATISTICS = ("auto", "keep", "update")


def held(model: nn.Module, statistics: str) -> list[nn.Module]:
    """The normalisations whose mean and deviation training keeps.

    Args:
        model: As training finds it.
        statistics: `keep` all, `update` all, or `auto`: keep those that a training left, update
            those that are still at their start.
    """
    layers = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if statistics == "update":
        return []
    return [layer for layer in layers if statistics == "keep" or _touched(layer)]


def _touched(layer: _BatchNorm) -> bool:
    if layer.running_mean is None or layer.running_var is None:
        return False
    return not (
        torch.equal(layer.running_mean, torch.zeros_like(layer.running_mean))
        and torch.equal(layer.running_var, torch.ones_like(layer.running_var))
    )
