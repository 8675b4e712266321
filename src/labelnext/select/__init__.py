"""Selection: one number an image in, the indices of the images to label out (PAPER §4).

Some choose by what images look like, or by the classes that they show, instead (STRATEGIES).
"""

from labelnext.select.adaptive import likely_upper, to_score
from labelnext.select.class_balance import furthest_classes
from labelnext.select.class_weights import class_weights
from labelnext.select.distinct import distinct
from labelnext.select.guided import guided_random
from labelnext.select.k_center import k_center
from labelnext.select.k_means_plus_plus import k_means_plus_plus
from labelnext.select.k_medoids import k_medoids
from labelnext.select.off_by_one import off_by_one
from labelnext.select.per_cost import per_cost
from labelnext.select.prototypes import diverse_prototypes
from labelnext.select.quota import Quota, quota
from labelnext.select.random import random
from labelnext.select.smooth import smooth
from labelnext.select.temporal import Selection, temporal
from labelnext.select.threshold_for import threshold_for
from labelnext.select.topk import top

__all__ = [
    "Quota",
    "Selection",
    "class_weights",
    "distinct",
    "diverse_prototypes",
    "furthest_classes",
    "guided_random",
    "k_center",
    "k_means_plus_plus",
    "k_medoids",
    "likely_upper",
    "off_by_one",
    "per_cost",
    "quota",
    "random",
    "smooth",
    "temporal",
    "threshold_for",
    "to_score",
    "top",
]
