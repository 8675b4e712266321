"""Aggregation: pixel scores in, one number an image out (PAPER §3)."""

from labelnext.aggregate.pixels import max, mean, sum
from labelnext.aggregate.region import region_max_mean

__all__ = ["max", "mean", "region_max_mean", "sum"]
