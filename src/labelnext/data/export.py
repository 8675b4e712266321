"""Frames of videos as image files that say where they come from."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from labelnext.data import images
from labelnext.errors import ArgumentError, DataError
from labelnext.files import write_atomic
from labelnext.types import Image, ImageRecord

FORMATS = {"png": ".png", "jpeg": ".jpg"}
_JPEG = frozenset({".jpg", ".jpeg"})
_QUALITY = 95
_LONGEST = 80  # characters of a video's name in a file's name
_DESCRIPTION = 0x010E  # EXIF ImageDescription


def file_name(record: ImageRecord, suffix: str) -> str:
    """`<video>__f000123__t12.345s.png`: a name that any system can hold, different for each frame.

    The end of the video's name with odd characters replaced, and eight digits of its hash, so that
    names differ even where only folders or capital letters do; the frame's number; its time, where
    known.

    Args:
        record: A frame of a video, or a still, which goes by its key.
        suffix: With the dot.
    """
    name = record.key if record.video is None else record.video
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[-_LONGEST:] or "video"
    parts = [f"{plain}-{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"]
    if record.frame is not None:
        parts.append(f"f{record.frame:06d}")
    if record.seconds is not None:
        parts.append(f"t{record.seconds:.3f}s")
    return "__".join(parts) + suffix


def export_frame(record: ImageRecord, target: Path) -> None:
    """Write a frame (or any image of a record) as a file of its own, whole or not at all.

    PNG keeps every pixel as it was decoded; JPEG has quality 95 without subsampling of colours.
    Both name video, frame and seconds: PNG in text chunks of these names, JPEG as JSON in its
    comment and in the EXIF field ImageDescription.

    Args:
        record: The frame.
        target: Ends in .png, .jpg or .jpeg.

    Raises:
        ArgumentError: The suffix of `target` is another.
        DataError: The frame cannot be read.
        ProjectError: The disk is full, or the folder cannot be written.
    """
    _check(target)
    _write(images.read(record), record, target)


def export_frames(wanted: Iterable[tuple[ImageRecord, Path]]) -> Iterator[ImageRecord]:
    """`export_frame` for many; frames of one video are decoded in one go, in the order of time.

    Args:
        wanted: Records and where they go.

    Yields:
        Each record when its file is in place.

    Raises:
        As `export_frame`, at the first frame that cannot be read; files written before stay.
    """
    ordered = sorted(wanted, key=lambda pair: (pair[0].path, pair[0].frame or 0))
    for _, target in ordered:
        _check(target)
    targets = iter([target for _, target in ordered])
    for run in images.runs([record for record, _ in ordered]):
        for record, found in zip(run, _read(run), strict=True):
            if isinstance(found, DataError):
                raise found
            _write(found, record, next(targets))
            yield record


def _read(run: Sequence[ImageRecord]) -> Iterator[Image | DataError]:
    if images.in_video(run[0]):
        yield from images.read_run(run)
    else:
        yield images.read(run[0])


def _check(target: Path) -> None:
    if target.suffix.lower() not in _JPEG | {".png"}:
        raise ArgumentError(
            "export_frame", "target", expected="a path ending in .png, .jpg or .jpeg",
            got=repr(target.name),
        )  # fmt: skip


def _write(pixels: Image, record: ImageRecord, target: Path) -> None:
    picture, origin = Pillow.fromarray(pixels), _origin(record)
    if target.suffix.lower() == ".png":
        info = PngInfo()
        for name, value in origin.items():
            info.add_itxt(name, str(value))
        write_atomic(target, lambda path: picture.save(path, "PNG", pnginfo=info, compress_level=1))
        return
    text = json.dumps(origin)  # ASCII, as EXIF wants it
    exif = Pillow.Exif()
    exif[_DESCRIPTION] = text
    write_atomic(
        target,
        lambda path: picture.save(
            path, "JPEG", quality=_QUALITY, subsampling=0, exif=exif, comment=text.encode()
        ),
    )


def _origin(record: ImageRecord) -> dict[str, object]:
    """What a file says of where it comes from."""
    known = {"video": record.video, "frame": record.frame, "seconds": record.seconds}
    return {name: value for name, value in known.items() if value is not None}
