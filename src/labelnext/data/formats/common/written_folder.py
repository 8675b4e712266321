"""Folders of label files, written whole or not at all; names for their images; what is checked."""

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from labelnext.box_checks import check_boxes
from labelnext.data.boxes import fit_boxes
from labelnext.data.formats.common.paths import inside
from labelnext.data.formats.common.written import Losses
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import ArgumentError, DataError
from labelnext.files import disk_errors
from labelnext.types import GroundTruth, Sample


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill. It becomes `target` in one step; if filling it fails, nothing is left.

    Raises:
        DataError: `target` is there already and is not an empty folder.
        ProjectError: The disk is full or the place cannot be written.
    """
    if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
        raise DataError(
            target, "is there already.", remedy="Write to another folder, or remove it."
        )
    with scratch(target) as folder:
        yield folder
        folder.replace(target)


@contextmanager
def scratch(target: Path) -> Iterator[Path]:
    """A folder beside `target` to fill and move from; at the end it is removed.

    Raises:
        ProjectError: The disk is full or the place cannot be written.
    """
    folder = target.with_name(f".{target.name}.partial")
    with disk_errors(target):
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Names:
    """File names for images in a format's own folder, each with a stem of its own.

    Subfolders of a key are kept, but for those that only say that images are in them; hidden
    names lose their dot and control characters become `_`. A key without an image's suffix (a
    frame of a video) gets `.jpg`; a second image of the same path and stem gets a number.

    Args:
        without: Names of folders to leave out.
        taken: Stems that are in use already.
    """

    def __init__(self, without: Collection[str], taken: Iterable[str] = ()) -> None:
        self._without = frozenset(without)
        self._stems = {stem.casefold() for stem in taken}

    def __call__(self, key: str) -> str:
        """The name for an image, relative, with forward slashes.

        Raises:
            DataError: The key is no relative path.
        """
        *folders, name = inside(key, "the samples", field="key").split("/")
        stem, suffix = os.path.splitext(name)  # noqa: PTH122
        if suffix.lower() not in SUFFIXES:
            stem, suffix = name, ".jpg"
        kept = [part for part in folders if part not in self._without]
        path = "/".join(_plain(part) for part in [*kept, stem])
        stem, number = path, 1
        while stem.casefold() in self._stems:
            number += 1
            stem = f"{path}_{number}"
        self._stems.add(stem.casefold())
        return stem + suffix


def fitted(function: str, sample: Sample, classes: Sequence[str], losses: Losses) -> GroundTruth:
    """The labels of a sample as they can be written: boxes inside the image.

    Boxes that were clipped, or dropped since nothing of them is in the image, count as losses.

    Raises:
        ArgumentError: A box is not finite, a class is beyond `classes`, or there are boxes while
            the image's size is not known.
    """
    truth, record = sample.truth, sample.record
    if truth is None or not len(truth):
        return GroundTruth.from_boxes([])
    check_boxes(function, "samples", truth, len(classes), record.key)
    if record.width < 1 or record.height < 1:
        raise ArgumentError(
            function,
            "samples",
            expected="of images whose size is known",
            got=f"{record.width} x {record.height} px for {record.key}",
            remedy="Index the images, or read their sizes from their files.",
        )
    inner, problems = fit_boxes(truth, record.width, record.height)
    if problems:
        losses.add("boxes that reach beyond the image, clipped or dropped", len(problems))
    return inner


def _plain(part: str) -> str:
    text = "".join(letter if letter.isprintable() else "_" for letter in part)
    return f"_{text[1:]}" if text.startswith(".") else text
