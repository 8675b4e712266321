"""Acquisition scores: predictions on one image in, one number a pixel or an image out.

From dense maps (PAPER §2) one number a pixel; from boxes (STRATEGIES §1–8) one number an image. Of
each score there is one file, which also holds what has to be kept for the selection after it.
"""

from labelnext.scores.boxes import (
    box_entropy,
    box_least_confidence,
    box_margin,
    class_weights_of,
)
from labelnext.scores.cells import Cells, in_cells, on_cells, to_pixels
from labelnext.scores.consistency import class_vector, consistency, labelled_class_vector
from labelnext.scores.dense import probabilities
from labelnext.scores.difficulty import (
    Positives,
    class_difficulty,
    difficulty_weights,
    weighted_entropy,
)
from labelnext.scores.distinct import class_prototypes, distinct_entropy
from labelnext.scores.divergence import local_divergence
from labelnext.scores.dropout import dropout_divergence
from labelnext.scores.entropy import entropy
from labelnext.scores.guide import class_budgets, guide, rare_classes, rare_entropy, rarity
from labelnext.scores.matching import matching_distance, matching_distances
from labelnext.scores.stability import (
    Tightness,
    localisation_stability,
    localisation_tightness,
    stability_score,
)
from labelnext.scores.support import support
from labelnext.scores.true_positive import (
    TruePositiveModel,
    class_maxima,
    fit_true_positives,
    true_positive_entropy,
    true_positive_probability,
)

__all__ = [
    "Cells",
    "Positives",
    "Tightness",
    "TruePositiveModel",
    "box_entropy",
    "box_least_confidence",
    "box_margin",
    "class_budgets",
    "class_difficulty",
    "class_maxima",
    "class_prototypes",
    "class_vector",
    "class_weights_of",
    "consistency",
    "difficulty_weights",
    "distinct_entropy",
    "dropout_divergence",
    "entropy",
    "fit_true_positives",
    "guide",
    "in_cells",
    "labelled_class_vector",
    "local_divergence",
    "localisation_stability",
    "localisation_tightness",
    "matching_distance",
    "matching_distances",
    "on_cells",
    "probabilities",
    "rare_classes",
    "rare_entropy",
    "rarity",
    "stability_score",
    "support",
    "to_pixels",
    "true_positive_entropy",
    "true_positive_probability",
    "weighted_entropy",
]
