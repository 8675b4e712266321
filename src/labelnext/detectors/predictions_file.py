"""A detector without a model: predictions that another program wrote, as COCO with scores.

It lets a core install, without torch, select by the boxes of any detector.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelnext import coco_results
from labelnext.coco_format import CocoFile, parse
from labelnext.detectors.maps_file import MapsFolder
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.file_names import FileNames
from labelnext.types import Detections, Image, Prediction

FILE, MAPS = "predictions.json", "maps"  # in a folder of predictions


class PredictionsFile:
    """Looks predictions up by image. Satisfies `protocols.Detector` and `protocols.Precomputed`.

    Make one with `create` or `load`. Of the boxes only those of the project's classes are kept, by
    the names of their categories. An image that the file says nothing about has no prediction,
    which is another thing than a prediction without boxes.

    Attributes:
        classes: Class names that detections index into.
    """

    def __init__(
        self,
        classes: Sequence[str],
        source: Path,
        found: Mapping[str, Detections],
        fingerprint: str,
        maps: MapsFolder | None = None,
    ) -> None:
        self.classes = tuple(classes)
        self._source, self._found, self._fingerprint = source, found, fingerprint
        self._names, self._maps = FileNames(source, found), maps

    @classmethod
    def create(
        cls,
        classes: Sequence[str],
        *,
        seed: int = 0,
        path: str | Path | None = None,
        images: str | Path | None = None,
        maps: str | Path | None = None,
    ) -> "PredictionsFile":
        """Read predictions for the classes of a project.

        Args:
            classes: Class names to keep.
            seed: Not used; nothing is drawn.
            path: A folder with `predictions.json` and perhaps `maps/`, or that file alone: one COCO
                document with `images`, `categories` and, as `annotations`, boxes with a
                `score` each; all its images count as predicted on. Or a list of COCO results, with
                `images`; then the images with at least one result count. Boxes may have class
                vectors (`probabilities`, see `coco_results.read`).
            images: COCO file whose image and category ids a list of results uses.
            maps: Folder with the dense maps of each image in FILE_NAME.npz or
                FILE_NAME.safetensors (see `maps_file`), one class a category in their order; under
                sigmoid those of the kept classes are taken. By default `maps/` of a folder `path`,
                where there is one.

        Raises:
            ArgumentError: No path, no classes, or a list of results without `images`.
            DataError: With file and record: an id is unknown, a number is NaN, a box is there
                twice, or the file has none of the classes.
        """
        if path is None:
            raise ArgumentError(
                "predictions-file",
                "path",
                expected="a COCO file of predictions",
                got="nothing",
                remedy="Set path under [detector] in labelnext.toml.",
            )
        if not classes or len(set(classes)) != len(classes):
            raise ArgumentError(
                "predictions-file", "classes", expected="names, each once", got=list(classes)
            )
        source = _file(Path(path))
        labels = _labels(source, images)
        if maps is None and source != Path(path) and (source.parent / MAPS).is_dir():
            maps = source.parent / MAPS
        found = coco_results.read(source, labels)
        if images is not None:
            found = {number: boxes for number, boxes in found.items() if len(boxes)}
        places = _places(source, labels, classes)
        _check_doubles(source, labels, found)
        kept = {
            _name(labels, number): _keep(boxes, places, len(labels.classes))
            for number, boxes in found.items()
        }
        folder = None if maps is None else MapsFolder(Path(maps), places)
        digest = _fingerprint(classes, [source, labels.path])
        return cls(classes, source, kept, digest, folder)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        classes: Sequence[str] | None = None,
        images: str | Path | None = None,
        maps: str | Path | None = None,
    ) -> "PredictionsFile":
        """`create` with, by default, all classes of the file."""
        if classes is None:
            classes = _labels(_file(Path(path)), images).classes
        return cls.create(classes, path=path, images=images, maps=maps)

    def lookup(self, keys: Sequence[str]) -> list[Prediction | None]:
        """One Prediction a key; None for an image the file says nothing about.

        Raises:
            DataError: A key fits several images of the file, or one of them fits two keys; a file
                of maps is missing or damaged.
        """
        names = [self._names.find(key) for key in keys]
        return [None if name is None else self._prediction(name) for name in names]

    def _prediction(self, name: str) -> Prediction:
        return Prediction(self._maps.read(name) if self._maps else None, self._found[name])

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """Not possible from pixels.

        Raises:
            LabelnextError: Always.
        """
        raise LabelnextError(
            f"{self._source} holds predictions by image name; it cannot predict on pixels. Use "
            "`lookup`, or a detector with a model."
        )

    def fingerprint(self) -> str:
        """SHA-256 of the files' bytes and the classes; of maps, their names and checksums."""
        if self._maps is None:
            return self._fingerprint
        return hashlib.sha256((self._fingerprint + self._maps.digest()).encode()).hexdigest()


