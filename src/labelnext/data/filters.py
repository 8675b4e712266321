"""The paper's filters of pedestrians (PAPER §6): the one its text states, and those of its program.

- `text`: height at least 50 px, width/height in [0.2, 0.65]; what fails becomes a region to ignore,
  so that finding it is neither right nor wrong.
- `authors-code`: what the authors' program keeps, another rule for each data set; what fails is
  removed, and nothing is ignored. It is defined for the three data sets of the paper:
  CityPersons: pedestrians and riders; w·480/1024 > 24 or h·480/1024 > 45 (sides after a resize to
  960 x 480); images without such a box are left out. Of the training set this gives 1,835 images
  with 7,740 instances, where the text gives others.
  Caltech: `person` and `people`; h >= 40, 0.2 < w/h < 0.6, visible fraction > 0.65.
  BDD100K: pedestrians; h >= 40, w/h in [0.2, 0.65] (whether the ends count is not known).

Sides are those of the boxes as labelled, where a reader applies the filter; a filter applied to
samples that a reader made sees boxes already clipped to their image.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from labelnext.data.boxes import fit_boxes
from labelnext.errors import ArgumentError
from labelnext.types import GroundTruth, Sample

NAMES = ("text", "authors-code")
# Every class that is a person in Caltech, CityPersons, BDD100K and what resembles them.
PERSONS = frozenset({
    "person", "people", "person?", "person-fa", "pedestrian", "rider", "sitting person",
    "person (other)", "person group", "other person",
})  # fmt: skip

Filter = Callable[[Sample], Sample | None]
"""Gives the sample with other labels, or None where the filter leaves the image out."""

_Mask = Bool[np.ndarray, "n"]


class _Sides(NamedTuple):
    width: Float64[np.ndarray, "n"]
    height: Float64[np.ndarray, "n"]
    ratio: Float64[np.ndarray, "n"]


def text(truth: GroundTruth, only: Collection[int] | None = None) -> GroundTruth:
    """The filter of the paper's text: boxes that fail become ignored; their order stays.

    Args:
        truth: Boxes in pixels.
        only: Classes that are judged; others stay as they are. None for all.
    """
    sides = _sides(truth)
    good = (sides.height >= 50) & (sides.ratio >= 0.2) & (sides.ratio <= 0.65)
    judged = np.ones(len(truth), bool) if only is None else np.isin(truth.classes, list(only))
    return replace(truth, ignore=truth.ignore | (judged & ~good))


def authors_citypersons(truth: GroundTruth, classes: Sequence[str]) -> GroundTruth:
    """What the authors' program keeps of CityPersons."""
    sides = _sides(truth)
    large = (sides.width * 480 / 1024 > 24) | (sides.height * 480 / 1024 > 45)
    return _keep(truth, large & _called(truth, classes, "pedestrian", "rider"))


def authors_caltech(truth: GroundTruth, classes: Sequence[str]) -> GroundTruth:
    """What the authors' program keeps of Caltech Pedestrian."""
    sides = _sides(truth)
    good = (sides.height >= 40) & (sides.ratio > 0.2) & (sides.ratio < 0.6)
    seen = truth.visible > 0.65
    return _keep(truth, good & seen & _called(truth, classes, "person", "people"))


def authors_bdd100k(truth: GroundTruth, classes: Sequence[str]) -> GroundTruth:
    """What the authors' program keeps of BDD100K; a pedestrian's old name is person."""
    sides = _sides(truth)
    good = (sides.height >= 40) & (sides.ratio >= 0.2) & (sides.ratio <= 0.65)
    return _keep(truth, good & _called(truth, classes, "pedestrian", "person"))


_AUTHORS: Mapping[str, Callable[[GroundTruth, Sequence[str]], GroundTruth]] = {
    "citypersons": authors_citypersons,
    "caltech": authors_caltech,
    "bdd100k": authors_bdd100k,
}
_ONLY_WITH_BOXES = {"citypersons"}


def named(
    name: str | None, reader: str, classes: Sequence[str], only: Collection[str] | None = None
) -> Filter:
    """The filter of a name, for the samples of a reader; None changes nothing.

    `text` judges the classes `only`; without it those that are persons (`PERSONS`), or all classes
    where none is called so.

    Args:
        name: One of `NAMES`, or None.
        reader: Name of the reader the samples are from.
        classes: What their class indices mean.
        only: Names of classes; see above.

    Raises:
        ArgumentError: There is no such filter, or it is not defined for that reader.
    """
    if name is None:
        return lambda sample: sample
    if name == "text":
        persons = [label for label in classes if label.lower() in PERSONS]
        wanted = only or persons or classes
        judged = [i for i, label in enumerate(classes) if label in wanted]
        return lambda sample: _with(sample, lambda truth: text(truth, judged))
    if name != "authors-code":
        raise ArgumentError("read", "filter", expected=" or ".join(NAMES), got=repr(name))
    rule = _AUTHORS.get(reader)
    if rule is None:
        raise ArgumentError(
            "read",
            "filter",
            expected=f"'text', or of one of {', '.join(_AUTHORS)}",
            got=f"'authors-code' of {reader}",
            remedy="The authors' program has a rule for each of the paper's data sets only.",
        )
    drop = reader in _ONLY_WITH_BOXES
    return lambda sample: _authors(sample, lambda truth: rule(truth, classes), drop)


def fit(sample: Sample, names: Sequence[str], file: str) -> Sample:
    """Boxes of a filtered sample fitted to its image, where its size is known.

    Args:
        sample: With boxes in pixels.
        names: What to call each box that was there before the filter.
        file: What to call them where the filter took some away.
    """
    record, truth = sample.record, sample.truth
    if truth is None or not record.width:
        return sample
    called = names if len(names) == len(truth) else [file] * len(truth)
    fitted, problems = fit_boxes(truth, record.width, record.height, called)
    return Sample(record, fitted, sample.problems + problems)


def _authors(
    sample: Sample, rule: Callable[[GroundTruth], GroundTruth], drop: bool
) -> Sample | None:
    found = _with(sample, rule)
    return None if drop and not found.truth else found


def _with(sample: Sample, rule: Callable[[GroundTruth], GroundTruth]) -> Sample:
    return sample if sample.truth is None else replace(sample, truth=rule(sample.truth))


def _sides(truth: GroundTruth) -> _Sides:
    # x + width - x is not width to the last bit, and limits are whole pixels.
    sides = np.round(truth.xyxy[:, 2:] - truth.xyxy[:, :2], 6)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Sides(sides[:, 0], sides[:, 1], sides[:, 0] / sides[:, 1])


def _called(truth: GroundTruth, classes: Sequence[str], *names: str) -> _Mask:
    return np.isin(truth.classes, [i for i, label in enumerate(classes) if label in names])


def _keep(truth: GroundTruth, good: _Mask) -> GroundTruth:
    kept = truth.take(good)
    return replace(kept, ignore=np.zeros(len(kept), bool))
