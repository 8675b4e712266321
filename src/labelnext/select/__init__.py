"""Selection: one number an image in, the indices of the images to label out (PAPER §4)."""

from labelnext.select.guided import guided_random
from labelnext.select.off_by_one import off_by_one
from labelnext.select.random import random
from labelnext.select.smooth import smooth
from labelnext.select.temporal import Selection, temporal
from labelnext.select.topk import top

__all__ = ["Selection", "guided_random", "off_by_one", "random", "smooth", "temporal", "top"]
