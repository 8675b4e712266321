"""Folders with a video's frames as numbered images."""

import os
from pathlib import Path

from labelnext.data.formats.common.label_files import listed
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import DataError

_DIGITS = 9


def numbered(root: Path, folder: Path) -> dict[int, str]:
    """Key of each image by its number, in the order of the numbers.

    Images whose name (without suffix) is no number of at most nine digits are passed over.

    Args:
        root: The folder that keys are relative to.
        folder: The folder of the images, below it.

    Raises:
        DataError: The folder cannot be listed, or two of its images have the same number.
    """
    found: dict[int, str] = {}
    for key in listed(root, folder, SUFFIXES):
        stem = os.path.splitext(key.rpartition("/")[2])[0]  # noqa: PTH122
        if not (stem.isascii() and stem.isdigit() and len(stem) <= _DIGITS):
            continue
        other = found.setdefault(int(stem), key)
        if other != key:
            raise DataError(
                folder,
                f"holds frame {int(stem)} twice: {other} and {key}.",
                remedy="Remove one of them.",
            )
    return dict(sorted(found.items()))
