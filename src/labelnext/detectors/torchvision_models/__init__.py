"""Detectors of torchvision: FCOS, RetinaNet, SSD, SSDLite and Faster R-CNN.

One idea a file: `options` (what is accepted), `networks` (the network of a name), `backbones`
(one's own), `weights` (files and torchvision's own, class by class), `fcos`, `retinanet`, `ssd` and
`faster_rcnn` (what the heads of each say), `reading` (what those have in common), `boxes` (from
candidates to detections), `grids` (levels onto whole strides), `inference` (images to predictions),
`step` (of training), `freezing` (what training leaves alone), `detector` (the class that ties them
together).
"""

from typing import TYPE_CHECKING

from labelnext.detectors.common.late import late

if TYPE_CHECKING:
    from labelnext.detectors.torchvision_models.detector import TorchvisionDetector

__all__ = ["TorchvisionDetector"]

__getattr__ = late(
    __name__, {"TorchvisionDetector": "detector"}, feature="torchvision", extra="torch",
    packages=("torchvision",),
)  # fmt: skip
