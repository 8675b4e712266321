"""A folder of images, without labels."""

import os
from pathlib import Path

from labelnext.data.dataset import SampleSet
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"})


def read(location: Path) -> SampleSet:
    """List the images in a folder and below it, in the order of their paths.

    Images are known by their suffix; hidden files and folders are passed over, links to folders are
    not followed. Width and height are 0 until the images are indexed. A key is the path relative to
    the folder.

    Raises:
        DataError: The folder is absent, cannot be listed, or holds no image.
    """
    if not location.is_dir():
        problem = "is not a folder." if location.exists() else "does not exist."
        raise DataError(location, problem, remedy="Give a folder of images.")
    keys: list[str] = []
    problems: list[str] = []
    for folder, folders, names in os.walk(location, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        base = Path(folder).relative_to(location)
        for name in names:
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122
            key = (base / name).as_posix()
            if name.startswith(".") or suffix not in SUFFIXES | VIDEO_SUFFIXES:
                continue
            if suffix in VIDEO_SUFFIXES:
                problems.append(f"{_printable(key)}: a video, left out; extract its frames first")
            elif key != _printable(key):
                problems.append(f"{_printable(key)}: its name is not valid Unicode; left out")
            else:
                keys.append(key)
    if not keys:
        known = ", ".join(sorted(SUFFIXES))
        raise DataError(
            location, f"holds no image ({known}).", remedy="Give a folder with images in it."
        )
    items = [Sample(ImageRecord(key, str(location / key), 0, 0)) for key in sorted(keys)]
    return SampleSet((), items, sorted(problems))


def _printable(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _refuse(error: OSError) -> None:
    raise DataError(
        error.filename, f"cannot be listed: {error.strerror}.", remedy="Check its permissions."
    )
