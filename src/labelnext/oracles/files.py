"""An oracle through files: a folder goes out to people, COCO labels come back (PAPER §1.5)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labelnext.errors import ArgumentError, DataError
from labelnext.json_fields import show
from labelnext.oracles.answer_file import AnsweredImage, read_answers
from labelnext.oracles.request_folder import PRELABELS, Asked, read_request, write_request
from labelnext.types import Detections, GroundTruth, ImageRecord


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back, and what of it was not taken for an answer.

    Attributes:
        truths: Truth by image key.
        empty: Keys of images that are listed without boxes and not marked `labelled`: perhaps
            empty, perhaps untouched. `accept_empty` takes them.
        unconfirmed: Keys of images marked `labelled: false`, or with boxes that still have a score.
        replaced: Keys answered in several files; the last file counts.
        problems: Boxes that were cut to their image, one sentence each.
        files: The files read, in order.
    """

    truths: dict[str, GroundTruth] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    unconfirmed: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class FileOracle:
    """Writes a folder of images and pre-labels, reads COCO labels back. Satisfies `Oracle`.

    Answers are read from every `.json` file in the folder or its `annotations/` but the pre-labels,
    in the order of their names; an image's last answer counts. Images are known by file name, as
    tools number them anew; classes by name.

    An image is answered if it has boxes, or has none and is marked `"labelled": true`. Tools list
    untouched images with no boxes, and taking those for empty would teach the detector not to see
    objects, while an empty image left waiting is only seen and marked; hence `accept_empty` must be
    said. `"labelled": false` means that nobody looked, and so does a box that still has a `score`,
    unless the image is marked `"labelled": true`.

    Args:
        folder: The round's folder; made by `request`.
        classes: Class names that truth indexes into.
        accept_empty: Take every image that is listed without boxes for empty.
        masks: Read the masks that come back (`segmentation`) too.
    """

    def __init__(
        self,
        folder: Path,
        classes: Sequence[str],
        *,
        accept_empty: bool = False,
        masks: bool = False,
    ) -> None:
        if not classes or len(set(classes)) != len(classes):
            raise ArgumentError(
                "FileOracle", "classes", expected="names, each once", got=list(classes)
            )
        self.folder = Path(folder)
        self.classes = tuple(classes)
        self.accept_empty = accept_empty
        self.masks = masks

    def request(self, images: Sequence[ImageRecord], prelabels: Sequence[Detections]) -> None:
        """Write the folder; images that are there already stay as they are.

        Raises:
            ArgumentError: Not one entry of `prelabels` an image; an image twice; boxes that are not
                finite or of unknown classes.
            DataError: An image cannot be read, or the folder not be written.
        """
        if len(images) != len(prelabels):
            raise ArgumentError(
                "FileOracle.request",
                "prelabels",
                expected=f"one per image ({len(images)})",
                got=f"{len(prelabels)}",
            )
        if len({image.key for image in images}) != len(images):
            raise ArgumentError(
                "FileOracle.request", "images", expected="different", got="one key twice"
            )
        write_request(self.folder, images, prelabels, self.classes)

    def collect(self) -> Mapping[str, GroundTruth]:
        """Every answer so far, by image key.

        Raises:
            DataError: See `answers`.
        """
        return self.answers().truths

    def answers(self) -> Answers:
        """Every answer so far, and what was not taken for one.

        Raises:
            DataError: With file and record: a file is not COCO; a labelled image was not asked
                for, is listed twice or has another size; a class is unknown; a box is not finite,
                has no area, reaches out of its image or is there twice; a mask is wrong.
        """
        asked = read_request(self.folder)
        found = Answers()
        for path in self._files():
            found.files.append(path)
            seen: set[str] = set()
            for answer in read_answers(path, self.classes, masks=self.masks):
                image = _match(asked, answer)
                if image is None:
                    if answer.boxes:
                        raise _unknown(path, answer, asked)
                    continue
                if image.key in seen:
                    raise DataError(
                        path,
                        f"{show(answer.file_name)} is there under another name already.",
                        record=answer.record,
                        remedy="List each image once.",
                    )
                seen.add(image.key)
                self._take(found, image, answer)
        for key in found.truths:
            found.empty.discard(key)
            found.unconfirmed.discard(key)
        return found

    def _take(self, found: Answers, image: Asked, answer: AnsweredImage) -> None:
        if answer.labelled is False or (answer.scored and not answer.labelled):
            found.unconfirmed.add(image.key)
            return
        if not answer.boxes and not answer.labelled and not self.accept_empty:
            found.empty.add(image.key)
            return
        truth, problems = answer.truth(image.width, image.height)
        if image.key in found.truths:
            found.replaced.add(image.key)
        found.truths[image.key] = truth
        found.problems.extend(problems)

    def _files(self) -> Iterator[Path]:
        for folder in (self.folder, self.folder / "annotations"):
            if folder.is_dir():
                paths = (p for p in folder.glob("*.json") if not p.name.startswith("."))
                yield from sorted((p for p in paths if p != self.folder / PRELABELS), key=_order)


def _order(path: Path) -> tuple[list[str | int], str]:
    """Sorts labels, labels-2, labels-10 as a person would."""
    parts = re.split(r"(\d+)", path.stem)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], path.name


def _match(asked: Mapping[str, Asked], answer: AnsweredImage) -> Asked | None:
    """The image an answer is about: by name, whatever folder or prefix a tool put before it."""
    name = PurePosixPath(answer.file_name.replace("\\", "/")).name
    if name in asked:
        return asked[name]
    return next((asked[known] for known in asked if name.endswith(f"-{known}")), None)


def _unknown(path: Path, answer: AnsweredImage, asked: Mapping[str, Asked]) -> DataError:
    known = ", ".join(list(asked)[:3]) or "none"
    return DataError(
        path,
        f"has {len(answer.boxes)} boxes on {show(answer.file_name)}, which was not asked for in "
        f"this round ({len(asked)} images: {known}, …).",
        record=answer.record,
        remedy="Export this round's images alone and keep their file names.",
    )
