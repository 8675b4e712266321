"""A segmentation model of torchvision up to the resolution that its head has."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import segmentation

from labelnext.detectors.common.draws import seeded

_LRASPP = "lraspp_mobilenet_v3_large"
_STRIDES = {_LRASPP: 8, "deeplabv3_mobilenet_v3_large": 16}


class Seen(NamedTuple):
    """What the network makes of a batch.

    Attributes:
        deepest: The last map of the backbone.
        before: What the last layer reads: one map, or with LRASPP a coarse and a fine one of the
            head's resolution.
    """

    deepest: Float[Tensor, "n d h w"]
    before: tuple[Float[Tensor, "n _c _h _w"], ...]


class Network(nn.Module):
    """The model, and how its outputs become the project's classes.

    Torchvision's forward pass resizes the outputs bilinearly to the input, cell (i, j) being
    centred at ((i+½)·stride, (j+½)·stride) of it; here that is left to the scores. For that to be
    so, the input must be a multiple of `multiple`.

    Args:
        name: Of the model.
        fold: For each output, background first, its place among the project's classes and then the
            background. Outputs of one place are added up as probabilities.
        seed: Of fresh weights; torch's own generator is left as it was.

    Attributes:
        stride: Pixels of the input per cell of the outputs.
        multiple: Of which the sides of the input are.
    """

    def __init__(self, name: str, fold: tuple[int, ...], *, seed: int = 0) -> None:
        super().__init__()
        self.fold = fold
        self.stride = _STRIDES.get(name, 8)
        self.multiple = 16 if "mobilenet" in name else 8
        make = getattr(segmentation, name)
        with seeded(seed):
            self.model: nn.Module = make(weights=None, weights_backbone=None, num_classes=len(fold))
        self._two = name == _LRASPP

    @property
    def last(self) -> tuple[nn.Conv2d, ...]:
        """The layers with a row for each output, in the order of `Seen.before`."""
        head: nn.Module = self.model.classifier  # type: ignore[assignment]
        if self._two:
            return head.high_classifier, head.low_classifier  # type: ignore[return-value]
        return (head[-1],)  # type: ignore[index]

    def see(self, x: Float[Tensor, "n 3 h w"]) -> Seen:
        """Everything but the last layer."""
        features = self.model.backbone(x)  # type: ignore[operator]
        head: nn.Module = self.model.classifier  # type: ignore[assignment]
        if not self._two:
            x = deepest = features["out"]
            for layer in list(head)[:-1]:  # type: ignore[call-overload]
                x = layer(x)
            return Seen(deepest, (x,))
        high, low = features["high"], features["low"]
        gated = head.cbr(high) * head.scale(high)  # type: ignore[operator]
        gated = nn.functional.interpolate(
            gated, size=low.shape[-2:], mode="bilinear", align_corners=False
        )
        return Seen(high, (gated, low))

    def logits(
        self, before: tuple[Float[Tensor, "n _c _h _w"], ...]
    ) -> Float[Tensor, "n classes h w"]:
        """The last layer, its outputs as the project's classes with the background last.

        They are held within ±50.
        """
        parts = [layer(given) for layer, given in zip(self.last, before, strict=True)]
        outputs = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        columns = []
        for place in range(max(self.fold) + 1):
            mine = [i for i, to in enumerate(self.fold) if to == place]
            one = outputs[:, mine]
            columns.append(one[:, 0] if len(mine) == 1 else one.logsumexp(1))
        return torch.stack(columns, 1).clamp(-50, 50)

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n classes _h _w"]:
        """Logits at the head's resolution."""
        return self.logits(self.see(x).before)

    def norms_of_one(self) -> list[nn.Module]:
        """Normalisations of maps pooled to one cell, which one image alone gives no deviation."""
        pooling = [m for m in self.modules() if type(m).__name__ == "ASPPPooling"]
        return [m for part in pooling for m in part.modules() if isinstance(m, nn.BatchNorm2d)]
