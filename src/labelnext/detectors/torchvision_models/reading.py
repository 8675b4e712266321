"""What the heads of every model have in common: logits by level, and boxes when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from labelnext.types import Activation


class Level(NamedTuple):
    """Logits of one level at the locations that the head has.

    Attributes:
        logits: Anchors of a location already pooled, background dropped or last.
        steps: Pixels of the network's input between two locations, down and across.
        corner: Whether location (i, j) lies at (i·step, j·step), as torchvision's anchors have it,
            rather than at ((i+½)·step, (j+½)·step).
    """

    logits: Float[Tensor, "n classes h w"]
    steps: tuple[float, float]
    corner: bool


class Found(NamedTuple):
    """Boxes of one image, best first, in pixels of the network's input.

    `vectors` has the background last under softmax, and none under sigmoid.
    """

    xyxy: Float[Tensor, "m 4"]
    scores: Float[Tensor, "m"]
    classes: Int64[Tensor, "m"]
    vectors: Float[Tensor, "m classes"]
    features: Float[Tensor, "m d"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the heads say about a batch; `found` gives the boxes of each image."""

    levels: list[Level]
    activation: Activation
    found: Callable[[], list[Found]]


def steps_of(size: tuple[int, int], map_: Tensor) -> tuple[float, float]:
    """Pixels between the anchors of a map, as torchvision's `AnchorGenerator` counts them."""
    return float(size[0] // map_.shape[2]), float(size[1] // map_.shape[3])


def by_anchor(
    raw: Float[Tensor, "n channels h w"], columns: int
) -> Float[Tensor, "n anchors columns h w"]:
    """The channels of a head apart: torchvision has them anchor by anchor."""
    n, channels, height, width = raw.shape
    return raw.reshape(n, channels // columns, columns, height, width)


def flat(apart: Float[Tensor, "n anchors columns h w"]) -> Float[Tensor, "n cells columns"]:
    """In torchvision's order: row by row, location by location, anchor by anchor."""
    n, _, columns, _, _ = apart.shape
    return apart.permute(0, 3, 4, 1, 2).reshape(n, -1, columns)


def clipped(logits: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Finite logits."""
    return logits.clamp(-50, 50)


def background_last(columns: Float[Tensor, "*shape k"]) -> Float[Tensor, "*shape k"]:
    """Torchvision has the background first."""
    return torch.cat([columns[..., 1:], columns[..., :1]], -1)
