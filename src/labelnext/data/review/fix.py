"""A corrected copy of a data set: only what is certain is corrected, the rest left out and said."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from labelnext.data.boxes import ROUNDING
from labelnext.data.formats.coco.reader import write
from labelnext.data.pixels import UnusableImageError, open_image
from labelnext.data.pool import remote
from labelnext.data.review.doubles import SAME, doubles
from labelnext.data.review.validate import Inspection, usable
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.types import GroundTruth, Sample

_ORIENTATION = 0x0112
# What a finding comes to in the copy.
_CHANGES = {
    "missing": "images left out: not there",
    "broken": "images left out: cannot be used",
    "size": "images left out: of another size than their labels are for",
    "record": "records left out",
    "outside": "boxes dropped: outside their image",
    "no-area": "boxes dropped: no area",
    "not-finite": "boxes dropped: not finite",
    "beyond": "boxes clipped",
    "double": "boxes dropped: there twice",
}
_TURNED = "images whose size and boxes were turned as EXIF turns the image"
_EXCHANGED = "images whose width and height were exchanged"
_MASKED = "images left out: width and height swapped, and masks are not turned"
_UNCLEAR = "images left out: width and height swapped, and the boxes do not show in which way"


@dataclass
class Fixed:
    """What a corrected copy came to.

    Attributes:
        changes: What was changed or left out, in words, with counts.
        images: Images written.
        boxes: Boxes written.
        lost: What COCO cannot hold.
        base: Folder that the copy's images are looked for in; None where they have none in common.
    """

    changes: Counter[str] = field(default_factory=Counter)
    images: int = 0
    boxes: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    base: str | None = None


def write_fixed(
    out: Path, found: Iterable[Inspection], classes: Sequence[str], source: Path
) -> Fixed:
    """Write a corrected copy in COCO form; the images stay where they are.

    Boxes are clipped to their image; those without area in it, and those there twice, are dropped;
    images that cannot be used are left out. Where the labels have width and height swapped and the
    boxes show which way was meant, size and boxes are corrected. Other boxes stay, odd or not.

    Args:
        out: The file to write.
        found: Every image of the data set, as `Validation.inspections` gives it.
        classes: Class names.
        source: Where the data set was read from, which is never written to.

    Raises:
        LabelnextError: `out` is the source, or lies in its folder and exists already.
        ProjectError: The file cannot be written.
    """
    _refuse_source(out, source)
    fixed = Fixed()
    bases: set[str] = set()
    written = write(out, _samples(found, fixed.changes, bases), classes)
    fixed.images, fixed.boxes = written.images, written.objects
    fixed.lost = dict(written.lost)
    base = bases.pop() if len(bases) == 1 else ""
    fixed.base = base if Path(base).is_dir() and base else None
    return fixed


def fix(found: Inspection) -> tuple[Sample | None, Counter[str]]:
    """One image corrected, or None where it is left out; and what was changed, with counts."""
    kinds = [finding.kind for finding in found.findings]
    fault = next((kind for kind in kinds if kind in ("missing", "broken", "size")), None)
    if fault is not None:
        return None, Counter([_CHANGES[fault]])
    if "swapped" in kinds:
        sample, how = _unswapped(found)
        return sample, Counter([how])
    twice = [pair.second for pair in found.doubles if pair.iou > SAME]
    changes = Counter(_CHANGES[kind] for kind in kinds if kind in _CHANGES)
    return _without(usable(found), twice), changes


def _samples(
    found: Iterable[Inspection], changes: Counter[str], bases: set[str]
) -> Iterator[Sample]:
    for one in found:
        sample, changed = fix(one)
        changes.update(changed)
        if sample is not None:
            if len(bases) < 2:
                bases.add(_base(sample))
            yield sample


def _unswapped(found: Inspection) -> tuple[Sample | None, str]:
    """An image whose labels have width and height swapped, where it is clear what was meant.

    The reader cuts boxes to the size that the labels name, so if it had to, the boxes were meant
    for the upright image, and are damaged. If it did not and some reach beyond the upright image,
    they were made before EXIF turned it. If EXIF does not turn it, the two numbers were exchanged.
    """
    sample, (_, width, height) = found.sample, found.file.decoded
    turn = _orientation(sample.record.path)
    record = replace(sample.record, width=width, height=height)
    truth = sample.truth
    if truth is None or not len(truth):
        how = _TURNED if turn >= 5 else _EXCHANGED
        return replace(sample, record=record, problems=()), how
    if truth.masks is not None:
        return None, _MASKED
    cut = any(finding.kind in ("beyond", "outside") for finding in found.findings)
    fits = bool((truth.xyxy[:, 2:] <= np.array([width, height]) + ROUNDING).all())
    if cut or fits == (turn >= 5):
        return None, _UNCLEAR
    if not fits:
        truth = _turned(truth, turn, width, height)
    twice = [pair.second for pair in doubles(truth, SAME)]
    fixed = replace(sample, record=record, truth=truth, problems=())
    return _without(fixed, twice), _EXCHANGED if fits else _TURNED


def _turned(truth: GroundTruth, turn: int, width: int, height: int) -> GroundTruth:
    """Boxes of the image as stored (`height` x `width`) on the upright one (`width` x `height`)."""
    visible = truth.visible_xyxy
    return replace(
        truth,
        xyxy=_turned_boxes(truth.xyxy, turn, width, height),
        visible_xyxy=None if visible is None else _turned_boxes(visible, turn, width, height),
    )


def _turned_boxes(boxes: np.ndarray, turn: int, width: int, height: int) -> np.ndarray:
    """See `_turned`; orientation 5 mirrors along the diagonal, 6 and 7 then mirror left to right,
    and 7 and 8 top to bottom."""
    x1, y1, x2, y2 = boxes[:, [1, 0, 3, 2]].T
    if turn in (6, 7):
        x1, x2 = width - x2, width - x1
    if turn in (7, 8):
        y1, y2 = height - y2, height - y1
    return np.stack([x1, y1, x2, y2], axis=1)


def _orientation(path: str) -> int:
    try:
        found: Any = open_image(remote.read_bytes(path)).image.getexif().get(_ORIENTATION)
    except (OSError, UnusableImageError):
        return 1
    return found if type(found) is int else 1


def _without(sample: Sample, boxes: Sequence[int]) -> Sample:
    if sample.truth is None or not boxes:
        return sample
    keep = np.ones(len(sample.truth), bool)
    keep[list(boxes)] = False
    return replace(sample, truth=sample.truth.take(keep))


def _base(sample: Sample) -> str:
    """The folder that an image's key is relative to; its path where the key is not part of it."""
    path, key = sample.record.path, sample.record.key
    return path.removesuffix(f"/{key}")


def _refuse_source(out: Path, source: Path) -> None:
    if out.suffix.lower() != ".json":
        raise ArgumentError(
            "--fix", "OUT", expected="a file ending in .json", got=repr(out.name),
        )  # fmt: skip
    if out.exists() and (
        out.resolve() == source.resolve() or source.resolve() in out.resolve().parents
    ):
        raise LabelnextError(
            f"{out} belongs to the data set that is checked, which is never changed. Give --fix "
            "another file."
        )
