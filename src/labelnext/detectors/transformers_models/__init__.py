"""Object detectors of transformers: RT-DETR, RT-DETRv2, D-FINE and the DETR family.

One idea a file: `families` (what differs between them), `source` (configuration, weights and image
processor: from a folder, the hub, or afresh), `heads` (which classes a model has), `pixels` (images
to input), `readout` (tensors to maps and embedding), `decode` (queries to boxes), `inference`
(images to predictions), `sampling` (draws of the encoder's dropout), `step` (of training),
`options` (what is accepted), `detector` (the class that ties them together).
"""

from labelnext.errors import MissingExtraError

try:
    import scipy  # noqa: F401
    import torch  # noqa: F401
    import torchvision  # noqa: F401
    import transformers  # noqa: F401
except ImportError as missing:
    raise MissingExtraError("transformers detectors", "hf") from missing

from labelnext.detectors.transformers_models.detector import TransformersDetector

__all__ = ["TransformersDetector"]
