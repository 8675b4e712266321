"""Backbones and detectors small enough for tests, for `backbone="module:function"`."""

from collections import OrderedDict

import numpy as np
from torch import nn

from labelnext.types import Example, GroundTruth

HERE = "tests.detectors.tiny_torchvision"
SIZES = {"min_size": 96, "max_size": 160}


class Tiny(nn.Module):
    """Three layers, three maps of strides 4, 8 and 16."""

    def __init__(self, dropout=0.0, channels=32):
        super().__init__()
        self.out_channels = channels
        self.layers = nn.ModuleList(
            nn.Conv2d(a, channels, 5, stride=s, padding=2)
            for a, s in ((3, 4), (channels, 2), (channels, 2))
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        found = OrderedDict()
        for k, layer in enumerate(self.layers):
            x = nn.functional.leaky_relu(layer(x), 0.1)
            found[str(k)] = self.dropout(x)
        return found


class Normed(Tiny):
    """With batch normalisation, and one weight under two names."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(32)
        self.tied = self.layers[2]

    def forward(self, x):
        return OrderedDict((k, self.norm(v)) for k, v in super().forward(x).items())


def tiny():
    return Tiny()


def dropping():
    return Tiny(dropout=0.3)


def normed():
    return Normed()


def odd():
    return Tiny(channels=20)


def shapeless():
    return nn.Identity()


def deaf():
    backbone = Tiny()
    backbone.forward = lambda x: [x]
    return backbone


def own(model, name="tiny", **more):
    """Arguments of a detector over one of these."""
    return {"model": model, "backbone": f"{HERE}:{name}", **SIZES, **more}


def street(seed, *, size=(96, 128), objects=2, kind=None):
    """A grey image with dark (class 0) or bright (class 1) upright rectangles."""
    rng = np.random.default_rng(seed)
    image = rng.integers(90, 130, (*size, 3)).astype(np.uint8)
    boxes, classes = [], []
    for k in range(objects):
        x, y = 10 + 55 * k + int(rng.integers(0, 18)), int(rng.integers(6, 30))
        classes.append(k % 2 if kind is None else kind)
        image[y : y + 48, x : x + 28] = rng.integers(0, 40, (48, 28, 3)) + 200 * classes[-1]
        boxes.append([x, y, x + 28, y + 48])
    return Example(f"street-{seed}", lambda: image, GroundTruth.from_boxes(boxes, classes))


def overlap(a, b):
    """Intersection over union of two boxes."""
    inter = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return inter / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inter)
