"""What a replay shows: verdicts in images, boxes and hours, and when a stop would have come."""

from labelnext.audit.judge.judge import METRICS, as_json, judge
from labelnext.audit.judge.savings import savings, share
from labelnext.audit.judge.stopping import Predicted, Stopped, Stopping, stopping
from labelnext.audit.judge.values import (
    UNITS,
    Comparison,
    Contest,
    Judgement,
    Ratio,
    Standing,
    Unit,
    UnitContest,
)
from labelnext.audit.judge.words import arm_lines, headline, notes, text

__all__ = [
    "METRICS", "UNITS", "Comparison", "Contest", "Judgement", "Predicted", "Ratio", "Standing",
    "Stopped", "Stopping", "Unit", "UnitContest", "arm_lines", "as_json", "headline", "judge",
    "notes", "savings", "share", "stopping", "text",
]  # fmt: skip
