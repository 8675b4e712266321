"""The segmentation models of torchvision (PAPER §9: the paper's immediate future work).

One idea a file: `options` (what is accepted), `network` (the model up to its own resolution),
`weights` (from elsewhere), `pixels` (images to input), `components` (maps to boxes), `inference`
(images to predictions), `step` (of training), `detector` (the class that ties them together).
"""

from labelnext.errors import MissingExtraError

try:
    import torch  # noqa: F401
    import torchvision  # noqa: F401
except ImportError as missing:
    raise MissingExtraError("torchvision-segmentation", "torch") from missing

from labelnext.detectors.segmentation_models.detector import TorchvisionSegmentation

__all__ = ["TorchvisionSegmentation"]
