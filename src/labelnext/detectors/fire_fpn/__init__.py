"""The paper's detector (PAPER §5): a small fully convolutional feature pyramid with fixed boxes.

One idea a file: `network` (the layers), `boxes` (the five default boxes), `targets` (what each
cell should answer), `loss` (which cells are asked), `step` (of training), `pixels` (images to
input), `decode` (maps to boxes), `readout` (tensors to maps and embedding), `inference` (images to
predictions), `options` (what is accepted), `detector` (the class that ties them together).
"""

from typing import TYPE_CHECKING

from labelnext.detectors.common.late import late

if TYPE_CHECKING:
    from labelnext.detectors.fire_fpn.detector import FireFPN

__all__ = ["FireFPN"]

__getattr__ = late(
    __name__, {"FireFPN": "detector"}, feature="fire-fpn", extra="torch",
    packages=("torch",),
)  # fmt: skip
