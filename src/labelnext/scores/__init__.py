"""Acquisition scores: dense predictions of one image in, one number a pixel out (PAPER §2)."""

from labelnext.scores.dense import probabilities
from labelnext.scores.divergence import local_divergence
from labelnext.scores.dropout import dropout_divergence
from labelnext.scores.entropy import entropy

__all__ = ["dropout_divergence", "entropy", "local_divergence", "probabilities"]
