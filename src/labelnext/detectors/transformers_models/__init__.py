"""Object detectors of transformers: RT-DETR, RT-DETRv2, D-FINE and the DETR family.

One idea a file: `families` (what differs between them), `source` (configuration, weights and image
processor: from a folder, the hub, or afresh), `heads` (which classes a model has), `pixels` (images
to input), `readout` (tensors to maps and embedding), `decode` (queries to boxes), `inference`
(images to predictions), `sampling` (draws of the encoder's dropout), `step` (of training),
`options` (what is accepted), `detector` (the class that ties them together).
"""

from typing import TYPE_CHECKING

from labelnext.detectors.common.late import late

if TYPE_CHECKING:
    from labelnext.detectors.transformers_models.detector import TransformersDetector

__all__ = ["TransformersDetector"]

__getattr__ = late(
    __name__, {"TransformersDetector": "detector"}, feature="transformers detectors", extra="hf",
    packages=("scipy", "torch", "torchvision", "transformers"),
)  # fmt: skip
