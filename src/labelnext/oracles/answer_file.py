"""One COCO file as it comes back from a labelling tool, checked image by image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelnext import masks as codec
from labelnext.coco_format import CocoBox, CocoFile, CocoImage, parse
from labelnext.coco_truth import to_truth
from labelnext.errors import DataError
from labelnext.json_fields import show
from labelnext.types import GroundTruth

# Tools store shares or rounded pixels, so a box drawn along the edge may stick out a little.
TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class AnsweredImage:
    """One image of the file with its boxes; `category` of a box is an index into the classes.

    Attributes:
        path: The file.
        record: What errors call the image.
        file_name: As the file has it.
        size: (width, height), 0 where the file does not say.
        labelled: What the file says; None where it does not.
        scored: Whether a box still has a score: it is a pre-label.
        boxes: Its annotations.
        masks: Whether their segmentations are read.
    """

    path: Path
    record: str
    file_name: str
    size: tuple[int, int]
    labelled: bool | None
    scored: bool
    boxes: tuple[CocoBox, ...]
    masks: bool = False

    def truth(self, width: int, height: int) -> tuple[GroundTruth, list[str]]:
        """The boxes as truth, cut to the image where they stick out by 2 pixels or less.

        Args:
            width: Of the image that was asked for; 0 if unknown.
            height: The same.

        Returns:
            The truth, and a sentence for every box that was cut by more than rounding.

        Raises:
            DataError: The image was labelled at another size; a box has no area, is there twice,
                or sticks out further; a mask is wrong.
        """
        if all(self.size) and width and height and self.size != (width, height):
            raise DataError(
                self.path,
                f"was labelled at {self.size[0]} x {self.size[1]} px and asked for at "
                f"{width} x {height}.",
                record=self.record,
                remedy="Label the image as it is in images/, without resizing.",
            )
        xywh = np.array([box.xywh for box in self.boxes], np.float64).reshape(-1, 4)
        truth = to_truth(self.boxes, self._masks(width, height))
        xyxy = truth.xyxy
        self._check_area_and_doubles(xywh)
        problems: list[str] = []
        if width and height:
            xyxy, problems = self._cut(xyxy, width, height)
        return replace(truth, xyxy=xyxy), problems

    def _masks(self, width: int, height: int) -> list[bytes | None] | None:
        size = (height or self.size[1], width or self.size[0])
        if not self.masks or not all(size):
            return None
        found = []
        for box in self.boxes:
            try:
                found.append(codec.read(box.segmentation, size))
            except ValueError as problem:
                raise self._error(
                    box, f"has a 'segmentation' that {problem}.", "Draw it again, or remove it."
                ) from None
        return found

    def _check_area_and_doubles(self, xywh: np.ndarray) -> None:
        seen: dict[tuple[object, ...], str] = {}
        for box, (_, _, w, h) in zip(self.boxes, xywh.tolist(), strict=True):
            if w <= 0 or h <= 0:
                raise self._error(
                    box, f"is {w:g} x {h:g} px: it has no area.", "Remove it or draw it again."
                )
            same = (box.category, box.xywh)
            if same in seen:
                raise self._error(box, f"is the same as {seen[same]}.", "Remove one of the two.")
            seen[same] = box.name

    def _cut(self, xyxy: np.ndarray, width: int, height: int) -> tuple[np.ndarray, list[str]]:
        inside = np.clip(xyxy, 0, [width, height, width, height])
        beyond = np.abs(xyxy - inside).max(axis=1, initial=0)
        problems = []
        for box, amount in zip(self.boxes, beyond.tolist(), strict=True):
            if amount > TOLERANCE:
                raise self._error(
                    box,
                    f"reaches {amount:.1f} px out of the image of {width} x {height} px.",
                    "Correct the box; was the image resized in the tool?",
                )
            if amount > 1e-6:
                problems.append(f"{self.path}, {box.name}: cut by {amount:.2f} px to its image")
        return inside, problems

    def _error(self, box: CocoBox, problem: str, remedy: str) -> DataError:
        return DataError(
            self.path, problem, record=f"{box.name} on {show(self.file_name)}", remedy=remedy
        )


def read_answers(path: Path, classes: Sequence[str], *, masks: bool = False) -> list[AnsweredImage]:
    """The images of a COCO file in its order, with categories as places in `classes`.

    With `masks`, the segmentations of their boxes are read too.

    Raises:
        DataError: The file is not COCO (see `coco_format.parse`); a category that is used has a
            name that is not among the classes.
    """
    file = parse(path, files=False, masks=masks)
    places = {name: place for place, name in enumerate(classes)}
    by_image: dict[int, list[CocoBox]] = {number: [] for number in file.images}
    for box in file.boxes:
        by_image[box.image].append(_with_place(file, box, places, classes))
    return [
        _answered(path, image, tuple(by_image[image.id]), masks) for image in file.images.values()
    ]


def _answered(
    path: Path, image: CocoImage, boxes: tuple[CocoBox, ...], masks: bool
) -> AnsweredImage:
    if not image.file_name:
        raise DataError(
            path,
            "lacks 'file_name', by which labels find their image.",
            record=f"image {image.id}",
            remedy="Export COCO with file names.",
        )
    return AnsweredImage(
        path,
        f"image {image.id}",
        image.file_name,
        (image.width, image.height),
        image.confirmed or (None if image.labelled else False),
        any(box.score is not None for box in boxes),
        boxes,
        masks,
    )


def _with_place(
    file: CocoFile, box: CocoBox, places: dict[str, int], classes: Sequence[str]
) -> CocoBox:
    name = file.classes[box.category]
    if name not in places:
        raise DataError(
            file.path,
            f"its category {show(name)} is not one of the classes: {', '.join(classes)}.",
            record=box.name,
            remedy="Rename the category in the tool, or remove the box.",
        )
    return box._replace(category=places[name])
