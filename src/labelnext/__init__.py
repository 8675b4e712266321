"""Which images and video frames to label next, and whether that beats random.

Rooms are imported when they are first used: `labelnext.scores`, `aggregate`, `select`, `evaluate`,
`cost`, `detectors`, `data`, `oracles`, `strategies`, `rounds`, `audit` and `report`; the values
that pass between them, such as `labelnext.DenseMaps`, are here too.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0.dev0"

_ROOMS = (
    "aggregate", "audit", "cost", "data", "detectors", "errors", "evaluate", "oracles", "presets",
    "protocols", "report", "rounds", "scores", "select", "strategies", "types",
)  # fmt: skip
_VALUES = (
    "DenseMaps", "Detections", "Example", "GroundTruth", "ImageRecord", "MapLevel", "Metrics",
    "Pick", "Prediction", "Selection", "Timeline",
)  # fmt: skip

__all__ = ["__version__", *_ROOMS, *_VALUES]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"labelnext.{name}")
    if name in _VALUES:
        return getattr(import_module("labelnext.types"), name)
    raise AttributeError(f"module 'labelnext' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
