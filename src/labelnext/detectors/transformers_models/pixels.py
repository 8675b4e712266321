"""Images as a model's input, by its own image processor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from labelnext.detectors.transformers_models.families import NAME
from labelnext.detectors.transformers_models.source import rebuilt_processor
from labelnext.errors import ArgumentError
from labelnext.types import Image

Inputs = dict[str, Tensor]
"""`pixel_values` [n, 3, h, w] and, where the processor gives one, `pixel_mask` [n, h, w]."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """An image processor, and what its model can take.

    Attributes:
        processor: Of transformers; resizes, rescales, normalises and pads as its own settings say.
        queries: How many the model has.
        strides: Of the maps that the encoder scores; none for a family without.
    """

    processor: Any
    queries: int
    strides: tuple[int, ...]

    def check(self) -> None:
        """Refuse, where every input is of one size, one that the model cannot take.

        Raises:
            ArgumentError: See `inputs`.
        """
        size = dict(self.processor.size or {})
        if self.processor.do_resize and size.get("height") and size.get("width"):
            self._require(int(size["height"]), int(size["width"]))

    def resized(self, image: Image) -> UInt8[np.ndarray, "height2 width2 3"]:
        """The image at the size of the model's input, without padding."""
        made = self._call(
            [image], do_rescale=False, do_normalize=False, do_pad=False
        )["pixel_values"][0]  # fmt: skip
        return np.ascontiguousarray(made.permute(1, 2, 0).numpy())

    def inputs(self, images: Sequence[Image], device: torch.device) -> Inputs:
        """Resized images of one size as input.

        Raises:
            ArgumentError: The model cannot take images of that size.
        """
        made = self._call(images, do_resize=False)
        height, width = made["pixel_values"].shape[-2:]
        self._require(height, width)
        return {
            name: made[name].to(device) for name in ("pixel_values", "pixel_mask") if name in made
        }

    def _call(self, images: Sequence[Image], **steps: bool) -> Any:
        tensors = [
            torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))) for image in images
        ]
        return self.processor(
            images=tensors, input_data_format="channels_first", return_tensors="pt", **steps
        )

    def _require(self, height: int, width: int) -> None:
        if not self.strides:
            return
        whole = min(32, self.strides[-1])  # what the encoder puts together is of whole cells
        cells = sum(-(-height // stride) * -(-width // stride) for stride in self.strides)
        if height % whole or width % whole or height * width < 2 * whole**2:
            expected = f"multiples of {whole}, and more than {whole} × {whole}"
        elif cells < self.queries:
            expected = (
                f"large enough for {self.queries} queries: at least so many places on its maps"
            )
        else:
            return
        raise ArgumentError(
            NAME, "size", expected=expected, got=f"an input of {height} × {width}",
            remedy="Set `size`, [height, width], under [detector].",
        )  # fmt: skip


def sized(processor: Any, size: int | Sequence[int] | None) -> Any:
    """The processor with another size of input; see `options.Arguments.size`."""
    if size is None:
        return processor
    now = {k: v for k, v in dict(processor.size or {}).items() if v}
    if not isinstance(size, int):
        wanted = {"height": size[0], "width": size[1]}
    elif "shortest_edge" in now:
        wanted = {"shortest_edge": size}
        if "longest_edge" in now:
            wanted["longest_edge"] = round(size * now["longest_edge"] / now["shortest_edge"])
    else:
        wanted = {"height": size, "width": size}
    return rebuilt_processor({**processor.to_dict(), "size": wanted, "do_resize": True})
