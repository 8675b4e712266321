"""Metrics and statistics of detection: arrays in, figures out."""

from labelnext.evaluate.ap import AveragePrecision, average_precision
from labelnext.evaluate.authors import authors_curve
from labelnext.evaluate.matching import Matches, match
from labelnext.evaluate.metrics import evaluate
from labelnext.evaluate.miss_rate import log_average_miss_rate, miss_rate_at, miss_rate_curve
from labelnext.evaluate.reasonable import reasonable

__all__ = [
    "AveragePrecision",
    "Matches",
    "authors_curve",
    "average_precision",
    "evaluate",
    "log_average_miss_rate",
    "match",
    "miss_rate_at",
    "miss_rate_curve",
    "reasonable",
]
