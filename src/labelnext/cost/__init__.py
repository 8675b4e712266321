"""What labelling costs people and what the loop costs the machine: counts in, seconds out."""

from labelnext.cost.advice import Advice, advice
from labelnext.cost.budget import Budget, LabourRate, image_costs, parse, parse_rate, prefix
from labelnext.cost.completion import completion_seconds, grid
from labelnext.cost.expected import (
    Calibration,
    ExpectedBoxes,
    ExpectedSeconds,
    calibrate,
    expected_boxes,
    expected_seconds,
)
from labelnext.cost.largest import Batch, largest
from labelnext.cost.learned import LearnedCost, learn
from labelnext.cost.model import LabellingCost
from labelnext.cost.plan import Machine, Plan, plan
from labelnext.cost.sources import DEFAULTS, SOURCES, Default, Source

__all__ = [
    "DEFAULTS", "SOURCES", "Advice", "Batch", "Budget", "Calibration", "Default", "ExpectedBoxes",
    "ExpectedSeconds", "LabellingCost", "LabourRate", "LearnedCost", "Machine", "Plan", "Source",
    "advice", "calibrate", "completion_seconds", "expected_boxes", "expected_seconds", "grid",
    "image_costs", "largest", "learn", "parse", "parse_rate", "plan", "prefix",
]  # fmt: skip
