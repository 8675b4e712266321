"""Images without labels: a folder, a glob, a list of paths in a text file, or a URL."""

from collections.abc import Iterator
from pathlib import Path

from labelnext.data.dataset import Lazy
from labelnext.data.pool.listing import Listing, listing, suffix
from labelnext.errors import DataError
from labelnext.types import ImageRecord, Sample

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset(
    {
        ".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".m2v",
        ".vob", ".ts", ".m2ts", ".mts", ".wmv", ".asf", ".flv", ".ogv", ".mxf", ".dv", ".nut",
        ".ivf", ".h264", ".264", ".h265", ".265", ".hevc", ".seq",
    }
)  # fmt: skip


def read(location: Path | str, *, recursive: bool = True) -> Lazy:
    """List the images at a place, in the order of their keys (see `data.pool.listing`).

    Images are known by their suffix. Width and height are 0 until the images are indexed. A key is
    the path relative to the folder, or to the folder that a glob or a list begins in. Frames of a
    video that lie in a folder come as stills here: the reader `frames` knows their order.

    Args:
        location: A folder, a glob, a text file of paths, a URL, or one image.
        recursive: Whether to go into folders below the given one.

    Raises:
        DataError: The place is absent, cannot be listed, or holds no image.
    """
    found = listing(location, SUFFIXES | VIDEO_SUFFIXES, recursive=recursive)
    keys = [key for key in found.keys if suffix(key) in SUFFIXES]
    notes = [
        *found.notes,
        *(f"{key}: a video, left out; the reader media takes both" for key in found.keys
          if suffix(key) in VIDEO_SUFFIXES),
    ]  # fmt: skip
    if not keys:
        known = ", ".join(sorted(SUFFIXES))
        raise DataError(location, f"holds no image ({known}).", remedy="Give a place with images.")
    images = Listing(found.root, keys, found.elsewhere)

    def make(said: list[str]) -> Iterator[Sample]:
        said.extend(notes)
        return (Sample(ImageRecord(key, path, 0, 0)) for key, path in images)

    return Lazy((), make, len(images), list(notes))


read.patterns = True  # type: ignore[attr-defined]
