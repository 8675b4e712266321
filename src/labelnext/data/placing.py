"""Images put where a new data set expects them: copied, linked, exported from a video, or left."""

import filecmp
import os
import shutil
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath

from labelnext.data import export, images, video
from labelnext.data.check import MAX_BYTES
from labelnext.data.formats.common.image_size import image_size
from labelnext.data.pixels import UnusableImageError, open_image
from labelnext.data.pool import remote
from labelnext.data.pool.folder import SUFFIXES
from labelnext.errors import ArgumentError, DataError
from labelnext.files import disk_errors, write_atomic
from labelnext.types import ImageRecord

WAYS = ("copy", "link", "none")


def named(record: ImageRecord, frame_format: str) -> ImageRecord:
    """The record under a key that is a path within a data set, of an image file.

    Keys of images outside their source, and of URLs, lose what would lead outside; frames in
    videos get the suffix of the images they become.

    Args:
        record: As its reader gives it.
        frame_format: `png` or `jpeg`.
    """
    path = PurePosixPath(record.key.replace("\\", "/"))
    parts = [part.replace(":", "") for part in path.parts if part not in ("/", "//", "..")]
    key = "/".join(part for part in parts if part) or "image"
    if images.in_video(record) and PurePosixPath(key).suffix.lower() not in SUFFIXES:
        key += export.FORMATS[frame_format]
    return record if key == record.key else replace(record, key=key)


def sized(record: ImageRecord) -> ImageRecord:
    """The record with width and height, read from the head of its image where they are not known.

    Raises:
        UnusableImageError: The image is absent or cannot be used; with the reason.
    """
    if record.width and record.height:
        return record
    try:
        if images.in_video(record):
            table = video.scan(record.path, cuts=False)
            if record.frame is None or record.frame >= len(table):
                raise UnusableImageError(f"the video has {len(table)} frames")
            width, height = (int(side) for side in table.sizes[record.frame])
        elif remote.is_url(record.path):
            head = open_image(remote.read_bytes(record.path))
            width, height = head.width, head.height
        else:
            width, height = image_size(Path(record.path))
    except OSError as error:
        raise UnusableImageError(f"cannot be read: {error.strerror or error}") from None
    except DataError as error:
        raise UnusableImageError(error.problem.rstrip(".")) from None
    return replace(record, width=width, height=height)


class Placer:
    """A `Place` that never puts an image over another file, and says what it could not do.

    Args:
        way: `copy`, `link` (a hard link; a copy where the file system has none) or `none`.
        final: Where files that are put together elsewhere end up: the folder they are put together
            in, and the folder they will be moved to.
        force: Whether other files may be replaced.

    Attributes:
        done: How many images were copied, linked, exported, or are there already.
        failed: Images that could not be placed, with the reason.
        there: Files that are in their place already.
    """

    def __init__(self, way: str, final: tuple[Path, Path], *, force: bool = False) -> None:
        if way not in WAYS:
            raise ArgumentError("convert", "images", expected=" or ".join(WAYS), got=repr(way))
        self._way, self._final, self._force = way, final, force
        self.done: Counter[str] = Counter()
        self.failed: list[str] = []
        self.there: set[Path] = set()

    def __call__(self, record: ImageRecord, target: Path) -> None:
        """Put an image in its place.

        Raises:
            DataError: Another file is there.
            ProjectError: The disk is full or the folder cannot be written.
        """
        if self._way == "none":
            if images.in_video(record):
                self.done["left in their videos; no image has the name given"] += 1
            return
        try:
            if self._is_there(record, target):
                self.done["there already"] += 1
            elif images.in_video(record):
                with disk_errors(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                export.export_frame(record, target)
                self.done["exported from videos"] += 1
            else:
                self.done[self._put(record, target)] += 1
        except _UnreadableError as error:
            self.failed.append(f"{record.key}: {error}")
        except DataError as error:
            if error.source == str(target):
                raise
            self.failed.append(f"{record.key}: {error.problem.rstrip('.')}")

    def _is_there(self, record: ImageRecord, target: Path) -> bool:
        """Whether the file is in its place; another one may not be."""
        begun, end = self._final
        place = end / target.relative_to(begun) if target.is_relative_to(begun) else target
        if not os.path.lexists(place):
            return False
        if place.is_file() and self._same(record, place):
            self.there.add(place)
            return True
        if place == target and not self._force:
            raise DataError(
                target,
                "is there already, and is another image.",
                remedy="Use --force to replace it.",
            )
        return False

    def _same(self, record: ImageRecord, place: Path) -> bool:
        if remote.is_url(record.path) or images.in_video(record):
            return False
        if not os.path.isfile(record.path):  # noqa: PTH113
            return False
        return place.samefile(record.path) or filecmp.cmp(record.path, place, shallow=False)

    def _put(self, record: ImageRecord, target: Path) -> str:
        if remote.is_url(record.path):
            try:
                data = remote.read_bytes(record.path)
            except OSError as error:
                raise _UnreadableError(f"cannot be read: {error.strerror or error}") from None
            write_atomic(target, lambda path: path.write_bytes(data))
            return "copied"
        source = Path(record.path)
        _check_source(source)
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # it may be a link to an image of another data set
            if self._way == "link":
                try:
                    os.link(source.resolve(), target)
                    return "linked"
                except OSError:
                    shutil.copyfile(source, target)
                    return "copied, as they cannot be linked"
            shutil.copyfile(source, target)
        return "copied"


class _UnreadableError(Exception):
    """An image cannot be read; the message is the reason."""


def _check_source(path: Path) -> None:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise _UnreadableError("is not a regular file")
        if size > MAX_BYTES:
            raise _UnreadableError(f"has {size:,} bytes, more than {MAX_BYTES:,}")
        with path.open("rb") as handle:
            handle.read(1)
    except FileNotFoundError:
        raise _UnreadableError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise _UnreadableError(
            f"cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None


def move(begun: Path, end: Path, *, force: bool, among: Path, there: Collection[Path] = ()) -> None:
    """Move all files below one folder to the same places below another, or none of them.

    Files whose content is there already are not moved.

    Args:
        begun: The folder with the files.
        end: Where they go.
        force: Whether files with another content may be replaced.
        among: A folder below `end` in which there may be no other files than those moved, unless
            `force`. It need not be there.
        there: Files that are in it and in their place already.

    Raises:
        DataError: Something else is there; it says what.
        ProjectError: The disk is full or a folder cannot be written.
    """
    files = {path.relative_to(begun) for path in begun.rglob("*") if not path.is_dir()}
    same = {name for name in files if _is_same(begun / name, end / name)}
    other = sorted(name for name in files - same if os.path.lexists(end / name))
    if among.is_dir():
        found = {path for path in among.rglob("*") if not path.is_dir()}.difference(there)
        other += sorted({path.relative_to(end) for path in found} - files)
    if other and not force:
        shown = ", ".join(_described(end / name, name) for name in other[:3])
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        raise DataError(
            end,
            f"holds other files already: {shown}{more}.",
            remedy="Write elsewhere, or use --force to replace files.",
        )
    for name in sorted(files - same):
        with disk_errors(end / name):
            (end / name).parent.mkdir(parents=True, exist_ok=True)
            (begun / name).replace(end / name)


def _is_same(new: Path, old: Path) -> bool:
    return old.is_file() and filecmp.cmp(new, old, shallow=False)


def _described(path: Path, name: Path) -> str:
    return f"{name} ({path.stat().st_size:,} bytes)" if path.is_file() else f"{name}"
