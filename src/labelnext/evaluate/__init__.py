"""Metrics and statistics of detection: arrays in, figures out."""

from labelnext.evaluate.agreement import agreement, f_change_bound, settled
from labelnext.evaluate.ap import AveragePrecision, average_precision
from labelnext.evaluate.area import area_between, area_under_curve, quality_at, shared_range
from labelnext.evaluate.authors import authors_curve
from labelnext.evaluate.clips import clip_of, effective_images
from labelnext.evaluate.joint import joint_p_values
from labelnext.evaluate.label_saving import LabelSaving, label_saving
from labelnext.evaluate.learning_curve import Estimate, LearningCurve, fit_learning_curve
from labelnext.evaluate.matching import Matches, match
from labelnext.evaluate.metrics import evaluate
from labelnext.evaluate.miss_rate import log_average_miss_rate, miss_rate_at, miss_rate_curve
from labelnext.evaluate.nested import NestedDifference, nested_difference
from labelnext.evaluate.outcomes import (
    Outcomes,
    outcome_miss_rate,
    outcomes,
    weighted_miss_rates,
)
from labelnext.evaluate.paired import (
    PairedDifference,
    holm,
    minimal_seeds,
    paired_difference,
    sign_flip_p_value,
)
from labelnext.evaluate.reasonable import reasonable
from labelnext.evaluate.returns import Return, Stop, next_return, suggest_stop
from labelnext.evaluate.segmentation import Segmented, confusion, segmented
from labelnext.evaluate.slices import by_height, by_image, by_visibility, tag_masks
from labelnext.evaluate.verdict import verdict

__all__ = [
    "AveragePrecision",
    "Estimate",
    "LabelSaving",
    "LearningCurve",
    "Matches",
    "NestedDifference",
    "Outcomes",
    "PairedDifference",
    "Return",
    "Segmented",
    "Stop",
    "agreement",
    "area_between",
    "area_under_curve",
    "authors_curve",
    "average_precision",
    "by_height",
    "by_image",
    "by_visibility",
    "clip_of",
    "confusion",
    "effective_images",
    "evaluate",
    "f_change_bound",
    "fit_learning_curve",
    "holm",
    "joint_p_values",
    "label_saving",
    "log_average_miss_rate",
    "match",
    "minimal_seeds",
    "miss_rate_at",
    "miss_rate_curve",
    "nested_difference",
    "next_return",
    "outcome_miss_rate",
    "outcomes",
    "paired_difference",
    "quality_at",
    "reasonable",
    "segmented",
    "settled",
    "shared_range",
    "sign_flip_p_value",
    "suggest_stop",
    "tag_masks",
    "verdict",
    "weighted_miss_rates",
]
