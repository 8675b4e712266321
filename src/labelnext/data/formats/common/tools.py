"""What readers and writers of labelling tools' files share: enclosing boxes, counts, folders."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import show
from labelnext.types import Detections, GroundTruth, Sample

# What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Tally:
    """Counts shapes that are no upright boxes; `notes` says what became of them."""

    def __init__(self) -> None:
        self._enclosed: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._by_model: Counter[bool] = Counter()

    def enclosed(self, what: str) -> None:
        """A shape, named in the plural, was read as the box that encloses it."""
        self._enclosed[what] += 1

    def left_out(self, what: str, count: int = 1) -> None:
        """Something, named in the plural, was passed over."""
        self._left_out[what] += count

    def made_by_model(self, *, taken: bool) -> None:
        """A label that a model made, taken as a label or not."""
        self._by_model[taken] += 1

    def notes(self) -> list[str]:
        """One sentence a kind, sorted."""
        models = [
            f"{count:,} labels are marked as made by a model: "
            + ("taken as labels; auto=false leaves them out" if taken else "left out")
            for taken, count in self._by_model.items()
        ]
        return [
            *models,
            *(f"{count:,} {what}: read as enclosing boxes"
              for what, count in sorted(self._enclosed.items())),
            *(f"{count:,} {what}: left out" for what, count in sorted(self._left_out.items())),
        ]  # fmt: skip


def enclosing(points: object) -> list[float]:
    """The upright box [x1, y1, x2, y2] around one or more points [[x, y], …]."""
    array = np.asarray(points, np.float64).reshape(-1, 2)
    return [*array.min(axis=0).tolist(), *array.max(axis=0).tolist()]


def turned(box: Sequence[float], degrees: float, about: tuple[float, float]) -> list[float]:
    """The upright box around a box that was turned clockwise about a point (y points down)."""
    if degrees % 360 == 0:
        return list(box)
    x1, y1, x2, y2 = box
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    offsets = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64) - about
    return enclosing(offsets @ np.array([[cos, sin], [-sin, cos]]) + about)


def ellipse(centre: tuple[float, float], radii: tuple[float, float], degrees: float) -> list[float]:
    """The upright box around an ellipse that was turned clockwise about its centre."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    half_width = float(np.hypot(radii[0] * cos, radii[1] * sin))
    half_height = float(np.hypot(radii[0] * sin, radii[1] * cos))
    x, y = centre
    return [x - half_width, y - half_height, x + half_width, y + half_height]


def chosen_folder(location: Path, given: str | None, *, option: str) -> Path | None:
    """A folder that the user named by an option of a reader: absolute, or relative to the labels.

    Args:
        location: The label file, or the folder that holds the labels.
        given: The option's value; None where it was not given.
        option: Its name, for the errors.

    Raises:
        ArgumentError: It is no text.
        DataError: There is no such folder.
    """
    if given is None:
        return None
    if not isinstance(given, str) or not given.strip() or "\0" in given:
        raise ArgumentError("the reader", option, expected="the name of a folder", got=show(given))
    base = location if location.is_dir() else location.parent
    folder = base / given
    if not folder.is_dir():
        raise DataError(
            folder,
            f"is no folder, although the option {option!r} names it.",
            remedy=f"Give {option} as an absolute path, or relative to {base}.",
        )
    return folder


class Places:
    """Gives each class name its place; names that come later are added at the end.

    Args:
        names: Known names, in order; doubles count once.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._places = {name: i for i, name in enumerate(dict.fromkeys(names))}

    def add(self, name: str) -> int:
        """The place of a name, which is added if it is new."""
        return self._places.setdefault(name, len(self._places))

    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(self._places)


def checked(writer: str, sample: Sample, classes: Sequence[str]) -> GroundTruth:
    """What a writer that needs the image's size may write of a sample; empty where unlabelled.

    Args:
        writer: Its name, for the errors.
        sample: The sample.
        classes: Names that the labels' class indices refer to.

    Raises:
        ArgumentError: A class index is beyond `classes`, or a box is not finite.
        DataError: The size of the image is not known.
    """
    record, truth = sample.record, sample.truth
    if not record.width or not record.height:
        raise DataError(
            record.path,
            f"{writer} needs its width and height, which are not known.",
            record=record.key,
            remedy="Index the images, or use `labelnext data convert`, which reads them.",
        )
    if truth is None:
        return GroundTruth.from_boxes([])
    if not np.isfinite(truth.xyxy).all():
        raise ArgumentError(
            f"{writer}.write", "samples", expected="of finite boxes", got=f"NaN on {record.key}"
        )
    if len(truth) and not (truth.classes.min() >= 0 and truth.classes.max() < len(classes)):
        raise ArgumentError(
            f"{writer}.write",
            "samples",
            expected=f"of classes 0 to {len(classes) - 1}",
            got=f"classes {truth.classes.min()} to {truth.classes.max()} on {record.key}",
        )
    return truth


def checked_predictions(
    writer: str, found: Detections | None, classes: Sequence[str]
) -> Detections | None:
    """Predictions on an image that a writer may write; None where there are none.

    Raises:
        ArgumentError: A class index is beyond `classes`, or a box or score is not finite.
    """
    if found is None or not len(found):
        return None
    if not np.isfinite(found.xyxy).all() or not np.isfinite(found.scores).all():
        raise ArgumentError(f"{writer}.write", "predictions", expected="finite", got="NaN")
    if found.classes.min() < 0 or found.classes.max() >= len(classes):
        raise ArgumentError(
            f"{writer}.write",
            "predictions",
            expected=f"of classes 0 to {len(classes) - 1}",
            got=f"classes {found.classes.min()} to {found.classes.max()}",
        )
    return found


def xml_text(path: Path, text: str) -> str:
    """A text that goes into an XML file, unchanged.

    Raises:
        DataError: It holds characters that XML 1.0 has no way to write.
    """
    if _NO_XML.search(text):
        raise DataError(
            path,
            f"cannot name {show(text)}: XML has no such characters.",
            remedy="Rename the image or the class.",
        )
    return text


# What is lost of an image, in words that follow a number.
UNLABELLED = "images that nobody labelled yet: they will count as labelled and empty"
