"""The paper's detector (PAPER §5): a small fully convolutional feature pyramid with fixed boxes.

One idea a file: `network` (the layers), `boxes` (the five default boxes), `targets` (what each
cell should answer), `loss` (which cells are asked), `step` (of training), `pixels` (images to
input), `decode` (maps to boxes), `readout` (tensors to maps and embedding), `inference` (images to
predictions), `options` (what is accepted), `detector` (the class that ties them together).
"""

from labelnext.errors import MissingExtraError

try:
    import torch  # noqa: F401
except ImportError as missing:
    raise MissingExtraError("fire-fpn", "torch") from missing

from labelnext.detectors.fire_fpn.detector import FireFPN

__all__ = ["FireFPN"]
