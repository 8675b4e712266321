"""A detector's results beside a data set: found by the names of its images, under its classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelnext import coco_results
from labelnext.coco_format import CocoFile, parse
from labelnext.errors import DataError
from labelnext.file_names import FileNames
from labelnext.json_fields import show
from labelnext.types import Detections


class Predicted:
    """Predictions of a file, looked up by the keys of a data set's images.

    Args:
        path: COCO results with their images and categories in the same file; or a bare list.
        images: The COCO file that the ids of a bare list are of.
        classes: The names to keep classes under, by the file's names for them; None for its own.
        kept: Class names of the data set, which detections then index into.

    Attributes:
        left_out: Boxes of classes that were not kept.
        source: The file.

    Raises:
        DataError: A file or record cannot be used; or a bare list came without `images`.
    """

    def __init__(
        self,
        path: Path,
        images: Path | None,
        classes: Mapping[str, str] | None,
        kept: Sequence[str],
    ) -> None:
        self.source = path
        labels = _labels(path, images)
        found = coco_results.read(path, labels)
        renamed = {name: name for name in labels.classes} if classes is None else classes
        wanted = [renamed.get(name) for name in labels.classes]
        places = np.array([kept.index(n) if n in kept else -1 for n in wanted], np.int64)
        if len(places) and not (places >= 0).any():
            raise DataError(
                path,
                f"has none of the classes {', '.join(kept)}; it has {', '.join(labels.classes)}.",
                remedy="Map its names: --map 'its name=your name'.",
            )
        boxes = {number: _keep(one, places) for number, one in found.items()}
        self.left_out = sum(map(len, found.values())) - sum(map(len, boxes.values()))
        self._boxes = {labels.images[n].file_name: one for n, one in boxes.items() if len(one)}
        self._names = FileNames(path, self._boxes)
        self._used: set[str] = set()

    def find(self, key: str) -> Detections | None:
        """Predictions on an image; None where the file has none.

        Raises:
            DataError: Several of its images fit the key, or one of them another key as well.
        """
        name = self._names.find(key)
        if name is None:
            return None
        self._used.add(name)
        return self._boxes[name]

    def notes(self) -> list[str]:
        """What was not used, once every image was looked up."""
        notes = []
        unused = len(self._boxes) - len(self._used)
        if unused:
            notes.append(f"{self.source.name}: {unused} of its images are not in the source")
        if self.left_out:
            notes.append(f"{self.source.name}: {self.left_out} boxes of other classes left out")
        return notes


def _labels(path: Path, images: Path | None) -> CocoFile:
    """The COCO document that says what the ids mean."""
    try:
        with path.open("rb") as handle:
            bare = handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    except OSError as error:
        raise DataError(
            path, f"cannot be read: {error.strerror}.", remedy="Check the path."
        ) from None
    if bare and images is None:
        raise DataError(
            path,
            "is a bare list of results, whose ids mean nothing without their images.",
            remedy="Name the COCO file that they were made on: --predictions-images FILE.",
        )
    labels = parse(images if bare and images is not None else path, files=False, boxes=False)
    for number, image in labels.images.items():
        if not image.file_name:
            raise DataError(
                labels.path,
                "lacks 'file_name', by which predictions find their image.",
                record=f"image {show(number)}",
                remedy="Add the file name.",
            )
    return labels


def _keep(found: Detections, places: np.ndarray) -> Detections:
    classes = places[found.classes]
    keep = classes >= 0
    return Detections(found.xyxy[keep], found.scores[keep], classes[keep])
