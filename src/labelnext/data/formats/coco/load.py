"""One pass over a COCO file: every record checked, and set aside on disk."""

from collections import Counter
from pathlib import Path

import numpy as np

from labelnext.coco_format import (
    box_entry,
    category_entry,
    file_used_twice,
    frame_used_twice,
    image_entry,
    name_used_twice,
    unknown_category,
    unknown_image,
    used_twice,
)
from labelnext.data.formats.coco.spill import Spill, Taken
from labelnext.data.formats.common.json_stream import walk
from labelnext.data.formats.common.paths import inside
from labelnext.errors import DataError
from labelnext.json_fields import Fields, entries, show

_NEEDED = {"images": True, "categories": True, "annotations": False}
_NOTES = 1000


class Loading:
    """What one pass over a file gives.

    Args:
        path: The file.
        skip_bad: Leave bad records out and say so, instead of stopping at the first.
        masks: Keep segmentations.

    Attributes:
        spill: Images and boxes.
        categories: Place of each category by its id.
        classes: Names of the categories.
        notes: What was left out that concerns no image, a sentence each, 1,000 at most and a count.
    """

    def __init__(self, path: Path, skip_bad: bool, masks: bool = False) -> None:
        self.path, self.skip_bad, self.masks = path, skip_bad, masks
        self.spill = Spill(path, masks)
        self.categories: dict[int, int] = {}
        self.classes: list[str] = []
        self.notes: list[str] = []
        self._more = 0
        self._odd: dict[str, str] = {}
        self._odd_count: Counter[str] = Counter()
        self._first: dict[str, DataError] = {}
        self._used: set[str] = set()

    def run(self) -> None:
        """Read the file.

        Raises:
            DataError: With the file, the record and what to do; with `skip_bad` only where the file
                is no COCO file, or every record of a list is bad.
        """
        add = {"images": self._image, "categories": self._category, "annotations": self._box}
        found: set[str] = set()
        for name, index, value in walk(self.path, add):
            found.add(name)
            if index is None:
                entries(self.path, {name: value}, name, needed=_NEEDED[name])
            elif index >= 0:
                try:
                    add[name](index, value)
                    self._used.add(name)
                except DataError as error:
                    image = value.get("image_id") if isinstance(value, dict) else None
                    self._leave_out(name, error, image)
        for name, needed in _NEEDED.items():
            if name not in found:
                entries(self.path, {}, name, needed=needed)
        self._join()
        for name, first in self._first.items():
            if name not in self._used:
                raise first
        self._tell()

    def _category(self, index: int, value: object) -> None:
        number, name, record = category_entry(self.path, index, value)
        if number in self.categories:
            raise used_twice(record, "category")
        if name in self.classes:
            raise name_used_twice(record, name)
        self.categories[number] = len(self.classes)
        self.classes.append(name)

    def _image(self, index: int, value: object) -> None:
        image, record = image_entry(self.path, index, value, True)
        key = inside(image.file_name, self.path, record=record.record)
        try:
            self.spill.add_image(image, key)
        except Taken as taken:
            if taken.what == "id":
                raise used_twice(record, "image") from None
            if taken.what == "frame":
                raise frame_used_twice(record, image) from None
            if self.spill.file_name(key) == image.file_name:
                raise file_used_twice(record, image.file_name) from None
            raise record.error(
                f"'file_name' {show(image.file_name)} is another spelling of one used before.",
                "List each image once.",
            ) from None

    def _box(self, index: int, value: object) -> None:
        box, number, record = box_entry(self.path, index, value)
        self.spill.add_box(box, number, index)
        if self.masks:
            self.spill.add_segmentation(record.values.get("segmentation"))
        for name in box.odd:
            self._odd.setdefault(name, record.record)
            self._odd_count[name] += 1

    def _join(self) -> None:
        """Find the image of every box, now that all of both are known."""
        numbers, numbered = self.spill.columns("number", "numbered")
        single = _single(numbers, numbered)
        del numbers, numbered
        images, categories = self.spill.columns("image", "category")
        ids = self.spill.ids()
        by_id = np.argsort(ids, kind="stable")
        found = np.searchsorted(ids, images, sorter=by_id)
        found = by_id[np.minimum(found, len(ids) - 1)] if len(ids) else np.zeros_like(found)
        known = ids[found] == images if len(ids) else np.zeros(len(images), bool)
        keep = known & np.isin(categories, list(self.categories)) & single
        for place in np.flatnonzero(~keep).tolist():
            record, image = Fields(self.path, self.spill.name(place), {}), int(images[place])
            if not single[place]:
                error = used_twice(record, "annotation")
            elif not known[place]:
                error = unknown_image(record, image, len(ids))
            else:
                error = unknown_category(record, int(categories[place]), self.categories)
            self._leave_out("annotations", error, image)
        if not keep.any():
            self._used.discard("annotations")
        self.spill.sort(found, keep)

    def _leave_out(self, name: str, error: DataError, image: object) -> None:
        if not self.skip_bad:
            raise error
        self._first.setdefault(name, error)
        text = f"{error.record}: {error.problem.rstrip('.')}; left out"
        if name == "annotations" and type(image) is int and -(2**63) <= image < 2**63:
            self.spill.add_fault(image, text)
        else:
            self._note(text)

    def _tell(self) -> None:
        for text in self.spill.other_faults(_NOTES + 1):
            self._note(text)
        for name, record in self._odd.items():
            others = self._odd_count[name] - 1
            whose = f"{record} and {others} more" if others else record
            self._note(f"{whose}: {name!r} is of a form that is not known here; it is not kept")
        if self._more:
            self.notes.append(f"{self._more} more records were left out")

    def _note(self, text: str) -> None:
        if len(self.notes) < _NOTES:
            self.notes.append(text)
        else:
            self._more += 1


def _single(numbers: np.ndarray, numbered: np.ndarray) -> np.ndarray:
    """Whether no box before has the same id; those without one are not compared."""
    single = np.ones(len(numbers), bool)
    places = np.flatnonzero(numbered)
    numbers = numbers[places]
    if (np.diff(numbers) <= 0).any():
        order = np.argsort(numbers, kind="stable")
        same = np.flatnonzero(np.diff(numbers[order]) == 0) + 1
        single[places[order[same]]] = False
    return single
