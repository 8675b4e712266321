"""Detectors exported to ONNX with YOLO-style heads, run by ONNX Runtime; without torch.

One idea a file: `options` (what is accepted), `file` (the model file and what it says of itself),
`session` (running it), `embedding` (which inner tensor), `grid` (cells and rows), `layout` (shapes
to meaning), `probe` (values to meaning), `letterbox` (images to input), `heads` (rows to boxes and
probabilities), `readout` (probabilities to maps and embedding), `decode` (boxes to detections),
`end_to_end` (exports that suppress themselves), `detector` (the class that ties them together).

ONNX Runtime's official builds send usage data to their maker unless they are told not to before
they start (its Privacy.md); this package does so.
"""

import os
from typing import TYPE_CHECKING

from labelnext.detectors.common.late import late

if TYPE_CHECKING:
    from labelnext.detectors.onnx_models.detector import OnnxDetector

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, when onnxruntime starts

__all__ = ["OnnxDetector"]

__getattr__ = late(
    __name__, {"OnnxDetector": "detector"}, feature="onnx", extra="onnx",
    packages=("onnx", "onnxruntime"),
)  # fmt: skip
