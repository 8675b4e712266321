"""The segmentation models of torchvision (PAPER §9: the paper's immediate future work).

One idea a file: `options` (what is accepted), `network` (the model up to its own resolution),
`weights` (from elsewhere), `pixels` (images to input), `components` (maps to boxes), `inference`
(images to predictions), `step` (of training), `detector` (the class that ties them together).
"""

from typing import TYPE_CHECKING

from labelnext.detectors.common.late import late

if TYPE_CHECKING:
    from labelnext.detectors.segmentation_models.detector import TorchvisionSegmentation

__all__ = ["TorchvisionSegmentation"]

__getattr__ = late(
    __name__, {"TorchvisionSegmentation": "detector"}, feature="torchvision-segmentation",
    extra="torch", packages=("torch", "torchvision"),
)  # fmt: skip