def _file(path: Path) -> Path:
    """The file with the boxes: of a folder the one in it."""
    return path / FILE if path.is_dir() else path


def _labels(path: Path, images: str | Path | None) -> CocoFile:
    """The COCO document that says what the ids mean."""
    if images is not None:
        return parse(Path(images), files=False, boxes=False)
    if _is_list(path):
        raise ArgumentError(
            "predictions-file",
            "images",
            expected=f"the COCO file that the ids of {path} are of, as that is a bare list",
            got="nothing",
            remedy="Set images under [detector] in labelnext.toml.",
        )
    return parse(path, files=False, boxes=False)


def _is_list(path: Path) -> bool:
    """Whether a JSON file holds a list; a look at its beginning spares reading it twice."""
    try:
        with path.open("rb") as handle:
            return handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    except OSError:
        return False  # the reader says why


def _name(labels: CocoFile, number: int) -> str:
    name = labels.images[number].file_name
    if not name:
        raise DataError(
            labels.path,
            "lacks 'file_name', by which predictions find their image.",
            record=f"image {number}",
            remedy="Add the file name.",
        )
    return name


def _places(source: Path, labels: CocoFile, classes: Sequence[str]) -> np.ndarray:
    """The place among `classes` of each category of the file, −1 where it is not kept."""
    places = [classes.index(name) if name in classes else -1 for name in labels.classes]
    missing = [name for name in classes if name not in labels.classes]
    if missing:
        raise DataError(
            source,
            f"has no category {', '.join(map(repr, missing))} (it has "
            f"{', '.join(labels.classes) or 'none'}).",
            remedy="Rename its categories to the project's classes.",
        )
    return np.array(places, np.int64)


def _check_doubles(source: Path, labels: CocoFile, found: Mapping[int, Detections]) -> None:
    numbers = np.repeat(list(found) or [0], [len(boxes) for boxes in found.values()] or [0])
    xyxy = np.concatenate([np.zeros((0, 4)), *(boxes.xyxy for boxes in found.values())])
    scores = np.concatenate([np.zeros(0), *(boxes.scores for boxes in found.values())])
    classes = np.concatenate([np.zeros(0, int), *(boxes.classes for boxes in found.values())])
    order = np.lexsort((*xyxy.T, scores, classes, numbers))
    columns = (numbers, classes, scores, *xyxy.T)
    same = np.logical_and.reduce([np.diff(column[order]) == 0 for column in columns])
    if same.any():
        twice = order[np.argmax(same)]
        raise DataError(
            source,
            f"the box {xyxy[twice].tolist()} of {labels.classes[classes[twice]]!r} with score "
            f"{scores[twice]:g} is there twice.",
            record=f"image {numbers[twice]}",
            remedy="Was the list written twice? Write each box once.",
        )


def _keep(boxes: Detections, places: np.ndarray, categories: int) -> Detections:
    """The boxes of the kept classes, with places and vectors in the project's order."""
    keep = places[boxes.classes] >= 0
    vectors = boxes.probabilities
    if vectors is not None:
        order = [*(int(np.flatnonzero(places == p)[0]) for p in range(places.max() + 1))]
        background = [categories] if vectors.shape[1] > categories else []
        vectors = vectors[keep][:, [*order, *background]]
    return Detections(boxes.xyxy[keep], boxes.scores[keep], places[boxes.classes[keep]], vectors)


def _fingerprint(classes: Sequence[str], paths: Sequence[Path]) -> str:
    digest = hashlib.sha256("\0".join(classes).encode())
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
